"""Commands of the desk on a real Asterisk: a button does what the phone's code does, also after a new start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from callengine.control.live_messages import CommandAnswered, from_line
from callengine.control.places import desk_socket
from callengine.control.wishes import Wish, wish_to_line
from callengine.demo.centre import CentrePlan
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
