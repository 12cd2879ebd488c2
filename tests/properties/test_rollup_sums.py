"""The sums of quarters are those of the figures, call by call; and the writer keeps them whatever happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from queues.messages.events import Event
from queues.messages.journal import Outcome
from sla.call_facts import CallFacts, Promise, contributions
from sla.promises import ClockStart
from sla.waits import WAIT_EDGES
from storage.ledger import Ledger, open_ledger
from storage.rows.interval_rebuild import rebuild
from storage.rows.interval_writer import CALL_COLUMNS, Bucket, bucket_of
from storage.schema.interval_columns import SUM_COLUMNS, facts_of, measures_of, sums_of
from storage.schema.interval_tables import agent_quarters, call_quarters, queue_quarters
from tests.support.arbitrary_events import EVENTS, POLICIES
from tests.support.centre import NOON, Desk, small_centre

OFFSETS = st.sampled_from(
    [timedelta(seconds=edge, microseconds=m) for edge in (0, *WAIT_EDGES, 4000) for m in (-1, 0, 1)]
)
MOMENTS = OFFSETS.map(lambda offset: NOON + offset)
# An end comes with its outcome.
ENDS = st.none() | st.tuples(MOMENTS, st.sampled_from([outcome.value for outcome in Outcome]))
FACTS = st.builds(
    lambda queued, answered, end, fallback: CallFacts(
        NOON, queued, answered, end and end[0], end and end[1], by_fallback=fallback
    ),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    ENDS,
    st.booleans(),
)
PROMISES = st.builds(
    Promise,
    target=st.sampled_from([timedelta(seconds=edge) for edge in WAIT_EDGES]),
    goal=st.just(0.88),
    clock=st.sampled_from(ClockStart),
)
NOT_IN_QUARTERS = {"repeat", "transferred", "transfers", "met a human", "to human"}
"""What needs more than the call itself; reports do not show it."""


@given(calls=st.lists(FACTS, max_size=6), promise=PROMISES)
def test_the_sums_of_a_quarter_are_those_that_the_figures_are_made_of(
    calls: list[CallFacts], promise: Promise
) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    kept: Counter[str] = Counter(dict.fromkeys(SUM_COLUMNS, 0))
    for call in calls:
        expected.update(contributions(call, promise))
        kept.update(sums_of(call, None))
    wanted = {
        measure: amount
        for measure, amount in expected.items()
        if amount and measure[1] not in NOT_IN_QUARTERS
    }
    assert measures_of(kept, promise) == wanted


@settings(max_examples=25, deadline=None)
@given(stream=st.lists(EVENTS, max_size=60), policy=POLICIES, batch=st.integers(1, 30))
def test_whatever_happens_the_sums_equal_the_calls_they_sum(
    stream: list[Event], policy: Any, batch: int
) -> None:
    asyncio.run(_written_and_made_again(stream, policy, batch))


async def _written_and_made_again(stream: list[Event], policy: Any, batch: int) -> None:
    ledger = await open_ledger("sqlite://", "pbx1", NOON)
    ledger.writer.start()
    desk = Desk(small_centre(2, callbacks=policy))
    try:
        for number, event in enumerate(stream):
            ledger.writer.append(event, desk.tell(event), event.at)
            if number % batch == 0:
                await ledger.writer.flush()
        await ledger.writer.flush()
        kept = await sums_kept(ledger)
        assert kept == await sums_of_the_rows(ledger)
        assert await sums_of_all_companies(ledger) == without_companies(kept)
        before = await agents_time(ledger)
        async with ledger.engine.begin() as connection:
            await connection.run_sync(rebuild, "pbx1")
        assert await sums_kept(ledger) == kept
        assert await sums_of_all_companies(ledger) == without_companies(kept)
        assert await agents_time(ledger) == before
    finally:
        await ledger.close()


async def sums_kept(ledger: Ledger) -> dict[Bucket, dict[str, int]]:
    """What the rollups have, without zeros; agents' rests apart, which no call's row tells."""
    async with ledger.reader.connect() as connection:
        rows = (await connection.execute(select(call_quarters))).mappings().all()
    return {
        (row["quarter"], row["queue"], row["company"]): {
            name: row[name] for name in SUM_COLUMNS if row[name] and name != "wrap_up_us"
        }
        for row in rows
    }


async def sums_of_all_companies(ledger: Ledger) -> dict[tuple[datetime, str], dict[str, int]]:
    async with ledger.reader.connect() as connection:
        rows = (await connection.execute(select(queue_quarters))).mappings().all()
    return {
        (row["quarter"], row["queue"]): {
            name: row[name] for name in SUM_COLUMNS if row[name] and name != "wrap_up_us"
        }
        for row in rows
    }


def without_companies(kept: dict[Bucket, dict[str, int]]) -> dict[tuple[datetime, str], dict[str, int]]:
    found: dict[tuple[datetime, str], Counter[str]] = {}
    for (quarter, queue, _), sums in kept.items():
        found.setdefault((quarter, queue), Counter()).update(sums)
    return {key: dict(sums) for key, sums in found.items()}


async def sums_of_the_rows(ledger: Ledger) -> dict[Bucket, dict[str, int]]:
    async with ledger.reader.connect() as connection:
        rows = (await connection.execute(select(*CALL_COLUMNS))).all()
    found: dict[Bucket, Counter[str]] = {}
    for row in rows:
        found.setdefault(bucket_of(row), Counter()).update(sums_of(facts_of(row), row.verdict))
    return {bucket: {n: amount for n, amount in sums.items() if amount} for bucket, sums in found.items()}


async def agents_time(ledger: Ledger) -> list[Any]:
    async with ledger.reader.connect() as connection:
        return list((await connection.execute(select(agent_quarters))).all())
