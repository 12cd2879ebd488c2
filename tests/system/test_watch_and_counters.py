"""Exit by exit: what a watched call became by us, and what app_queue's own counters made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callengine.demo.phones.resident import Resident
from queues.terms.identifiers import QueueName
from tests.support.app_queue_counters import counters, hold_time, service_level
from tests.support.plain_ami import PlainAmi
from tests.support.watched_centre import WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]

QUEUE, TIMES_OUT, JOIN_EMPTY, LEAVE_EMPTY, FULL, ANNOUNCED, TWO_QUEUES = (
    f"7495000000{n}" for n in (1, 3, 4, 5, 6, 7, 9)
)
SOON = 30.0
ENDED = "SELECT call, outcome, queue_exit FROM calls WHERE outcome IS NOT NULL ORDER BY arrived_at"


EXPECTED = {
    "abandoned": (["abandoned, abandoned"], (0, 1)),
    "key": (["abandoned, key"], (0, 0)),
    "withdrawn": (["rejected, withdrawn"], (0, 1)),
    "timed out": (["rejected, timed_out"], (0, 1)),
    "join empty": (["rejected, join_empty"], (0, 0)),
    "left empty": (["rejected, left_empty"], (0, 1)),
    "full": (["abandoned, abandoned", "rejected, full"], (0, 1)),
    "two queues": (["abandoned, abandoned"], (0, 2)),
    "answered": (["answered, None"], (1, 0)),
    "transferred": (["answered, None"], (1, 0)),
    "dumped": (["answered, None"], (1, 0)),
    "dumped and gone": (["abandoned, abandoned"], (0, 1)),
}
"""Each exit: what its calls became by us (outcome, exit); app_queue's Completed and Abandoned more than before.

Asterisk is wrong in: key, join empty and full (counted nowhere), withdrawn, timed out and left empty (he did not
give up: he was sent away), two queues (one resident, two abandoned).
"""


class Exits:
    """The ways out of app_queue, each by a resident of its own; nobody's phone answers unless it is told to."""

    def __init__(self, centre: WatchedCentre, ami: PlainAmi) -> None:
        self.centre = centre
        self.ami = ami
        self._numbers = iter(range(100))

    def resident(self, did: str) -> Resident:
        return self.centre.phones.resident(f"791600000{next(self._numbers):02}", did)

    async def in_queue(self, did: str) -> Resident:
        """He waits, and the engine knows it."""
        resident = self.resident(did)
        await resident.call()
        await self.centre.until(
            lambda: any(call.number.whole == resident.number for call in self.centre.engine.view().calls)
        )
        return resident

    async def abandoned(self) -> None:
        await (await self.in_queue(QUEUE)).hang_up()

    async def key(self) -> None:
        resident = await self.in_queue(QUEUE)
        assert resident.stream is not None
        await resident.stream.press("1")
        await gone(resident)

    async def withdrawn(self) -> None:
        resident = await self.in_queue(QUEUE)
        listed = self.ami.ask_list("QueueStatus", Queue="500")
        (channel,) = (one["Channel"] for one in listed if one.get("Event") == "QueueEntry")
        done = self.ami.ask("QueueWithdrawCaller", Queue="500", Caller=channel)
        assert done["Response"] == "Success"
        await gone(resident)

    async def sent_away(self, did: str) -> None:
        resident = self.resident(did)
        await resident.call()
        await gone(resident)

    async def full(self) -> None:
        """The one place is taken by another, who then gives up himself: he is in the figures too."""
        first = await self.in_queue(FULL)
        await self.sent_away(FULL)
        await first.hang_up()

    async def on_and_on(self) -> None:
        """501 sends him away after a second, 500 has him until he gives up."""
        resident = await self.in_queue(TWO_QUEUES)
        await self.centre.until(lambda: "1. " in self.centre.pbx.ask("queue show 500"))
        await resident.hang_up()

    async def answered(self, did: str = QUEUE) -> None:
        before, resident = counters(self.ami).completed, self.resident(did)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        # He speaks, and is none of Completed until he has ended.
        await self.centre.until(
            lambda: [call.state for call in self.centre.engine.view().calls] == ["talking"]
        )
        assert counters(self.ami).completed == before
        await resident.hang_up()

    async def transferred(self) -> None:
        """From one of 500's agents to a colleague."""
        phones = self.centre.phones.agents
        resident = self.resident(QUEUE)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        talker = next(phone for phone in phones if phone.tone_hz == resident.heard_tone)
        await self.centre.until(lambda: self.centre.states()[talker.user] == "talking")
        talker.transfer("1003")
        await self.centre.until(lambda: self.centre.states()["1003"] == "talking")
        await resident.hang_up()

    async def dumped(self) -> None:
        """505's agent hangs up while he hears its words, the next time he stays; the resident hears one agent."""
        talks = iter([0.5, None])
        self.centre.phones.agents[2].talk_for = lambda: next(talks, None)
        await self.answered(ANNOUNCED)

    async def dumped_and_gone(self) -> None:
        """The same, and the resident gives up before the agent's phone rings again."""
        agent = self.centre.phones.agents[2]
        agent.talk_for = lambda: 0.5
        rung = len(agent.calls)
        resident = self.resident(ANNOUNCED)
        await resident.call()
        await agent.wait_for(lambda phone: len(phone.calls) > rung, seconds=SOON)
        await agent.wait_for(lambda phone: phone.present_call is None, seconds=SOON)
        agent.answer_after = lambda: None
        await resident.hang_up()


async def gone(resident: Resident) -> None:
    await resident.wait_for(lambda one: one.ended_at is not None, seconds=SOON)


async def test_exit_by_exit_ours_is_right_and_asterisks_counters_err() -> None:
    async with watched_centre() as centre:
        secret = (centre.settings_file.parent / "callengine_ami.secret").read_text().strip()
        with PlainAmi(centre.pbx.ami_port, "callengine", secret) as ami:
            exits = Exits(centre, ami)
            found: dict[str, tuple[list[str], tuple[int, int]]] = {}

            async def see(name: str, way_out: Callable[[], Awaitable[None]]) -> None:
                before, known = (
                    counters(ami),
                    {row.call for row in await centre.rows("SELECT call FROM calls")},
                )
                await way_out()
                ours: list[str] = []
                async with asyncio.timeout(SOON):
                    # An engine that is behind has not heard of him when his phone is down already.
                    while len(ours) < len(EXPECTED[name][0]) or centre.engine.view().calls:
                        await asyncio.sleep(0.05)
                        rows = await centre.rows(ENDED)
                        ours = [f"{row.outcome}, {row.queue_exit}" for row in rows if row.call not in known]
                found[name] = (ours, counters(ami) - before)

            await see("abandoned", exits.abandoned)
            await see("key", exits.key)
            await see("withdrawn", exits.withdrawn)
            await see("timed out", lambda: exits.sent_away(TIMES_OUT))
            await see("join empty", lambda: exits.sent_away(JOIN_EMPTY))
            await see("left empty", lambda: exits.sent_away(LEAVE_EMPTY))
            await see("full", exits.full)
            await see("two queues", exits.on_and_on)
            nobody_answered = service_level(ami, "500")
            await centre.phones.add_agents(3, log_in=False, answer_after=lambda: 0.1)
            await centre.until(lambda: set(centre.states().values()) == {"free"})
            await see("answered", exits.answered)
            await see("transferred", exits.transferred)
            await centre.until(lambda: centre.states()["1003"] == "free")
            await see("dumped", exits.dumped)
            await centre.until(lambda: centre.states()["1003"] == "free")
            await see("dumped and gone", exits.dumped_and_gone)
            assert found == EXPECTED
            offers = await centre.rows(
                "SELECT call, result FROM offers WHERE agent = '1003' ORDER BY made_at"
            )
            results: dict[str, list[str]] = {}
            for offer in offers:
                results.setdefault(offer.call, []).append(offer.result)
            stayed, left = results.values()
            assert stayed == ["declined", "answered"]
            assert left[0] == "declined"
            # In general: five (who went on from 501 counts in its first queue), of them two answered in time.
            level = centre.engine.tally.figures(QueueName("general"), centre.engine.clock.now()).level
            assert (level.offered, level.answered_within) == (5, 2)
            assert nobody_answered == (0.0, 100.0)
            assert service_level(ami, "500") == (100.0, 100.0)
            rows = await centre.rows(
                "SELECT answered_at - queued_at AS wait FROM calls WHERE outcome = 'answered' AND queue = 'general'"
            )
            waits = [row.wait / 1e6 for row in rows]
            assert hold_time(ami, "500") < sum(waits) / len(waits)
