"""What the desk hears of a real call on a real Asterisk, and what a desk that stands still costs that call."""

from __future__ import annotations

import asyncio
import signal
import sys

from callengine.control.live_messages import AgentIs, Beat, CallArrived, CallEnded, Live, Snapshot, from_line
from callengine.control.places import desk_socket
from callengine.demo.centre import CentrePlan
from tests.support.live_centre import LiveCentre, live_centre

STANDS_STILL = """
import os, signal, socket, sys
desk = socket.socket(socket.AF_UNIX)
desk.connect(sys.argv[1])
desk.recv(1)
os.kill(os.getpid(), signal.SIGSTOP)
"""


def is_free_again(came: list[Live]) -> bool:
    states = [one.state for one in came if isinstance(one, AgentIs)]
    return states[-1:] == ["free"]


async def one_call(centre: LiveCentre, number: str) -> None:
    resident = centre.phones.resident(number)
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)
    await centre.until(lambda: centre.free_agents() == 1)


async def test_a_call_is_told_from_arrival_to_end_while_another_reader_stands_still() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        path = desk_socket(centre.engine._settings.http.control_socket)
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        stopped = await asyncio.create_subprocess_exec(sys.executable, "-c", STANDS_STILL, str(path))
        reader, writer = await asyncio.open_unix_connection(str(path))
        try:
            await centre.until(lambda: centre.engine.desk.feed.readers == 2)
            first = from_line(await reader.readline())
            assert isinstance(first, Snapshot)
            assert first.synced
            assert [(one.agent, one.state) for one in first.agents] == [("1001", "free")]
            await one_call(centre, "79161234567")
            came: list[Live] = []
            async with asyncio.timeout(20):
                while not (is_free_again(came) and any(isinstance(one, CallEnded) for one in came)):
                    line = from_line(await reader.readline())
                    if line is not None and not isinstance(line, Beat):
                        came.append(line)
            kinds = [str(type(one).__struct_config__.tag) for one in came if not isinstance(one, AgentIs)]
            assert kinds == ["call_arrived", "call_waits", "call_offered", "call_answered", "call_ended"]
            arrived = next(one for one in came if isinstance(one, CallArrived))
            assert arrived.number == "79161234567"
            assert arrived.company == "zarya"
            states = [one.state for one in came if isinstance(one, AgentIs)]
            assert states[:2] == ["offered", "talking"]
        finally:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            stopped.send_signal(signal.SIGKILL)
            await stopped.wait()
