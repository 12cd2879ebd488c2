"""Record AMI tapes from a real Asterisk, one for each story: `python -m tests.support.record_tapes [STORY …]`.

To be run when the dialplan or the Asterisk changes; what changed in the journals is then reviewed like code.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from callengine.demo.centre import CentrePlan
from callengine.demo.phones.softphone import DECLINE
from tests.support.consultation import Consultation, hold
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.tape_player import TAPES, journal_of, play_tape

Story = Callable[[LiveCentre], Awaitable[None]]


async def answered(centre: LiveCentre) -> None:
    await centre.phones.add_agents(1)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001", name="Иванова")
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None)
    await resident.hang_up()
    await centre.until(lambda: centre.free_agents() == 1)


async def declined_then_answered(centre: LiveCentre) -> None:
    first, _ = await centre.phones.add_agents(2)
    await centre.until(lambda: centre.free_agents() == 2)
    for phone in centre.phones.agents:
        phone.answer_after = lambda: DECLINE
    resident = centre.phones.resident("79160000001")
    await resident.call()
    await centre.until(lambda: any(phone.calls for phone in centre.phones.agents))
    for phone in centre.phones.agents:
        phone.answer_after = lambda: 0.0
    await resident.wait_for(lambda one: one.heard_at is not None)
    first.hang_up()
    centre.phones.agents[1].hang_up()
    await resident.wait_for(lambda one: one.ended_at is not None)
    await centre.until(lambda: not centre.engine.view().calls)


async def abandoned_while_waiting(centre: LiveCentre) -> None:
    resident = centre.phones.resident("79160000001")
    await resident.call()
    await centre.until(lambda: centre.engine.view().waiting)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def abandoned_while_ringing(centre: LiveCentre) -> None:
    (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001", withheld=True)
    await resident.call()
    await agent.wait_for(lambda phone: bool(phone.calls))
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def not_answered(centre: LiveCentre) -> None:
    (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001")
    await resident.call()
    await agent.wait_for(lambda phone: bool(phone.calls) and phone.calls[0].ended_at is not None)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def held_and_given_to_a_colleague(centre: LiveCentre) -> None:
    first, second = await centre.phones.add_agents(2)
    await centre.until(lambda: centre.free_agents() == 2)
    await second.dial("*43", seconds=0.5)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001")
    await resident.call()
    await first.wait_for(
        lambda phone: phone.present_call is not None and bool(phone.present_call.answered_at)
    )
    conversation = first.present_call
    assert conversation is not None
    await asyncio.sleep(0.5)
    await hold(first, conversation, held=True)
    await asyncio.sleep(0.5)
    await hold(first, conversation, held=False)
    await asyncio.sleep(0.5)
    asking = await Consultation.begin(first, second.user)
    await asyncio.sleep(0.5)
    asking.connect()
    await centre.until(
        lambda: resident.stream is not None and second.tone_hz in resident.stream.heard, seconds=20
    )
    await asyncio.sleep(0.5)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


@contextmanager
def no_beats(centre: LiveCentre) -> Iterator[None]:
    """The dialplan counts on no engine, as if it hung, while the wire tells it everything."""
    with mock.patch.object(centre.engine.pbx, "beat"):
        centre.asterisk.command_line("dialplan set global CALLENGINE_HEARTBEAT 0")
        yield


def in_fallback(centre: LiveCentre) -> bool:
    return "PJSIP/trunk" in centre.asterisk.command_line("queue show callengine-fallback")


async def answered_in_the_fallback_queue(centre: LiveCentre) -> None:
    (agent,) = await centre.phones.add_agents(1)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001")
    with no_beats(centre):
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
    agent.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)
    await centre.until(lambda: centre.free_agents() == 1)


async def taken_back_and_answered(centre: LiveCentre) -> None:
    """His phone rings in the fallback queue, in vain; between two rings the engine has the queue let him go."""
    (agent,) = await centre.phones.add_agents(1, answer_after=lambda: None)
    await centre.until(lambda: centre.free_agents() == 1)
    resident = centre.phones.resident("79160000001")
    with no_beats(centre):
        await resident.call()
        await agent.wait_for(lambda phone: phone.present_call is not None, seconds=20)
        agent.answer_after = lambda: 0.0
    agent.hang_up()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
    assert not in_fallback(centre)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def abandoned_in_the_fallback_queue(centre: LiveCentre) -> None:
    resident = centre.phones.resident("79160000001")
    with no_beats(centre), mock.patch.object(centre.engine.pbx, "execute"):
        await resident.call()
        await centre.until(lambda: in_fallback(centre))
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)


STORIES: dict[str, Story] = {
    "answered": answered,
    "declined-then-answered": declined_then_answered,
    "abandoned-while-waiting": abandoned_while_waiting,
    "abandoned-while-ringing": abandoned_while_ringing,
    "not-answered": not_answered,
    "held-and-given-to-a-colleague": held_and_given_to_a_colleague,
    "answered-in-the-fallback-queue": answered_in_the_fallback_queue,
    "taken-back-and-answered": taken_back_and_answered,
    "abandoned-in-the-fallback-queue": abandoned_in_the_fallback_queue,
}


async def main() -> None:
    TAPES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or STORIES:
        story = STORIES[name]
        async with live_centre(CentrePlan(agents=2, wrap_up=0, ring=1)) as centre:
            await story(centre)
            await asyncio.sleep(0.2)
            tape = b"".join(centre.tape)
        (TAPES / f"{name}.ami").write_bytes(tape)
        (TAPES / f"{name}.journal.txt").write_text(journal_of(play_tape([tape])), encoding="utf-8")
        print(name, len(tape), "bytes")


if __name__ == "__main__":
    asyncio.run(main())
