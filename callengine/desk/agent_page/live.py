"""Brings what happens to open agents' pages: the pop at once, everything else a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callengine.control import live_messages as live
from callengine.desk.agent_page.centre import Centre
from callengine.desk.agent_page.look import Look
from callengine.desk.agent_page.pops.happenings import (
    OnTheLine,
    of_agent,
    on_the_line,
    pop_of_arrival,
    pop_of_call,
    pop_of_callback,
    pop_of_outgoing,
)
from callengine.desk.agent_page.pops.kitchen import Kitchen
from callengine.desk.agent_page.pops.pop import Pop
from callengine.desk.agent_page.shift import Shift, shift_of
from callengine.desk.engine_link.changes import Change
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.engine_link.picture import Picture
from callengine.desk.people.scope import Scope
from callengine.desk.web.streams import MOST_A_SECOND, PageStream
from callengine.platform.language import Language


@dataclass(eq=False)
class OpenPage:
    """One browser that shows the page."""

    scope: Scope
    agent: str
    language: Language
    stream: PageStream = field(default_factory=PageStream)


class AgentPages:
    """`run` until cancelled."""

    def __init__(
        self,
        follower: EngineFollower,
        kitchen: Kitchen,
        centre: Centre,
        look: Look,
        now: Callable[[], datetime],
    ) -> None:
        self._follower = follower
        self._kitchen = kitchen
        self._centre = centre
        self._look = look
        self._now = now
        self._pages: dict[str, set[OpenPage]] = {}
        self._changed = asyncio.Event()
        self._with_cards: set[str] = set()
        self._arrived: dict[str, Pop] = {}
        """Of calls whose end was not told yet; a desk that is late reads it of a picture that has them no more."""
        kitchen.on_ready = self._when_read
        kitchen.on_card = self._when_card
        kitchen.on_ended = lambda call: None
        self.on_anew: Callable[[], None] = lambda: None
        """After each snapshot: what happened before it may have been missed."""

    @property
    def open_pages(self) -> int:
        """How many browsers show it."""
        return sum(len(pages) for pages in self._pages.values())

    async def run(self) -> None:
        """Follow the engine."""
        drawing = asyncio.create_task(self._draw_now_and_then(), name="agents' pages")
        try:
            with self._follower.subscribe() as changes:
                async for change in changes:
                    self._take(change)
        finally:
            drawing.cancel()
            self.end()
            await self._kitchen.close()

    def enter(self, page: OpenPage) -> None:
        """A page was opened: it is shown all there is."""
        self._pages.setdefault(page.agent, set()).add(page)
        page.stream.tell("hello", {"now": self._now().isoformat()})
        page.stream.show(self._look.regions(self.shift(page.agent), page.language))
        self._with_cards.add(page.agent)
        self._changed.set()
        here = self.on_the_line(page.agent)
        if here is not None and here.answered_at is None:
            self._tell_pop(page, here.pop)

    def leave(self, page: OpenPage) -> None:
        """It was closed."""
        pages = self._pages.get(page.agent, set())
        pages.discard(page)
        if not pages:
            self._pages.pop(page.agent, None)

    def shift(self, agent: str) -> Shift:
        """What his page shows now."""
        queues = self._centre.queues_of.get(agent, ())
        return shift_of(self._follower.picture, agent, queues, is_heard=self._follower.is_heard)

    def on_the_line(self, agent: str) -> OnTheLine | None:
        """Whom he is offered, or speaks with; the pop with what is read by now."""
        picture = self._follower.picture
        here = of_agent(picture, agent) if picture is not None else None
        return None if here is None else OnTheLine(self.filled(here.pop), here.kind, agent, here.answered_at)

    def all_owed(self) -> tuple[live.LiveObligation, ...]:
        """Every contact that is owed, the nearest deadline first."""
        picture = self._follower.picture
        return picture.next_owed() if picture is not None else ()

    def refused(self, agent: str, refusal: str) -> None:
        """The engine said no to what he asked."""
        for page in self._pages.get(agent, ()):
            page.stream.tell("refused", {"said": self._look.refusal(refusal, page.language)})

    def end(self) -> None:
        """Every stream: the desk stops."""
        for pages in self._pages.values():
            for page in pages:
                page.stream.end()

    def filled(self, pop: Pop) -> Pop:
        """With what was read of the caller."""
        return self._kitchen.filled(pop)

    def choose(self, call: str, place: str) -> None:
        """By a digit, before the card is there."""
        self._kitchen.choose(call, place)

    def database_changed(self) -> None:
        """It takes what is typed again, or takes nothing any more: every page says so."""
        self._with_cards.update(self._pages)
        self._changed.set()

    def cards_changed(self, agent: str) -> None:
        """His lists of cards are read anew."""
        self._with_cards.add(agent)
        self._changed.set()

    def _take(self, change: Change) -> None:
        self._changed.set()
        picture = change.picture
        if picture is None:
            return
        if not change.is_whole:
            self._begin_anew(picture)
            return
        for message in change.what:
            self._hear(picture, message)

    def _begin_anew(self, picture: Picture) -> None:
        self.on_anew()
        there = list(on_the_line(picture))
        self._kitchen.keep_only({one.pop.call for one in there})
        self._arrived = {one.pop.call: one.pop for one in there}
        for one in there:
            self._kitchen.begin(one.pop.call, one.pop.company, one.pop.number)
            if one.agent is None:
                continue
            if one.answered_at is not None:
                self._kitchen.answered(one.kind, one.pop.call, one.agent, one.pop, one.answered_at)
            else:
                self._show(one.agent, one.pop)

    def _hear(self, picture: Picture, message: live.Live) -> None:
        match message:
            case live.CallArrived():
                self._arrived[message.call] = pop_of_arrival(message)
                self._kitchen.begin(message.call, message.company, message.number)
            case live.CallOffered() if message.call in picture.calls:
                self._show(message.agent, pop_of_call(picture.calls[message.call], message.at))
            case live.CallbackOffered():
                owed = message.owed
                self._kitchen.begin(message.attempt, owed.company, owed.number)
                self._show(message.agent, pop_of_callback(message.attempt, owed, message.at))
            case live.OutgoingBegan(outgoing=one):
                self._kitchen.begin(one.attempt, one.company, one.number)
                if one.agent is not None:
                    self._show(one.agent, pop_of_outgoing(one, message.at))
            case live.OfferOver() | live.CallbackOver() | live.OutgoingOver():
                self._over(picture, message)
            case live.CallAnswered(agent=str() as agent) | live.CallHandedOver(agent=agent):
                self._answered(picture, message.call, agent, message.at)
            case live.CallbackIs(state="talking"):
                self._answered(picture, message.attempt, message.agent, message.at)
            case live.OutgoingIs(state="talking"):
                self._answered(picture, message.attempt, None, message.at)
            case live.CallEnded():
                self._arrived.pop(message.call, None)
                self._kitchen.ended(message.call, message.at)
                self._tell_all("over", {"call": message.call})
            case _:
                return

    def _over(
        self, picture: Picture, message: live.OfferOver | live.CallbackOver | live.OutgoingOver
    ) -> None:
        """Taken by nobody, or the dial has ended: pages that show it as ringing do not any more."""
        if not isinstance(message, live.OfferOver):
            self._kitchen.ended(message.attempt, message.at)
            self._tell_all("over", {"call": message.attempt})
            return
        for agent, pages in self._pages.items():
            if of_agent(picture, agent) is None:
                for page in pages:
                    page.stream.tell("gone", {})

    def _answered(self, picture: Picture, call: str, agent: str | None, at: datetime) -> None:
        found = next((one for one in on_the_line(picture) if one.pop.call == call), None)
        if found is None and call in self._arrived:
            found = OnTheLine(self._arrived[call], "incoming", agent, at)
        if found is not None and (agent or found.agent) is not None:
            self._kitchen.answered(found.kind, call, str(agent or found.agent), found.pop, at)

    def _show(self, agent: str, pop: Pop) -> None:
        filled = self._kitchen.filled(pop)
        for page in self._pages.get(agent, ()):
            self._tell_pop(page, filled)

    def _tell_pop(self, page: OpenPage, pop: Pop) -> None:
        page.stream.tell("pop", self._look.pop(pop, page.language, page.scope))

    def _when_read(self, call: str) -> None:
        for agent, pages in self._pages.items():
            here = self.on_the_line(agent)
            if here is not None and here.pop.call == call:
                for page in pages:
                    page.stream.tell("filled", self._look.pop(here.pop, page.language, page.scope))

    def _when_card(self, agent: str, call: str, card: int) -> None:
        self.cards_changed(agent)
        for page in self._pages.get(agent, ()):
            page.stream.tell("card", {"call": call, "card": card})

    def _tell_all(self, kind: str, data: Any) -> None:
        for pages in self._pages.values():
            for page in pages:
                page.stream.tell(kind, data)

    async def _draw_now_and_then(self) -> None:
        """What changes quickly is drawn once for all that changed meanwhile."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            with_cards, self._with_cards = self._with_cards, set()
            for agent, pages in list(self._pages.items()):
                shift = self.shift(agent)
                for page in list(pages):
                    page.stream.show(self._look.regions(shift, page.language))
                    if agent in with_cards:
                        page.stream.show(await self._look.lists(page.scope, agent, page.language))
            await asyncio.sleep(1 / MOST_A_SECOND)
