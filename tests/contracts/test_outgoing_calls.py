"""Calls by hand in the ledger, on every database: claimed once, found again, forgotten in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from queues.messages import events
from queues.messages.events import ContactResult
from queues.terms.desk_words import CommandKind
from queues.terms.identifiers import AttemptId, CompanyId
from queues.terms.phone import Phone
from storage.ledger import Ledger
from storage.purge import Kind, Term, due_rows, forget
from storage.schema.desk_tables import desk_commands, outgoing_calls
from tests.support.centre import SERVICE, Desk, moment
from tests.support.ledger_desk import A1, opened_desk, play

FIRST, SECOND = AttemptId("out-1.1"), AttemptId("out-1.2")
TERM = Term(Kind.NUMBERS, "sever", moment(100))


def wish(at: float, number: str) -> events.DeskCommand:
    return events.DeskCommand(
        moment(at),
        f"w{at}",
        CommandKind.DIAL,
        "7",
        "Иванова",
        agent=A1,
        company=CompanyId("sever"),
        number=Phone(number),
        reason="обещали Сидорову",
    )


async def two_called(ledger: Ledger, folder: Path) -> Desk:
    """A resident who was reached, recorded; then a service number."""
    desk = opened_desk(ledger)
    recording = folder / "2026" / "11" / "23" / "out-1.1.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"sound")
    play(
        ledger,
        desk,
        [
            wish(1, "89161234567"),
            events.AttemptAgentReady(moment(2), FIRST),
            events.RecordingBegan(moment(3), None, FIRST, str(recording)),
            events.AttemptContacted(moment(3), FIRST),
            events.AttemptEnded(moment(9), FIRST, ContactResult.CONTACTED, "ANSWER", 16, 200),
            wish(30, SERVICE.whole),
            events.AttemptAgentReady(moment(31), SECOND),
            events.AttemptEnded(moment(40), SECOND, ContactResult.NO_ANSWER, "NOANSWER", 19, 480, rang=True),
        ],
    )
    await ledger.writer.flush()
    return desk


async def rows(ledger: Ledger) -> list[Any]:
    async with ledger.reader.connect() as connection:
        return list(await connection.execute(select(outgoing_calls).order_by(outgoing_calls.c.made_at)))


async def test_each_has_its_row_with_what_it_was_for_and_how_it_ended(ledger: Ledger, tmp_path: Path) -> None:
    await two_called(ledger, tmp_path)
    first, second = await rows(ledger)
    assert (first.e164, first.purpose, first.by, first.command) == (
        "+79161234567",
        "обещали Сидорову",
        "Иванова",
        "w1",
    )
    assert (first.dialled_at, first.contacted_at, first.ended_at) == (moment(2), moment(3), moment(9))
    assert (first.result, first.cause, first.sip_code, first.rang) == ("contacted", 16, 200, True)
    assert first.recording.endswith("out-1.1.wav")
    assert (second.e164, second.is_service, second.result) == ("104", True, "no_answer")


async def test_the_claim_is_there_until_the_dial_ends_and_a_new_run_finds_it(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [wish(1, "89161234567")])
    await ledger.writer.flush()
    assert await ledger.is_claimed(FIRST)
    restored = await ledger.restored(moment(5))
    (known,) = restored.attempts
    assert (known.attempt, known.obligation, known.e164.whole, known.trunk) == (
        FIRST,
        None,
        "+79161234567",
        "trunk",
    )
    assert known.outgoing is not None
    assert (known.outgoing.command, known.outgoing.purpose) == ("w1", "обещали Сидорову")
    play(ledger, desk, [events.AttemptEnded(moment(9), FIRST, ContactResult.NOT_DIALLED)])
    await ledger.writer.flush()
    assert not await ledger.is_claimed(FIRST)
    assert (await ledger.restored(moment(10))).attempts == ()


async def test_what_rang_counts_for_the_caps_of_the_next_run_but_for_service_numbers(
    ledger: Ledger, tmp_path: Path
) -> None:
    await two_called(ledger, tmp_path)
    dialled = (await ledger.restored(moment(60))).dialled
    assert [(one.e164.whole, one.at) for one in dialled] == [("+79161234567", moment(1))]


async def test_numbers_purposes_and_recordings_are_forgotten_and_a_service_number_stays(
    ledger: Ledger, tmp_path: Path
) -> None:
    await two_called(ledger, tmp_path)
    assert await due_rows(ledger.engine, ledger.node, TERM) == 1
    assert (await forget(ledger.engine, ledger.node, TERM, moment(200), "x")).rows == 1
    first, second = await rows(ledger)
    assert (first.e164, first.purpose, first.result, first.contacted_at) == ("", "", "contacted", moment(3))
    assert (second.e164, second.purpose) == ("104", "обещали Сидорову")
    async with ledger.reader.connect() as connection:
        wishes = await connection.execute(select(desk_commands.c.reason).order_by(desk_commands.c.at))
        assert list(wishes.scalars()) == ["", "обещали Сидорову"]
    assert await due_rows(ledger.engine, ledger.node, TERM) == 0
    recordings = Term(Kind.RECORDINGS, "sever", moment(100))
    assert await due_rows(ledger.engine, ledger.node, recordings) == 1
    assert (await forget(ledger.engine, ledger.node, recordings, moment(200), "x")).rows == 1
    assert list(tmp_path.rglob("*.wav")) == []
    assert (await rows(ledger))[0].recording is None
