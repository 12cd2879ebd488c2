"""The page of a shift: drawn once, then kept up to date by its stream; what its buttons ask."""

from __future__ import annotations

from aiohttp import web

from callengine.desk.agent_page.asking import BUTTONS, Asked, is_client_id
from callengine.desk.agent_page.card_pages import CardPages, page_values
from callengine.desk.agent_page.card_view import card_values
from callengine.desk.agent_page.dial_pages import DialPages
from callengine.desk.agent_page.handover_pages import HandoverPages
from callengine.desk.agent_page.live import OpenPage
from callengine.desk.agent_page.parts import Parts, number_in
from callengine.desk.cards.commands import set_place
from callengine.desk.cards.queries import card_of_call
from callengine.desk.cards.values import place_of
from callengine.desk.directory.finding.hits import Hit
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

MOST_FOUND = 8


class WorkPages:
    """Handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._cards = CardPages(parts)

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them, with those of the cards."""
        page = Right.AGENT_PAGE
        return (
            DeskRoute("GET", "/desk/work", self.work, page),
            DeskRoute("GET", "/desk/work/stream", self.stream, page),
            DeskRoute("POST", "/desk/work/ask", self.ask, page),
            DeskRoute("POST", "/desk/work/choose", self.choose, page),
            DeskRoute("GET", "/desk/work/places", self.places, Right.CARDS_WRITE),
            DeskRoute(
                "GET", "/desk/work/cards/{card}", self.card, Right.CARDS_WRITE, samples={"card": "cards.id"}
            ),
            *self._cards.routes(),
        )

    async def work(self, visit: Visit) -> web.Response:
        """The page; while he speaks, with the card of that call."""
        agent = _agent(visit)
        values = await page_values(self._parts, visit)
        here = self._parts.pages.on_the_line(agent)
        if here is not None and here.answered_at is not None:
            async with self._parts.database.reading() as connection:
                row = await card_of_call(connection, visit.scope, here.pop.call, agent)
                if row is not None:
                    values |= await card_values(self._parts, connection, visit.scope, row["id"], {})
        return visit.page("work/page.html", **values)

    async def card(self, visit: Visit) -> web.Response:
        """The page with this card."""
        return await self._cards.show(visit, number_in(visit, "card"), {})

    async def stream(self, visit: Visit) -> web.StreamResponse:
        """All that changes by itself, until the browser goes."""
        page = OpenPage(visit.scope, _agent(visit), visit.language)
        self._parts.pages.enter(page)
        try:
            return await page.stream.serve(visit.request)
        finally:
            self._parts.pages.leave(page)

    async def ask(self, visit: Visit) -> web.Response:
        """What his phone's code would do."""
        form, agent = visit.form, _agent(visit)
        kind, client_id = form.get("kind", ""), form.get("client_id", "")
        if kind not in BUTTONS or not is_client_id(client_id):
            raise web.HTTPBadRequest(text="no such button\n")
        if self._parts.commands is None:
            raise web.HTTPServiceUnavailable(text="there is no way to the engine\n")
        wish = Asked(client_id, kind, agent, reason=form.get("reason", "")[:40])
        await self._parts.commands.ask(visit.scope, wish)
        return web.Response(status=202)

    async def choose(self, visit: Visit) -> web.Response:
        """By a digit in the pop: about which premises it is. Before the answer it is remembered for the card."""
        agent, place, call = _agent(visit), visit.form.get("place", ""), visit.form.get("call", "")
        meant = place_of(place)
        here = self._parts.pages.on_the_line(agent)
        offered = here is not None and here.pop.call == call and here.pop.prepared is not None
        if not offered or here is None or here.pop.prepared is None:
            raise web.HTTPConflict(text="that call is not on this page any more\n")
        if place not in {one.place for one in here.pop.prepared.matches}:
            raise web.HTTPBadRequest(text="nobody of these was shown\n")
        self._parts.pages.choose(call, place)
        async with self._parts.database.writing() as connection:
            row = await card_of_call(connection, visit.scope, call, agent)
            if row is not None:
                await set_place(connection, visit.scope, self._parts.now(), row["id"], meant)
        if row is not None:
            self._parts.pages.cards_changed(agent)
        return web.json_response({"card": row["id"] if row is not None else None})

    async def places(self, visit: Visit) -> web.Response:
        """Houses and premises of one company like what was typed, best first: [value, text]. No names (P21)."""
        typed, company = visit.request.query.get("q", ""), visit.request.query.get("company", "")
        async with self._parts.database.reading() as connection:
            hits = await self._parts.search.find(connection, visit.scope, typed, limit=30)
        flat = visit.texts("work")["flat"]
        found: dict[str, str] = {}
        for hit in hits:
            if hit.company == company and hit.house_id is not None:
                found.setdefault(_value(hit), _text(hit, flat))
        return web.json_response(list(found.items())[:MOST_FOUND])


def _agent(visit: Visit) -> str:
    """Whose page it is. An account of an agent that sits nowhere has none."""
    agent = visit.scope.agent
    if agent is None:
        raise web.HTTPNotFound
    return agent


def _value(hit: Hit) -> str:
    return f"p{hit.premises_id}" if hit.premises_id is not None else f"h{hit.house_id}"


def _text(hit: Hit, flat: str) -> str:
    return f"{hit.house}, {flat} {hit.flat}" if hit.flat else hit.house


def routes(parts: Parts) -> tuple[DeskRoute, ...]:
    """Those of this folder's pages."""
    return (*WorkPages(parts).routes(), *DialPages(parts).routes(), *HandoverPages(parts).routes())
