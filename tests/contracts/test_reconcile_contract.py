"""Every night yesterday's figures are held against the ledger, on every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import text

from callengine.realtime.seed import recount
from callengine.realtime.statistics import RealtimeStatistics
from callengine.reconcile.run import Books
from callengine.reconcile.sources import FromInside
from callengine.reconcile.yesterday import of_yesterday
from queues.messages import events
from queues.terms.identifiers import CallId, QueueName
from sla.call_facts import Promise
from storage.ledger import Ledger
from storage.queries.realtime_seed import figure_rows
from tests.support.centre import EMERGENCY, GENERAL, arrived, holding, moment
from tests.support.ledger_desk import A1, opened_desk, play

PROMISES: dict[QueueName, Promise] = {GENERAL: Promise(), EMERGENCY: Promise()}
NIGHT = moment(15.5 * 3600)


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    error = warning = info


def calls(count: int) -> Sequence[events.Event]:
    stream: list[events.Event] = []
    for number in range(count):
        call, at = f"c{number}", 10 + 100 * number
        stream += [arrived(call, at, number=f"+791612345{number:02}"), holding(call, at)]
        if number % 3 == 2:
            stream.append(events.CallEnded(moment(at + 4), CallId(call), 16))
        else:
            stream.append(events.CallAnswered(moment(at + 20 * number), CallId(call), A1))
            stream.append(events.CallEnded(moment(at + 20 * number + 30), CallId(call), 16))
    return sorted(stream, key=lambda event: event.at)


async def test_yesterday_is_the_same_after_a_restart_and_a_row_that_somebody_changed_is_named(
    ledger: Ledger,
) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, calls(6))
    await ledger.writer.flush()
    tally = RealtimeStatistics(PROMISES, UTC, NIGHT)
    rows = await figure_rows(ledger.engine, ledger.node, NIGHT - timedelta(hours=29), NIGHT, with_open=True)
    tally.load(recount(rows, tally.midnight), NIGHT)
    live = FromInside(tally, lambda: NIGHT, ledger.writer.flush)
    books = Books(
        ledger.engine, ledger.node, PROMISES, UTC, live, None, None, frozenset(), look_again_after_seconds=0
    )
    log = Log()
    assert await of_yesterday(books, NIGHT, log) == 0
    assert log.lines[-1][1]["calls"] == 6

    async with ledger.engine.begin() as connection:
        await connection.execute(text("UPDATE calls SET outcome = 'rejected' WHERE call = 'c2'"))
    assert await of_yesterday(books, NIGHT, log) >= 1
    named = [fields for event, fields in log.lines if event == "reconcile_difference"]
    assert ("c2", "outcome", "rejected", "abandoned") in [
        (one["subject"], one["what"], one["ledger"], one["other"]) for one in named
    ]
