"""What is forgotten and what stays, on every database."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select, text

from queues.messages import events
from queues.messages.events import DeviceState
from queues.terms.identifiers import CallId, ObligationId
from storage.ledger import Ledger, open_ledger
from storage.purge import Kind, Term, deletion_log, due_rows, forget
from storage.schema.tables import calls
from tests.support.centre import Desk, arrived, holding, moment
from tests.support.ledger_desk import A1, opened_desk, play
from tests.support.outage import LOCK_SECONDS


async def two_calls(ledger: Ledger, folder: Path) -> Desk:
    """c1 was answered and recorded; c2 was missed and is still owed a contact."""
    desk = opened_desk(ledger)
    recording = folder / "2026" / "11" / "24" / "c1.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"sound")
    play(ledger, desk, [arrived("c1", 1), holding("c1", 1), events.CallAnswered(moment(2), CallId("c1"), A1)])
    play(ledger, desk, [events.RecordingBegan(moment(2), CallId("c1"), None, str(recording))])
    play(ledger, desk, [events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(9), A1, DeviceState.BUSY)])
    play(
        ledger,
        desk,
        [arrived("c2", 10, number="+79160000002"), events.CallEnded(moment(12), CallId("c2"), 16)],
    )
    await ledger.writer.flush()
    return desk


async def numbers(ledger: Ledger) -> list[str]:
    async with ledger.reader.connect() as connection:
        return list(
            (await connection.execute(text("SELECT number FROM calls ORDER BY arrived_at"))).scalars()
        )


async def test_numbers_are_forgotten_figures_stay_and_what_is_owed_keeps_everything(
    ledger: Ledger, tmp_path: Path
) -> None:
    await two_calls(ledger, tmp_path)
    term = Term(Kind.NUMBERS, "sever", moment(100))
    assert await due_rows(ledger.engine, ledger.node, term) == 1
    done = await forget(ledger.engine, ledger.node, term, moment(200), "callengine")
    assert done.rows == 1
    assert await numbers(ledger) == ["", "+79160000002"]
    async with ledger.reader.connect() as connection:
        query = select(calls.c.outcome, calls.c.answered_at).order_by(calls.c.arrived_at)
        first = (await connection.execute(query)).first()
    assert first == ("answered", moment(2))
    assert await due_rows(ledger.engine, ledger.node, term) == 0
    assert [(one.kind, one.company, one.rows, one.by) for one in await deletion_log(ledger.engine)] == [
        ("numbers", "sever", 1, "callengine")
    ]
    await forget(ledger.engine, ledger.node, term, moment(201), "callengine")
    assert len(await deletion_log(ledger.engine)) == 1  # Nothing was deleted: nothing is logged.


async def test_a_closed_obligation_forgets_its_number_in_every_table(ledger: Ledger, tmp_path: Path) -> None:
    desk = await two_calls(ledger, tmp_path)
    play(ledger, desk, [events.ObligationCloseRequested(moment(20), ObligationId("ob-c2"), "x", "y")])
    await ledger.writer.flush()
    await forget(ledger.engine, ledger.node, Term(Kind.NUMBERS, "sever", moment(100)), moment(200), "x")
    assert await numbers(ledger) == ["", ""]
    async with ledger.reader.connect() as connection:
        rows = (await connection.execute(text("SELECT number, e164 FROM obligations"))).all()
    assert [tuple(row) for row in rows] == [("", None)]


async def test_another_companys_and_younger_calls_are_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    await two_calls(ledger, tmp_path)
    for term in (Term(Kind.NUMBERS, "yug", moment(100)), Term(Kind.NUMBERS, "sever", moment(1))):
        assert (await forget(ledger.engine, ledger.node, term, moment(200), "x")).rows == 0
    assert await numbers(ledger) == ["+79161234567", "+79160000002"]


async def test_a_recordings_file_goes_with_its_place_in_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    await two_calls(ledger, tmp_path)
    term = Term(Kind.RECORDINGS, "sever", moment(100))
    assert await due_rows(ledger.engine, ledger.node, term) == 1
    assert (await forget(ledger.engine, ledger.node, term, moment(200), "x")).rows == 1
    assert list(tmp_path.rglob("*.wav")) == []
    assert await due_rows(ledger.engine, ledger.node, term) == 0


async def test_a_recording_that_is_on_another_machine_is_not_taken_for_forgotten(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [arrived("c1", 1), holding("c1", 1), events.CallAnswered(moment(2), CallId("c1"), A1)])
    play(
        ledger, desk, [events.RecordingBegan(moment(2), CallId("c1"), None, "/nowhere/rec/2026/11/24/c1.wav")]
    )
    await ledger.writer.flush()
    term = Term(Kind.RECORDINGS, "sever", moment(100))
    assert (await forget(ledger.engine, ledger.node, term, moment(200), "x")).rows == 0
    assert await due_rows(ledger.engine, ledger.node, term) == 1


async def test_the_journal_is_forgotten_up_to_its_term_for_each_company(
    ledger: Ledger, tmp_path: Path
) -> None:
    await two_calls(ledger, tmp_path)

    async def rows(company: str, until: float = 100, *keep: str) -> int:
        term = Term(Kind.JOURNAL, company, moment(until), keep)
        return await due_rows(ledger.engine, ledger.node, term)

    everything, his, nobodys = await rows(""), await rows("sever"), await rows("", 100, "sever")
    # Both calls are the company's; that agents log in is nobody's in particular.
    assert (his > 5, nobodys > 1, his + nobodys) == (True, True, everything)
    assert (await rows("yug"), await rows("sever", 100, "sever")) == (0, 0)
    done = await forget(ledger.engine, ledger.node, Term(Kind.JOURNAL, "sever", moment(5)), moment(200), "x")
    left = await rows("sever")
    assert (0 < left < his, done.rows, done.company) == (True, his - left, "sever")
    assert await rows("", 100, "sever") == nobodys


async def test_a_large_deletion_lets_others_write_between_its_pieces_and_counts_them_all(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year's journal in one transaction locks SQLite for so long that the ledger counts as away."""
    await two_calls(ledger, tmp_path)
    begun: list[int] = []

    async def others_write(_: float) -> None:
        async with ledger.engine.begin() as connection:
            await connection.execute(text("UPDATE calls SET caller_name = :x"), {"x": str(len(begun))})
        begun.append(len(await deletion_log(ledger.engine)))

    monkeypatch.setattr("storage.purge.asyncio.sleep", others_write)
    term = Term(Kind.JOURNAL, "", moment(100))
    due = await due_rows(ledger.engine, ledger.node, term)
    done = await forget(ledger.engine, ledger.node, term, moment(200), "x", piece=3)
    assert (done.rows, await due_rows(ledger.engine, ledger.node, term)) == (due, 0)
    assert begun == [1] * (due // 3)
    assert [one.rows for one in await deletion_log(ledger.engine)] == [due]


async def test_a_deletion_that_is_broken_off_has_logged_what_is_gone(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_calls(ledger, tmp_path)

    async def the_machine_stops(_: float) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr("storage.purge.asyncio.sleep", the_machine_stops)
    term = Term(Kind.JOURNAL, "", moment(100))
    due = await due_rows(ledger.engine, ledger.node, term)
    with pytest.raises(asyncio.CancelledError):
        await forget(ledger.engine, ledger.node, term, moment(200), "x", piece=3)
    assert await due_rows(ledger.engine, ledger.node, term) == due - 3
    assert [one.rows for one in await deletion_log(ledger.engine)] == [3]


async def test_numbers_and_recordings_go_in_pieces_too(ledger: Ledger, tmp_path: Path) -> None:
    desk = await two_calls(ledger, tmp_path)
    play(ledger, desk, [events.ObligationCloseRequested(moment(20), ObligationId("ob-c2"), "x", "y")])
    await ledger.writer.flush()
    for kind, rows in ((Kind.NUMBERS, 2), (Kind.RECORDINGS, 1)):
        done = await forget(
            ledger.engine, ledger.node, Term(kind, "sever", moment(100)), moment(200), "x", piece=1
        )
        assert done.rows == rows
    assert await numbers(ledger) == ["", ""]
    assert list(tmp_path.rglob("*.wav")) == []


async def test_it_waits_for_a_writer_who_keeps_the_database_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite lets one write at a time, and the centre's calls go first."""
    monkeypatch.setattr("storage.schema.database.BUSY_TIMEOUT_MS", 20)
    ledger = await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "pbx1", moment(0))
    ledger.writer.start()
    await two_calls(ledger, tmp_path)
    other = sqlite3.connect(tmp_path / "ledger.db", timeout=LOCK_SECONDS, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    tries: list[float] = []

    async def he_is_done_after_three(rest: float) -> None:
        tries.append(rest)
        if len(tries) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr("storage.purge.asyncio.sleep", he_is_done_after_three)
    term = Term(Kind.JOURNAL, "", moment(100))
    assert (await forget(ledger.engine, ledger.node, term, moment(200), "x")).rows > 5
    assert len(tries) == 3
    other.close()
    await ledger.close()
