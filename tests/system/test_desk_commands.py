"""Commands of the desk on a real Asterisk: a button does what the phone's code does, also after a new start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callengine.control.live_messages import AgentIs, CommandAnswered, Live, Snapshot, from_line
from callengine.control.places import desk_socket
from callengine.control.wishes import Wish, wish_to_line
from callengine.demo.centre import GENERAL_DID, CentrePlan
from tests.support.live_centre import LiveCentre, live_centre


class Asking:
    """A connection to the engine's socket for the desk."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, id_: str, kind: str, **about: str) -> CommandAnswered:
        wish = Wish(id=id_, kind=kind, account="7", by="Петрова", made_at=datetime.now(UTC), **about)
        self._writer.write(wish_to_line(wish))
        async with asyncio.timeout(20):
            while True:
                line = from_line(await self._reader.readline())
                if isinstance(line, CommandAnswered) and line.command == id_:
                    return line


@asynccontextmanager
async def asking(centre: LiveCentre) -> AsyncIterator[Asking]:
    path = desk_socket(centre.engine._settings.http.control_socket)
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
    try:
        yield Asking(reader, writer)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def state_of(centre: LiveCentre, agent: str) -> tuple[str, str]:
    (one,) = [one for one in centre.engine.view().agents if one.agent == agent]
    return one.state.value, one.pause_reason


async def test_the_buttons_of_an_agent_do_what_his_phone_codes_do_and_outlive_the_engine() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        async with asking(centre) as desk:
            assert (await desk.ask("a", "agent_log_out", agent="1001")).done
            assert state_of(centre, "1001")[0] == "logged_out"
            refused = await desk.ask("b", "agent_pause", agent="1001", reason="lunch")
            assert (refused.done, refused.refusal) == (False, "logged_out")
            assert (await desk.ask("c", "agent_log_in", agent="1001")).done
            await centre.until(lambda: centre.free_agents() == 1)
            assert (await desk.ask("d", "agent_pause", agent="1001", reason="lunch")).done
            assert state_of(centre, "1001") == ("paused", "lunch")
        await centre.stop_engine()
        await centre.start_engine()
        await centre.until(lambda: state_of(centre, "1001") == ("paused", "lunch"))
        async with asking(centre) as desk:
            # Repeated by a desk that did not hear the answers: the same answers, and nothing is done.
            assert (await desk.ask("d", "agent_pause", agent="1001", reason="lunch")).done
            assert (await desk.ask("b", "agent_pause", agent="1001")).refusal == "logged_out"
            assert (await desk.ask("a", "agent_log_out", agent="1001")).done
            assert state_of(centre, "1001") == ("paused", "lunch")
            assert (await desk.ask("e", "agent_unpause", agent="1001")).done
        await centre.until(lambda: centre.free_agents() == 1)
        rows = await centre.rows("SELECT command, refusal FROM desk_commands ORDER BY command")
        assert [tuple(row) for row in rows] == [
            ("a", None),
            ("b", "logged_out"),
            ("c", None),
            ("d", None),
            ("e", None),
        ]


async def test_a_supervisor_raises_one_waiting_caller_and_gives_another_to_an_agent() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        await centre.phones.add_agents(2)
        await centre.until(lambda: centre.free_agents() == 2)
        async with asking(centre) as desk:
            for agent in ("1001", "1002"):
                assert (await desk.ask(f"out-{agent}", "agent_log_out", agent=agent)).done
            residents = [centre.phones.resident(f"7916000000{n}") for n in range(3)]
            for n, resident in enumerate(residents, 1):
                await resident.call()
                await centre.until(lambda n=n: len(centre.engine.view().waiting) == n)
            await centre.until(
                lambda: [one.state.value for one in centre.engine.view().waiting] == ["waiting"] * 3
            )
            first, second, third = [one.call for one in centre.engine.view().waiting]
            assert (await desk.ask("up", "call_raise", call=third)).done
            assert [one.call for one in centre.engine.view().waiting] == [third, first, second]
            assert (await desk.ask("in-1", "agent_log_in", agent="1001")).done
            await residents[2].wait_for(lambda one: one.heard_at is not None)
            late = await desk.ask("give-late", "call_give", call=third, agent="1001")
            assert (late.done, late.refusal) == (False, "not_waiting")
            busy = await desk.ask("give-busy", "call_give", call=second, agent="1001")
            assert (busy.done, busy.refusal) == (False, "agent_busy")
            for resident in residents:
                await resident.hang_up()
        rows = await centre.rows(
            "SELECT raised_at IS NOT NULL, answered_at IS NOT NULL FROM calls ORDER BY arrived_at"
        )
        assert [tuple(map(bool, row)) for row in rows] == [(False, False), (False, False), (True, True)]


async def outgoing(centre: LiveCentre) -> list[tuple[str, str | None]]:
    return [
        (row.e164, row.result)
        for row in await centre.rows("SELECT e164, result FROM outgoing_calls ORDER BY made_at")
    ]


async def test_an_agent_calls_a_resident_and_a_service_number_and_what_is_not_listed_is_not_dialled() -> None:
    plan = CentrePlan(agents=1, wrap_up=1, record=True, service_numbers=(("112", "Служба спасения"),))
    async with live_centre(plan) as centre:
        (phone,) = await centre.phones.add_agents(1, answer_after=lambda: 0.1)
        telephones = {"+79161234567": 0.2, "112": 0.1, "+79160000000": "busy"}
        exchange = await centre.phones.open_exchange(telephones.__getitem__, talk_seconds=1.2)
        about = {"agent": "1001", "company": "zarya", "reason": "авария: вызов"}
        await centre.until(lambda: centre.free_agents() == 1)
        async with asking(centre) as desk:
            # Law 5: gas is not in this centre's list, whoever asks.
            refused = await desk.ask("a", "dial", number="104", **about)
            assert (refused.done, refused.refusal) == (False, "number_not_listed")
            for id_, number, result in (
                ("b", "89161234567", "contacted"),
                ("c", "112", "contacted"),
                ("d", "+79160000000", "busy"),
            ):
                assert (await desk.ask(id_, "dial", number=number, **about)).done
                assert state_of(centre, "1001")[0] in {"offered", "talking"}
                if id_ == "b":
                    # Repeated by a desk that did not hear the answer: nobody is dialled twice.
                    assert (await desk.ask(id_, "dial", number=number, **about)).done
                    busy = await desk.ask("b2", "dial", number="112", **about)
                    assert busy.refusal == "agent_busy"
                if result == "contacted":
                    await centre.until(lambda: state_of(centre, "1001")[0] == "wrap_up")
                await centre.until(lambda: centre.free_agents() == 1)
                assert (await outgoing(centre))[-1][1] == result
        assert exchange.rung == ["+79161234567", "112", "+79160000000"]
        assert exchange.heard["112"] == phone.tone_hz
        assert exchange.shown["112"] == f"+{GENERAL_DID}"
        rows = await centre.rows(
            'SELECT company, "by", account, purpose, trunk, is_service, recording, dialled_at, contacted_at, cause'
            " FROM outgoing_calls ORDER BY made_at"
        )
        assert [tuple(row)[:6] for row in rows] == [
            ("zarya", "Петрова", "7", "авария: вызов", "trunk", service) for service in (0, 1, 0)
        ]
        for row in rows[:2]:
            assert row.dialled_at < row.contacted_at
            recorded = Path(row.recording)
            assert recorded.stat().st_size > 1000
        assert (rows[2].recording, rows[2].contacted_at, rows[2].cause) == (None, None, 17)
        assert await centre.rows("SELECT attempt FROM attempts") == []
        # Masked in what an administrator reads.
        assert "9161234567" not in centre.log.getvalue()
        page, _ = await centre.engine.metrics.exposition("text/plain")
        assert 'callengine_outgoing_calls_total{result="contacted"} 2.0' in page.decode()


async def test_killed_before_and_after_the_commit_of_a_wish_nobody_is_dialled_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
        monkeypatch.setenv("DIES_BEFORE_COMMIT", "1")
        await centre.start_engine_process("tests.support.dying_engine")
        await centre.phones.add_agents(1, answer_after=lambda: 0.1)
        exchange = await centre.phones.open_exchange(lambda number: 0.1, talk_seconds=0.5)
        about = {"agent": "1001", "company": "zarya", "number": "89161234567", "reason": "обещали"}
        path = desk_socket(centre.settings().http.control_socket)
        for dead in (1, 2):
            # First: decided, not committed. Then: committed, not sent.
            await until_killed(centre, path, dead, about)
            monkeypatch.delenv("DIES_BEFORE_COMMIT", raising=False)
            if dead == 1:
                assert await outgoing(centre) == []
                await centre.start_engine_process("tests.support.dying_engine")
        assert await outgoing(centre) == [("+79161234567", None)]
        await centre.start_engine()
        await centre.until(lambda: centre.free_agents() == 1)
        async with asking(centre) as desk:
            assert (await desk.ask("w", "dial", **about)).done
            assert await outgoing(centre) == [("+79161234567", "not_dialled")]
            assert exchange.rung == []
            # He sees that, and asks anew.
            assert (await desk.ask("w2", "dial", **about)).done
            await centre.until(lambda: exchange.answered)
            await centre.until(lambda: centre.free_agents() == 1)
        assert exchange.rung == ["+79161234567"]
        assert [result for _, result in await outgoing(centre)] == ["not_dialled", "contacted"]


async def until_killed(centre: LiveCentre, path: Path, dead: int, about: dict[str, str]) -> None:
    """Ask as soon as the agent is free; the engine dies of it, whether or not it has answered."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
    wish = Wish(id="w", kind="dial", account="7", by="Петрова", made_at=datetime.now(UTC), **about)
    async with asyncio.timeout(30):
        while line := await reader.readline():
            message = from_line(line)
            if is_free(message, "1001"):
                writer.write(wish_to_line(wish))
            elif isinstance(message, CommandAnswered):
                assert message.done, message
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    await centre.until(lambda: centre.dead_processes() == dead)


def is_free(message: Live | None, agent: str) -> bool:
    match message:
        case Snapshot(agents=agents):
            return any((one.agent, one.state) == (agent, "free") for one in agents)
        case AgentIs(agent=who, state="free"):
            return who == agent
        case _:
            return False
