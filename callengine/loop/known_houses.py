"""From which house a caller may call, looked up at his arrival for the phone's display; no offer ever waits for it.

What comes within 20 ms is shown, what comes later is dropped: the desk's database may be missing, locked or slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from callengine.loop.shown_house import shown
from callengine.platform.logs import Log
from queues.messages.commands import OfferCall
from queues.messages.journal import CallFinished, CallOffered, JournalEntry
from queues.terms.identifiers import CallId
from queues.terms.phone import Phone
from queues.terms.phone_numbers import normalise
from storage.desk.errors import DeskAbsent, DeskAway, DeskLate
from storage.desk.houses import KnownHouse, known_houses
from storage.desk.outsider import DeskReader

PATIENCE_SECONDS = 0.02
FIRST_LOOK_SECONDS = 5.0
"""At the start, when no call waits for it."""
NO_DESK_SECONDS = 10.0
"""Where there was no desk, nobody looks again for so long: a centre without one pays nothing."""


class KnownHouses:
    """`observe` is told the journal's entries; `dress` gives an offer the label that the phone shows."""

    def __init__(
        self,
        reader: DeskReader,
        words: Mapping[str, str],
        region: str,
        count: Callable[[str], None],
        log: Log,
    ) -> None:
        """`words`: of kinds of premises. `region`: where a number is read. `count`: is told how each look ended."""
        self._reader = reader
        self._words = words
        self._region = region
        self._count = count
        self._log = log
        self._absent_until = 0.0
        self.known: dict[CallId, KnownHouse] = {}
        """Of calls that are not over."""
        self._looking: dict[CallId, asyncio.Task[None]] = {}
        self._first_look: asyncio.Task[None] | None = None
        self._trouble: type[DeskAway] | None = None

    def start(self) -> None:
        """Open what is opened, so that the first caller's house is not missed for it; say where it cannot be."""
        self._first_look = asyncio.get_running_loop().create_task(self._look_first(), name="desk's houses")

    async def stop(self) -> None:
        """Wait for no answer."""
        tasks = [*self._looking.values(), *([] if self._first_look is None else [self._first_look])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._reader.close()

    def observe(self, entry: JournalEntry) -> None:
        """A call arrived, or is over."""
        if isinstance(entry, CallOffered):
            if not entry.number.is_withheld and not entry.watched:
                self._look_up(entry)
        elif isinstance(entry, CallFinished):
            self.known.pop(entry.call, None)
            looking = self._looking.pop(entry.call, None)
            if looking is not None:
                looking.cancel()

    def dress(self, offer: OfferCall) -> OfferCall:
        """With the house, where it is known by now."""
        house = self.known.get(offer.call)
        return offer if house is None else replace(offer, label=shown(offer.label, house, self._words))

    def _look_up(self, arrived: CallOffered) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._absent_until:
            self._count("absent")
            return
        looking = self._look(arrived.call, arrived.company, arrived.number)
        self._looking[arrived.call] = loop.create_task(looking, name="house of a caller")

    async def _look(self, call: CallId, company: str, written: Phone) -> None:
        try:
            e164 = normalise(written, self._region)
            number = written.whole if e164 is None else e164.whole
            houses, house = await known_houses(self._reader, company, number, PATIENCE_SECONDS)
            if house is not None:
                self.known[call] = house
            self._count("one" if house is not None else "several" if houses else "none")
            self._trouble = None
        except DeskAway as problem:
            self._note(problem)
        except Exception as problem:
            self._note(DeskAway(type(problem).__name__))
        finally:
            self._looking.pop(call, None)

    async def _look_first(self) -> None:
        try:
            await known_houses(self._reader, "", "", FIRST_LOOK_SECONDS)
        except DeskAway as problem:
            self._say(problem)

    def _note(self, problem: DeskAway) -> None:
        late, absent = isinstance(problem, DeskLate), isinstance(problem, DeskAbsent)
        self._count("late" if late else "absent" if absent else "away")
        if absent:
            self._absent_until = asyncio.get_running_loop().time() + NO_DESK_SECONDS
        self._say(problem)

    def _say(self, problem: DeskAway) -> None:
        """Once, until it is read again. That there is no desk is no trouble."""
        if self._trouble is type(problem) or isinstance(problem, DeskAbsent):
            return
        self._trouble = type(problem)
        self._log.warning(
            "house_not_known", msg="phones show company and line alone; no call waits", reason=str(problem)
        )
