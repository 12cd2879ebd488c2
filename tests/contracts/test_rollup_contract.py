"""The sums by quarter of an hour on three databases: kept with the rows they sum, made again, filled on upgrade."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, select

from callengine.realtime.seed import recount
from queues.messages import events
from queues.messages.events import DeviceState, PbxSnapshot
from queues.terms.identifiers import CallId, ChannelName
from sla.call_facts import microseconds
from storage.ledger import Ledger
from storage.migrate import LEDGER, upgrade
from storage.queries.realtime_seed import figure_rows
from storage.rows.interval_rebuild import rebuild
from storage.schema.interval_columns import SUM_COLUMNS
from storage.schema.interval_tables import (
    BOOKED_STATES,
    agent_clocks,
    agent_quarters,
    call_quarters,
    queue_quarters,
)
from tests.support.centre import NOON, Desk, arrived, holding, moment, small_centre
from tests.support.ledger_desk import A1, opened_desk, play

LEG = ChannelName("PJSIP/1001-1")
KEPT = (call_quarters, queue_quarters, agent_quarters)


async def rows_of(ledger: Ledger, table: Any) -> list[dict[str, Any]]:
    async with ledger.reader.connect() as connection:
        query = select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in (await connection.execute(query)).mappings()]


async def sums(ledger: Ledger) -> list[tuple[object, dict[str, int]]]:
    """By quarter, what is not zero."""
    return [
        (row["quarter"], {name: row[name] for name in SUM_COLUMNS if row[name]})
        for row in await rows_of(ledger, call_quarters)
    ]


async def test_a_call_is_corrected_in_its_own_quarter_by_what_comes_later(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    start = moment(890)
    play(ledger, desk, [arrived("c1", 890), holding("c1", 892)])
    await ledger.writer.flush()
    assert await sums(ledger) == [(NOON, {"offered": 1})]
    play(ledger, desk, [events.AgentRang(moment(893), CallId("c1"), A1, LEG)])
    play(ledger, desk, [events.CallAnswered(start + timedelta(seconds=30), CallId("c1"), A1)])
    await ledger.writer.flush()
    play(ledger, desk, [events.CallEnded(start + timedelta(seconds=70), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentWrapUpEnded(start + timedelta(seconds=78), A1)])
    await ledger.writer.flush()
    ((quarter, kept),) = await sums(ledger)
    assert quarter == NOON
    assert kept == {
        "offered": 1,
        "handled": 1,
        "outcome_answered": 1,
        "judged_answered_answered_in_time": 1,
        "answered_arrival_30": 1,
        "answered_queue_30": 1,
        "wait_arrival_us": 30_000_000,
        "wait_queue_us": 28_000_000,
        "talk_us": 40_000_000,
        "wrap_up_us": 8_000_000,
    }


async def a_shift(ledger: Ledger) -> Desk:
    """Twenty residents in half an hour, one agent; every fourth is not answered, the link is down for a while."""
    desk = opened_desk(ledger)
    play(ledger, desk, [])
    for number in range(20):
        at, call = 90.0 * number + 5, CallId(f"c{number}")
        play(ledger, desk, [arrived(call, at, number=f"+7916000{number:04}"), holding(call, at + 1)])
        if number == 9:
            play(ledger, desk, [events.PbxLost(moment(at + 2)), PbxSnapshot(moment(at + 40), (), ())])
            play(ledger, desk, [events.AgentLoggedIn(moment(at + 41), A1)])
            play(ledger, desk, [events.AgentDeviceChanged(moment(at + 41), A1, DeviceState.IDLE)])
        elif number % 4:
            play(ledger, desk, [events.AgentRang(moment(at + 2), call, A1, LEG)])
            play(ledger, desk, [events.AgentDeviceChanged(moment(at + 2), A1, DeviceState.BUSY)])
            play(ledger, desk, [events.CallAnswered(moment(at + 3 + number), call, A1)])
            play(ledger, desk, [events.CallEnded(moment(at + 40 + number), call, 16)])
            play(ledger, desk, [events.AgentDeviceChanged(moment(at + 40 + number), A1, DeviceState.IDLE)])
            play(ledger, desk, [events.AgentWrapUpEnded(moment(at + 49 + number), A1)])
        else:
            play(ledger, desk, [events.CallEnded(moment(at + 8), call, 16)])
        await ledger.writer.flush()
    return desk


async def test_made_again_they_are_the_same(ledger: Ledger) -> None:
    await a_shift(ledger)
    kept = [await rows_of(ledger, table) for table in KEPT]
    assert sum(row["offered"] for row in kept[0]) == 20
    assert sum(row["wrap_up_us"] for row in kept[0]) > 0
    async with ledger.engine.begin() as connection:
        made = await connection.run_sync(rebuild, "pbx1")
    assert made.calls == 20
    assert [await rows_of(ledger, table) for table in KEPT] == kept
    # What comes afterwards is added to them as before.
    desk = Desk(small_centre(1))
    desk.open()
    again = [
        arrived("later", 1900),
        holding("later", 1901),
        events.CallEnded(moment(1905), CallId("later"), 16),
    ]
    play(ledger, desk, again)
    await ledger.writer.flush()
    assert sum(row["offered"] for row in await rows_of(ledger, call_quarters)) == 21


async def test_agents_time_is_that_of_the_figures(ledger: Ledger) -> None:
    await a_shift(ledger)
    now = moment(1800)
    rows = await figure_rows(ledger.engine, "pbx1", NOON, moment(86400))
    kept: Counter[str] = Counter()
    for row in await rows_of(ledger, agent_quarters):
        kept.update({state.value: row[f"{state.value}_us"] for state in BOOKED_STATES})
    # What he does now is booked when he does something else.
    (open_shift,) = await rows_of(ledger, agent_clocks)
    kept[open_shift["state"]] += microseconds(now - open_shift["since"])
    times = {state: microseconds(time) for state, time in recount(rows).agents.take(now)[A1].times.items()}
    assert {state: time for state, time in kept.items() if time} == times
    assert times["talking"] > microseconds(timedelta(minutes=8))


async def test_rows_that_are_written_twice_are_summed_once(ledger: Ledger) -> None:
    await a_shift(ledger)
    kept = [await rows_of(ledger, table) for table in KEPT]
    ledger.writer._seq = 0  # the same records once more, as after a lost answer to COMMIT
    ledger.writer._committed = 0  # as above
    await a_shift(ledger)
    assert [await rows_of(ledger, table) for table in KEPT] == kept


async def test_an_older_ledger_gets_the_sums_of_its_calls_when_it_is_upgraded(ledger: Ledger) -> None:
    await a_shift(ledger)
    kept = [await rows_of(ledger, table) for table in KEPT]

    def to_before(connection: Connection) -> None:
        command.downgrade(LEDGER.alembic(connection), "0005")

    async with ledger.engine.begin() as connection:
        await connection.run_sync(to_before)
    await upgrade(ledger.engine)
    assert [await rows_of(ledger, table) for table in KEPT] == kept
