"""Line ends in a caller's number, on a PBX whose dialplan is not ours: what they make of Asterisk's messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from callengine.demo.phones.resident import Resident
from tests.support.watched_centre import WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

HOSTILE: dict[str, Callable[[str], str]] = {
    "an empty line, and another's hang-up": lambda call: f"\r\n\r\nEvent: Hangup\r\nUniqueid: {call}\r\nZ: ",
    "another's Uniqueid": lambda call: f"\r\nUniqueid: {call}\r\nZ: ",
    "another kind of event": lambda _: "\r\nEvent: UserEvent\r\nUserEvent: CallengineBeat\r\nZ: ",
    "an empty line, and the end of a list": lambda _: "\r\n\r\nEvent: S\r\nEventList: Complete\r\nZ: ",
    "an empty line, and a refusal": lambda _: "\r\n\r\nResponse: Error\r\nZ: ",
    "an empty line, and another's channel": lambda call: f"\r\n\r\nEvent: Status\r\nUniqueid: {call}\r\nZ: ",
    "an agent logs out": lambda _: "\r\n\r\nEvent: QueueMemberRemoved\r\nQueue: 500\r\nInterface: PJSIP/1001",
    "line ends, nothing else": lambda _: "\r\n\r\n\r\n",
}


def escaped(text: str) -> bytes:
    """As the user part of a SIP address."""
    return "".join(char if char.isalnum() else f"%{ord(char):02x}" for char in text).encode()


def talks(centre: WatchedCentre, call: str) -> bool:
    return any(one.call == call and one.state == "talking" for one in centre.engine.view().calls)


async def test_what_a_strangers_number_says_changes_nothing_for_others() -> None:
    async with watched_centre() as centre:
        (agent,) = await centre.phones.add_agents(1)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
        await centre.until(lambda: centre.engine.view().calls)
        call = centre.engine.view().calls[0].call
        agent.answer_after = lambda: None  # This PBX rings who speaks, too.
        agents = centre.states()
        strangers: list[Resident] = []
        for story, line_ends in HOSTILE.items():
            number = b'"x" <sip:7916%s@127.0.0.1>' % escaped(line_ends(call))
            stranger = centre.phones.resident("79160000002", from_header=number)
            strangers.append(stranger)
            await stranger.call()
            assert not stranger.refused, story
            await asyncio.sleep(0.3)
            assert talks(centre, call), story
            assert centre.states() == agents, story
        waiting = len(HOSTILE)
        await centre.until(lambda: centre.pbx.ask("queue show 500").count("PJSIP/trunk") == waiting)
        # All of them are in the lists that a look at the PBX reads.
        for _ in range(2):
            centre.engine.pbx.resync()
            await centre.until(lambda: centre.engine.view().synced)
            await asyncio.sleep(0.3)
            assert talks(centre, call)
            assert centre.states() == agents
        assert "snapshot_failed" not in centre.log.getvalue()
        assert centre.log.getvalue().count("ami_message_distorted") == 1
        assert centre.engine.metrics.registry.get_sample_value("callengine_ami_distorted_messages_total")
        for stranger in strangers:
            await stranger.hang_up()
        other = centre.phones.resident("79160000003")
        await other.call()
        await centre.until(lambda: len(centre.engine.view().calls) == 2)
        await resident.hang_up()
        agent.answer_after = lambda: 0.0
        await other.wait_for(lambda one: one.heard_at is not None, seconds=20)
        await other.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT number, outcome FROM calls ORDER BY arrived_at")
        answered = {row.number for row in rows if row.outcome == "answered"}
        assert answered == {"79160000001", "79160000003"}
        assert centre.engine.tally.imbalance() == 0
