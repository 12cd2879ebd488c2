"""The residents of a town, by their own telephones: who called when, whom he heard, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from callengine.demo.centre import Phones
from callengine.demo.phones.resident import Resident

PATIENCE_SECONDS = 90.0
_EARLY_SHARE = 0.15
_AGAIN_SHARE = 0.05


class Ending(StrEnum):
    """How a call ended at the resident's telephone."""

    SERVED = "heard an agent"
    GAVE_UP = "hung up before he heard one"
    CUT = "cut: the PBX died or hung up"
    NOT_CONNECTED = "never reached the PBX"


@dataclass(frozen=True, slots=True)
class Told:
    """One call as the resident tells it; moments are loop.time()."""

    number: str
    called_at: float
    connected_at: float | None
    heard_at: float | None
    ended_at: float
    ending: Ending
    longest_silence: float
    """Between two frames of sound, after the first."""


class Town:
    """Calls come by chance, `rate` a second, each with a number of its own; a few call again with theirs."""

    def __init__(self, phones: Phones, rate: float, seed: int) -> None:
        self._phones = phones
        self._rate = rate
        self._chance = Random(seed)
        self._numbers: Iterator[int] = iter(range(79160000001, 79169999999))
        self._present: set[Resident] = set()
        self._dead: dict[Resident, float] = {}
        """Whose PBX died, and when: no BYE tells them."""
        self._calls: set[asyncio.Task[None]] = set()
        self.told: list[Told] = []

    async def live(self) -> None:
        """Until cancelled; calls that are under way go on."""
        while True:
            self._begin(str(next(self._numbers)))
            await asyncio.sleep(self._chance.expovariate(self._rate))

    async def fall_silent(self) -> None:
        """Until the last call is over."""
        while self._calls:
            await asyncio.wait(self._calls)

    def cut_everybody(self) -> None:
        """The PBX is dead: no BYE will tell them, they see it for themselves."""
        now = asyncio.get_running_loop().time()
        self._dead |= dict.fromkeys(self._present, now)
        for resident in self._present:
            resident.look_again()

    @property
    def present(self) -> int:
        """How many are in a call now."""
        return len(self._present)

    def _begin(self, number: str) -> None:
        task = asyncio.create_task(self._one(number))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _one(self, number: str) -> None:
        early = self._chance.random() < _EARLY_SHARE
        again = early and self._chance.random() < _AGAIN_SHARE
        resident = self._phones.resident(number)
        self._present.add(resident)
        loop = asyncio.get_running_loop()
        called_at, ending = loop.time(), Ending.NOT_CONNECTED
        try:
            await resident.call()
            if resident.connected_at is not None:
                ending = await self._wait(resident, early=early)
        except TimeoutError:
            pass
        finally:
            self._present.discard(resident)
            cut_at = self._dead.pop(resident, None)
            await resident.hang_up()
            self._phones.residents.remove(resident)
        self.told.append(
            Told(
                number,
                resident.called_at or called_at,
                resident.connected_at,
                resident.heard_at,
                cut_at or resident.ended_at or loop.time(),
                ending,
                0.0 if resident.stream is None else resident.stream.longest_silence,
            )
        )
        if again:
            await asyncio.sleep(self._chance.uniform(0.5, 2))
            self._begin(number)

    async def _wait(self, resident: Resident, *, early: bool) -> Ending:
        patience = self._chance.uniform(0.1, 2.5) if early else PATIENCE_SECONDS
        try:
            await resident.wait_for(
                lambda one: one.heard_at is not None or one.ended_at is not None or one in self._dead,
                seconds=patience,
            )
        except TimeoutError:
            return Ending.GAVE_UP
        if resident.heard_at is None:
            return Ending.CUT
        with contextlib.suppress(TimeoutError):
            # The agent hangs up when he is done.
            await resident.wait_for(lambda one: one.ended_at is not None or one in self._dead, seconds=30)
        return Ending.SERVED
