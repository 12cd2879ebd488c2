"""The measurements: what a phone sees, by the phone's own clock."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence

from callengine.demo.centre import Phones
from callengine.demo.phones.softphone import Softphone

BACKLOG = 8
"""Residents who wait at any moment of a hand-over round, beyond those who talk."""


class HandOvers:
    """All agents talk, `BACKLOG` residents wait: from an agent's BYE to the next INVITE at his phone."""

    def __init__(self, phones: Phones, did: str, seed: int) -> None:
        self._phones = phones
        self._did = did
        self._random = random.Random(seed)
        self.calls = 0
        """Conversations that ended while the round ran."""

    async def run(self, wanted: int) -> list[float]:
        """The first `wanted` hand-overs, seconds. Raises TimeoutError when they do not come."""
        agents = self._phones.agents
        since = {phone.user: len(phone.calls) for phone in agents}
        for phone in agents:
            phone.answer_after = lambda: 0.05
            phone.talk_for = lambda: self._random.uniform(1.5, 2.5)
        town = [asyncio.create_task(self._calls_again()) for _ in range(len(agents) + BACKLOG)]
        try:
            async with asyncio.timeout(30 + wanted * 4):
                while len(hand_overs(agents, since)) < wanted:
                    await asyncio.sleep(0.5)
        finally:
            for task in town:
                task.cancel()
            await asyncio.gather(*town, return_exceptions=True)
            for phone in agents:
                phone.hang_up()
        self.calls = sum(len(phone.calls) - since[phone.user] for phone in agents)
        return hand_overs(agents, since)

    async def _calls_again(self) -> None:
        """One place in the crowd: whoever was served is followed by the next resident."""
        await asyncio.sleep(self._random.uniform(0, 1))
        while True:
            resident = self._phones.resident(f"7916{self._random.randrange(10**7):07}", self._did)
            try:
                await resident.call()
                await resident.wait_for(lambda one: one.ended_at is not None, seconds=120)
            finally:
                await resident.hang_up()
                self._phones.residents.remove(resident)


def hand_overs(agents: Sequence[Softphone], since: dict[str, int]) -> list[float]:
    """Seconds between the end of each answered call and the next ring of the same phone."""
    waits = []
    for phone in agents:
        calls = phone.calls[since[phone.user] :]
        waits += [
            later.rang_at - earlier.ended_at
            for earlier, later in itertools.pairwise(calls)
            if earlier.answered_at is not None and earlier.ended_at is not None
        ]
    return waits


async def arrivals(phones: Phones, did: str, wanted: int) -> list[float]:
    """One resident after the other, all agents idle: from his INVITE to the INVITE at a phone, seconds."""
    waits = []
    for phone in phones.agents:
        phone.answer_after = lambda: None
    for number in range(wanted):
        rung = {phone.user: len(phone.calls) for phone in phones.agents}
        resident = phones.resident(f"7917{number:07}", did)
        setting_up = asyncio.create_task(resident.call())
        try:
            waits.append(await _first_ring(phones, rung) - (resident.called_at or 0.0))
            await setting_up
        finally:
            await resident.hang_up()
            phones.residents.remove(resident)
        await _all_quiet(phones)
    return waits


async def _first_ring(phones: Phones, rung: dict[str, int]) -> float:
    async with asyncio.timeout(10):
        while True:
            new = [call.rang_at for phone in phones.agents for call in phone.calls[rung[phone.user] :]]
            if new:
                return min(new)
            await asyncio.sleep(0.002)


async def _all_quiet(phones: Phones) -> None:
    async with asyncio.timeout(10):
        while any(phone.present_call is not None for phone in phones.agents):
            await asyncio.sleep(0.01)
    # A missed offer or a CANCEL on its way: the next resident finds a centre at rest.
    await asyncio.sleep(0.15)
