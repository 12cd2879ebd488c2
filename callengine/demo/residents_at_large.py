"""The residents of the demo: Poisson arrivals, patient ones and others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from callengine.demo.centre import CentrePlan, Phones

CALLS_PER_SECOND = 0.42
"""Six agents with about ten seconds of talk and two of wrap-up are busy three quarters of the time."""

_KNOWN = 0.85
"""Of the calls, where the desk knows residents."""


@dataclass(frozen=True, slots=True)
class Temper:
    """What a resident does. `patience_seconds` None: he waits until he is answered."""

    patience_seconds: float | None = None
    withheld: bool = False
    calls_again: bool = False


class Town:
    """Residents who call while the town lives; the first minute has one of each kind."""

    def __init__(
        self, phones: Phones, plan: CentrePlan, seed: int, neighbours: Sequence[tuple[str, str]] = ()
    ) -> None:
        """`neighbours`: companies and numbers (E.164) of residents whom the desk knows; most calls are theirs."""
        self._phones = phones
        self._plan = plan
        self._neighbours = neighbours
        self._random = random.Random(seed or None)  # noqa: S311  # arrivals, not secrets
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_number = self._random.randrange(1_000_000, 8_000_000)
        self.first_answer_at: float | None = None

    async def live(self) -> None:
        """Let residents call until cancelled."""
        first = [
            Temper(),
            Temper(0.2),
            Temper(calls_again=True, patience_seconds=0.2),
            Temper(),
            Temper(0.1, withheld=True),
        ]
        while True:
            temper = first.pop(0) if first else self._any_temper()
            task = asyncio.get_running_loop().create_task(self._one_resident(temper))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(self._random.expovariate(CALLS_PER_SECOND))

    async def go_home(self) -> None:
        """Nobody calls any more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _any_temper(self) -> Temper:
        if self._random.random() < 0.12:
            return Temper(patience_seconds=self._random.uniform(0.1, 1.5))
        return Temper()

    async def _one_resident(self, temper: Temper) -> None:
        company, number = self._somebody()
        general, emergency = self._plan.dids(company)
        did = emergency if self._random.random() < 0.2 else general
        await self._call(number, did, temper)
        if temper.calls_again:
            await asyncio.sleep(1.0)
            await self._call(number, did, Temper())

    def _somebody(self) -> tuple[str, str]:
        """A company and the number that calls it."""
        if self._neighbours and self._random.random() < _KNOWN:
            company, phone = self._random.choice(self._neighbours)
            return company, phone.removeprefix("+")
        self._next_number += self._random.randrange(1, 50)
        company, _ = self._random.choice(self._plan.companies)
        return company, f"7916{self._next_number:07}"

    async def _call(self, number: str, did: str, temper: Temper) -> None:
        resident = self._phones.resident(number, did, withheld=temper.withheld)
        loop = asyncio.get_running_loop()
        try:
            await resident.call()
            if temper.patience_seconds is not None:
                await asyncio.sleep(temper.patience_seconds)
                return
            await resident.wait_for(
                lambda one: one.heard_at is not None or one.ended_at is not None, seconds=300
            )
            if self.first_answer_at is None and resident.heard_at is not None:
                self.first_answer_at = loop.time()
            talk = self._random.uniform(4, 14)
            try:
                await resident.wait_for(lambda one: one.ended_at is not None, seconds=talk)
            except TimeoutError:
                return  # He has said what he had to say.
        except TimeoutError:
            return
        finally:
            await resident.hang_up()
            self._phones.residents.remove(resident)
