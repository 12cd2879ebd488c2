"""One ledger, three databases: in memory, a SQLite file, a real PostgreSQL. They behave alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Row, select, text

from queues.dispatcher import Dispatcher
from queues.driver import Replay
from queues.messages import events
from queues.messages.events import DeviceState, LedgerRestored, PbxSnapshot
from queues.messages.snapshot import KnownCall, KnownRest
from queues.terms.identifiers import AttemptId, CallId, ChannelName, ObligationId
from queues.terms.outcomes import ContactResult
from queues.terms.phone import Phone
from storage.ledger import Ledger, open_ledger
from storage.migrate import LEDGER, upgrade
from storage.queries.obligations import obligation_ends
from storage.restore.recorded_run import recorded
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError
from storage.schema.tables import calls, metadata
from tests.support.centre import GENERAL_DID, NOON, Desk, arrived, holding, moment, small_centre
from tests.support.every_event import every_event
from tests.support.ledger_desk import A1, opened_desk, play


async def calls_of(ledger: Ledger) -> list[Row[Any]]:
    async with ledger.reader.connect() as connection:
        return list((await connection.execute(select(calls).order_by(calls.c.arrived_at))).all())


async def test_a_call_is_in_the_ledger_with_its_times_to_the_microsecond(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    precise = replace(arrived("c1", 1), arrived_at=moment(1) + timedelta(microseconds=123457))
    stream = [
        precise,
        holding("c1", 2),
        events.AgentRang(moment(2.1), CallId("c1"), A1, ChannelName("PJSIP/1001-1")),
        events.CallAnswered(moment(4) + timedelta(microseconds=1), CallId("c1"), A1),
        events.RecordingBegan(moment(4), CallId("c1"), None, "/recordings/c1.wav"),
        events.CallEnded(moment(60), CallId("c1"), 16),
    ]
    play(ledger, desk, stream)
    await ledger.writer.flush()
    (row,) = await calls_of(ledger)
    assert row.arrived_at == moment(1) + timedelta(microseconds=123457)
    assert row.answered_at == moment(4) + timedelta(microseconds=1)
    assert (row.ended_at, row.outcome, row.served_by, row.queue) == (
        moment(60),
        "answered",
        "engine",
        "general",
    )
    async with ledger.reader.connect() as connection:
        offer = (await connection.execute(text("SELECT result, agent FROM offers"))).one()
        recording = await connection.scalar(text("SELECT recording FROM calls"))
        states = (
            (await connection.execute(text("SELECT state FROM agent_states ORDER BY seq, n"))).scalars().all()
        )
    assert tuple(offer) == ("answered", "1001")
    assert recording == "/recordings/c1.wav"
    assert states == ["unavailable", "free", "offered", "talking", "wrap_up"]


async def test_the_journal_replays_to_the_same_decisions(ledger: Ledger) -> None:
    desk, stream = Desk(small_centre(2)), every_event()
    play(ledger, desk, stream)
    await ledger.writer.flush()
    replay, told = Replay(Dispatcher(small_centre(2), epoch=1, started_at=NOON), NOON), []
    async for at, event, decision in recorded(ledger.reader, ledger.node, ledger.epoch):
        told.append((event, decision))
        assert replay.hand_in(at, event, decision) is None
    assert told == list(zip(stream, desk.decisions, strict=True))


async def test_what_an_earlier_run_left_open_is_given_to_the_next(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), arrived("c2", 1, number="+79160000002")])
    play(ledger, desk, [events.CallEnded(moment(9), CallId("c2"), 16)])
    await ledger.writer.flush()
    restored = await ledger.restored(moment(20))
    assert isinstance(restored, LedgerRestored)
    assert [(call.call, call.number, call.queued_at) for call in restored.calls] == [
        ("c1", Phone("+79161234567"), moment(2))
    ]
    assert [(one.obligation, one.due_at) for one in restored.obligations] == [("ob-c2", moment(601))]
    assert [owed.call for owed in restored.obligations[0].owed] == ["c2"]
    assert restored.attempts == ()
    assert await ledger.settled_calls([CallId("c1"), CallId("c2"), CallId("c3")]) == {CallId("c2")}


async def test_an_attempt_is_claimed_by_being_committed_and_only_one_of_a_number_can_be(
    ledger: Ledger,
) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE)])
    attempt, second = AttemptId("ob-c1.1.1"), AttemptId("ob-c1.1.2")
    assert not await ledger.is_claimed(attempt)
    play(ledger, desk, [events.ObligationDue(moment(30), ObligationId("ob-c1"))])
    await ledger.writer.flush()
    assert await ledger.is_claimed(attempt)
    restored = await ledger.restored(moment(31))
    assert [(one.attempt, one.agent, one.trunk) for one in restored.attempts] == [(attempt, A1, "trunk")]
    assert [one.attempts_made for one in restored.obligations] == [1]
    # In flight it holds its place by itself; the caps count it when it is known whether it rang.
    assert restored.dialled == ()
    # A second engine, or a mistake of ours, cannot have another dial of that number in flight (law 4).
    async with ledger.engine.begin() as connection:
        sql = "INSERT INTO attempts (attempt, obligation, n, agent, e164, made_at) VALUES (:a, :o, 2, 'x', :e, 1)"
        with pytest.raises(Exception, match=r"(?i)unique"):
            await connection.execute(text(sql), {"a": second, "o": "ob-c1", "e": "+79161234567"})
        await connection.rollback()
    play(ledger, desk, [events.AttemptEnded(moment(50), attempt, ContactResult.BUSY)])
    await ledger.writer.flush()
    assert not await ledger.is_claimed(attempt)
    later = await ledger.restored(moment(51))
    assert later.attempts == ()
    assert [dial.e164.whole for dial in later.dialled] == ["+79161234567"]
    assert [(one.attempts_made, one.dials) for one in later.obligations] == [(1, 1)]


async def test_after_a_restart_it_is_known_whose_agents_phone_died_and_whom_a_colleague_took_over(
    ledger: Ledger,
) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE)])
    play(ledger, desk, [events.ObligationDue(moment(30), ObligationId("ob-c1"))])
    attempt = AttemptId("ob-c1.1.1")
    play(ledger, desk, [events.AttemptContacted(moment(40), attempt)])
    play(ledger, desk, [events.AttemptEnded(moment(60), attempt, ContactResult.CONTACTED, "AGENTGONE")])
    await ledger.writer.flush()
    assert [one.is_cut_off for one in (await ledger.restored(moment(61))).obligations] == [True]
    play(ledger, desk, [events.AttemptPassedOn(moment(62), attempt, A1, ChannelName("PJSIP/trunk-1"))])
    await ledger.writer.flush()
    assert [one.is_cut_off for one in (await ledger.restored(moment(63))).obligations] == [False]


NO_CONTACT = ContactResult


@pytest.mark.parametrize(
    ("result", "rang", "dials", "network"),
    [
        (NO_CONTACT.AGENT_DID_NOT_ANSWER, False, 0, 0),
        (NO_CONTACT.UNREACHABLE, False, 0, 1),
        (NO_CONTACT.REFUSED, True, 1, 0),
        (NO_CONTACT.AGENT_HUNG_UP, False, 0, 0),
        (NO_CONTACT.AGENT_HUNG_UP, True, 1, 0),
        (NO_CONTACT.AGENT_HUNG_UP, None, 1, 0),
    ],
)
async def test_after_a_restart_a_dial_has_spent_what_it_had_spent_before(
    ledger: Ledger, result: ContactResult, rang: bool | None, dials: int, network: int
) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE)])
    play(ledger, desk, [events.ObligationDue(moment(30), ObligationId("ob-c1"))])
    attempt = AttemptId("ob-c1.1.1")
    play(ledger, desk, [events.AttemptEnded(moment(50), attempt, result, sip_code=480, rang=rang)])
    await ledger.writer.flush()
    restored = await ledger.restored(moment(51))
    (known,) = restored.obligations
    assert (known.attempts_made, known.dials, known.network_failures) == (1, dials, network)
    assert len(restored.dialled) == (rang is not False)
    (obligation,) = desk.dispatcher.centre.obligations.values()
    assert (obligation.dials, obligation.network_failures) == (dials, network)


async def test_who_takes_a_humans_task_has_it_after_a_restart_too(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    withheld = arrived("c1", 1, number="")
    play(ledger, desk, [withheld, holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    await ledger.writer.flush()
    assert [one.is_taken for one in (await ledger.restored(moment(20))).obligations] == [False]
    play(
        ledger, desk, [events.TaskAssignmentRequested(moment(30), ObligationId("ob-c1"), "petrova", "chief")]
    )
    await ledger.writer.flush()
    restored = await ledger.restored(moment(40))
    assert [one.is_taken for one in restored.obligations] == [True]
    again = Desk(small_centre(1))
    again.tell(restored)
    assert [one.is_taken for one in again.dispatcher.view().obligations] == [True]


async def test_a_dial_is_taken_up_after_a_restart_also_when_nothing_is_owed_any_more(ledger: Ledger) -> None:
    """Else its number would stay claimed for ever, and nobody could call that resident back again."""
    desk = opened_desk(ledger)
    play(ledger, desk, [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)])
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2), events.CallEnded(moment(9), CallId("c1"), 16)])
    play(ledger, desk, [events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE)])
    obligation = ObligationId("ob-c1")
    play(ledger, desk, [events.ObligationDue(moment(30), obligation)])
    play(ledger, desk, [events.ObligationCloseRequested(moment(31), obligation, "chief", "done")])
    await ledger.writer.flush()
    restored = await ledger.restored(moment(40))
    assert (restored.obligations, [one.attempt for one in restored.attempts]) == ((), ["ob-c1.1.1"])
    again = Desk(small_centre(1))
    ledger.writer.append(restored, again.tell(restored), moment(40))
    play(ledger, again, [PbxSnapshot(moment(41), (), ())])
    await ledger.writer.flush()
    assert (await ledger.restored(moment(42))).attempts == ()


async def test_an_end_and_the_next_beginning_may_come_in_one_transaction(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    stream: list[events.Event] = [events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)]
    for n in range(3):
        call = CallId(f"c{n}")
        stream += [arrived(call, n), holding(call, n), events.CallEnded(moment(n + 0.5), call, 16)]
        again = CallId(f"again{n}")
        stream += [arrived(again, n + 0.6), events.CallAnswered(moment(n + 0.7), again, A1)]
        stream += [events.CallEnded(moment(n + 0.8), again, 16)]
    play(ledger, desk, stream)
    await ledger.writer.flush()
    rows = await obligation_ends(ledger.reader, ledger.node, NOON, moment(100))
    assert [row.closing for row in rows] == ["got_through"] * 3


async def test_each_start_has_its_own_number(url: str) -> None:
    if url == "sqlite://":
        first = await open_ledger(url, "pbx1", NOON)
        assert first.epoch == 1
        await first.close()
        return
    for expected in (1, 2, 3):
        ledger = await open_ledger(url, "pbx1", NOON)
        assert ledger.epoch == expected
        await ledger.close()


async def test_rows_written_twice_after_an_uncertain_commit_are_there_once(ledger: Ledger) -> None:
    for _ in range(2):
        desk = Desk(small_centre(1))
        ledger.writer._seq = 0  # the same records once more, as after a lost answer to COMMIT
        ledger.writer._committed = 0  # as above
        play(ledger, desk, [PbxSnapshot(moment(0), (), ()), arrived("c1", 1), holding("c1", 2)])
        await ledger.writer.flush()
    async with ledger.reader.connect() as connection:
        counts = [
            await connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("journal", "calls")
        ]
    assert counts == [3, 1]


async def test_the_writer_waits_out_an_outage_and_loses_nothing(ledger: Ledger) -> None:
    failures: list[Exception] = []
    ledger.writer.news.failed = failures.append
    desk = opened_desk(ledger)
    await ledger.writer.flush()
    async with ledger.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE calls RENAME TO away"))
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2)])
    async with asyncio.timeout(10):
        while not failures:
            await asyncio.sleep(0.02)
    assert ledger.writer.pending_rows == 2
    async with ledger.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO calls"))
    async with asyncio.timeout(10):
        await ledger.writer.flush()
    (row,) = await calls_of(ledger)
    assert row.call == "c1"


async def test_the_migrations_make_exactly_the_schema_the_code_works_with(ledger: Ledger) -> None:
    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with ledger.reader.connect() as connection:
        assert await connection.run_sync(difference) == []
    await upgrade(ledger.engine)


async def test_a_ledger_of_the_first_version_is_upgraded_with_its_rows_and_can_be_taken_back(
    ledger: Ledger,
) -> None:
    play(ledger, opened_desk(ledger), [arrived("c1", 1)])
    await ledger.writer.flush()

    def revision(direction: Callable[[Config, str], None], target: str) -> Callable[[Connection], None]:
        return lambda connection: direction(LEDGER.alembic(connection), target)

    async def calls_known() -> list[str]:
        async with ledger.reader.connect() as connection:
            return list((await connection.execute(text("SELECT call FROM calls"))).scalars())

    async with ledger.engine.begin() as connection:
        await connection.run_sync(revision(command.downgrade, "0001"))
    assert await calls_known() == ["c1"]
    await upgrade(ledger.engine)
    assert await calls_known() == ["c1"]


@pytest.mark.parametrize(
    "bad", ["mysql://u:topsecret@h/x", "nonsense", "postgresql://u:topsecret@127.0.0.1:1/x"]
)
async def test_a_database_that_cannot_be_used_is_told_without_its_password(bad: str) -> None:
    with pytest.raises(LedgerError) as caught:
        await open_ledger(bad, "pbx1", NOON)
    assert "topsecret" not in str(caught.value)
    assert "topsecret" not in repr(create_ledger_engine(ledger_url("postgresql://u:topsecret@h/x")))


async def test_a_run_that_died_left_a_ring_a_conversation_and_a_wrap_up(ledger: Ledger) -> None:
    desk = opened_desk(ledger)
    play(ledger, desk, [arrived("c1", 1), holding("c1", 2)])
    ringing = (await _restored_calls(ledger, 3))["c1"]
    assert (ringing.offer, ringing.rung, ringing.answered_at) == ("c1/1.1", A1, None)
    recording = events.RecordingBegan(moment(4), CallId("c1"), None, "/recordings/c1.wav")
    play(ledger, desk, [events.CallAnswered(moment(4), CallId("c1"), A1), recording])
    talking = (await _restored_calls(ledger, 5))["c1"]
    assert (talking.offer, talking.agent, talking.recording) == (None, A1, "/recordings/c1.wav")
    assert (await ledger.restored(moment(5))).rests == ()
    play(ledger, desk, [events.CallEnded(moment(20), CallId("c1"), 16)])
    await ledger.writer.flush()
    assert (await ledger.restored(moment(22))).rests == (KnownRest(A1, moment(20), GENERAL_DID),)
    play(ledger, desk, [events.AgentWrapUpEnded(moment(23), A1)])
    await ledger.writer.flush()
    assert (await ledger.restored(moment(24))).rests == ()


async def _restored_calls(ledger: Ledger, at: float) -> dict[str, KnownCall]:
    await ledger.writer.flush()
    return {call.call: call for call in (await ledger.restored(moment(at))).calls}
