"""A card's form: kept as it is typed, closed when it says what the call was about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from callengine.desk.agent_page.card_view import about_values, card_values
from callengine.desk.agent_page.parts import Parts, number_in
from callengine.desk.cards.commands import (
    CardClosed,
    close_card,
    keep_draft,
    mark_checked,
    reopen_card,
)
from callengine.desk.cards.drafts import FIELDS, FORM, Sent
from callengine.desk.cards.marks import Nuisance, mark_nuisance
from callengine.desk.cards.queries import card_of
from callengine.desk.cards.values import draft_of
from callengine.desk.directory.queries import resident_card
from callengine.desk.knowledge.topics.forms import Fault
from callengine.desk.people.rights import Right
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

MOST_DAYS = 90
"""That a caller stays marked."""


class CardPages:
    """Handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        one, write = "/desk/work/cards/{card}", Right.CARDS_WRITE
        known = {"card": "cards.id"}
        return (
            DeskRoute("GET", f"{one}/part", self.part, write, samples=known),
            DeskRoute("GET", f"{one}/about", self.about, write, samples=known),
            DeskRoute("PUT", f"{one}/draft", self.keep, write, samples=known),
            DeskRoute("POST", f"{one}/close", self.close, write, samples=known),
            DeskRoute("POST", f"{one}/reopen", self.reopen, write, samples=known),
            DeskRoute("POST", f"{one}/checked", self.checked, write, samples=known),
            DeskRoute("POST", f"{one}/nuisance", self.nuisance, Right.FLOOR_ACT, samples=known),
        )

    async def part(self, visit: Visit) -> web.Response:
        """The form alone, for the page that shows another card."""
        card_id = number_in(visit, "card")
        async with self._parts.database.reading() as connection:
            values = await card_values(self._parts, connection, visit.scope, card_id, {})
        return self._drawn(visit, "work/part_card.html", values)

    async def about(self, visit: Visit) -> web.Response:
        """Who and which house, after another place was chosen."""
        async with self._parts.database.reading() as connection:
            row = await card_of(connection, visit.scope, number_in(visit, "card"))
            values = await about_values(self._parts, connection, visit.scope, row)
        return self._drawn(visit, "work/part_about.html", {"card": row, "tab": "", **values})

    async def keep(self, visit: Visit) -> web.Response:
        """What was typed: JSON as in drafts.Sent. 409: some of it another tab has written meanwhile."""
        sent = await _sent(visit)
        card_id = number_in(visit, "card")
        try:
            async with self._parts.database.writing() as connection:
                row, kept = await keep_draft(connection, visit.scope, self._parts.now(), card_id, sent)
        except CardClosed:
            return web.json_response({"closed": True}, status=409)
        values = draft_of(row).values
        answer: dict[str, Any] = {"version": row["version"], "place": row["place"]}
        if kept.conflicts:
            answer["conflicts"] = {name: values.get(name, "") for name in kept.conflicts}
        if set(sent.changes) & {"place", "topic"}:
            self._parts.pages.cards_changed(row["agent"])
        return web.json_response(answer, status=409 if kept.conflicts else 200)

    async def close(self, visit: Visit) -> web.StreamResponse:
        """What the form has is kept first; a card without a topic stays open, and says so beside the field."""
        card_id, at, scope = number_in(visit, "card"), self._parts.now(), visit.scope
        async with self._parts.database.writing() as connection:
            row = await card_of(connection, scope, card_id)
            sent = _sent_form(visit, draft_of(row).values)
            try:
                row, kept = await keep_draft(connection, scope, at, card_id, sent)
            except CardClosed:
                return visit.stale(f"/desk/work/cards/{card_id}")
            faults: Mapping[str, Fault] = {}
            if not kept.conflicts:
                row, faults = await close_card(connection, scope, at, card_id)
        self._parts.pages.cards_changed(row["agent"])
        if kept.conflicts:
            now = draft_of(row).values
            texts = visit.texts("work")
            named = [
                (texts.get(name, name), now.get(name, ""), sent.changes[name]) for name in kept.conflicts
            ]
            return visit.stale(f"/desk/work/cards/{card_id}", named)
        if faults:
            return await self.show(visit, card_id, faults)
        return visit.see_other("/desk/work" if scope.agent is not None else f"/desk/work/cards/{card_id}")

    async def show(
        self, visit: Visit, card_id: int, faults: Mapping[str, Fault], **more: Any
    ) -> web.Response:
        """The whole page with this card; the page's own handler replaces it."""
        async with self._parts.database.reading() as connection:
            values = await card_values(self._parts, connection, visit.scope, card_id, faults)
        page = await page_values(self._parts, visit)
        wrong = bool(faults or more)
        return visit.page("work/page.html", status=422 if wrong else 200, **{**page, **values, **more})

    async def reopen(self, visit: Visit) -> web.StreamResponse:
        """To write something more."""
        card_id = number_in(visit, "card")
        async with self._parts.database.writing() as connection:
            await reopen_card(connection, visit.scope, self._parts.now(), card_id)
            row = await card_of(connection, visit.scope, card_id)
        self._parts.pages.cards_changed(row["agent"])
        return visit.see_other(f"/desk/work/cards/{card_id}")

    async def checked(self, visit: Visit) -> web.Response:
        """The agent has made sure who it is: his data is opened, and the trail says so (P21)."""
        card_id, at = number_in(visit, "card"), self._parts.now()
        resident = visit.form.get("resident", "")
        if not (resident.isascii() and resident.isdigit() and len(resident) <= 18):
            raise web.HTTPBadRequest(text="whom?\n")
        async with self._parts.database.writing() as connection:
            row = await card_of(connection, visit.scope, card_id)
            person = await resident_card(connection, visit.scope, int(resident))
            await mark_checked(connection, visit.scope, at, card_id, int(resident))
            subject = ("resident", int(resident))
            await record(connection, visit.scope, at, "looked", subject, company=row["company"])
        return self._drawn(visit, "work/part_person.html", {"person": person})

    async def nuisance(self, visit: Visit) -> web.StreamResponse:
        """He comes behind others in general lines for some days."""
        card_id, at = number_in(visit, "card"), self._parts.now()
        reason, days = visit.form.get("reason", "")[:300], visit.form.get("days", "")
        texts = visit.texts("work")
        errors = {} if reason else {"reason": texts["reason_wrong"]}
        if not days.isdecimal() or not 0 < int(days[:4]) <= MOST_DAYS:
            errors["days"] = texts["days_wrong"].format(n=MOST_DAYS)
        if errors:
            return await self.show(visit, card_id, {}, mark_errors=errors, mark_values=dict(visit.form))
        async with self._parts.database.writing() as connection:
            row = await card_of(connection, visit.scope, card_id)
            mark = Nuisance(row["company"], row["number"], reason, at + timedelta(days=int(days)))
            await mark_nuisance(connection, visit.scope, at, visit.form.get("client_id", "")[:60], mark)
        return visit.see_other(f"/desk/work/cards/{card_id}")

    def _drawn(self, visit: Visit, template: str, values: Mapping[str, Any]) -> web.Response:
        names = self._parts.look.names(visit.language)
        html = self._parts.drawing.part(
            visit.language, template, {**names, "csrf": visit.csrf, "visit": visit, **values}
        )
        return web.Response(text=html, content_type="text/html")


async def page_values(parts: Parts, visit: Visit) -> dict[str, Any]:
    """What the page shows besides a card: nothing of the telephone for who is no agent."""
    names = parts.look.names(visit.language)
    agent = visit.scope.agent
    values: dict[str, Any] = {**names, "card": None, "pop": None, "asked": "", "shift": None}
    if agent is None:
        return values
    lists = await parts.look.lists(visit.scope, agent, visit.language)
    here = parts.pages.on_the_line(agent)
    pop = here.pop if here is not None and visit.scope.sees(here.pop.company) else None
    return {
        **values,
        "shift": parts.pages.shift(agent),
        "pop": pop,
        "pop_html": parts.look.pop_html(pop, visit.language) if pop is not None else "",
        "unfinished_html": lists.get("unfinished", ""),
        "today_html": lists.get("today", ""),
    }


async def _sent(visit: Visit) -> Sent:
    try:
        told = json.loads(await visit.request.text())
        changes = {
            name: value
            for name, value in told["changes"].items()
            if isinstance(value, str) and (name in FIELDS or name.startswith(FORM))
        }
        after = {str(tab)[:60]: int(turn) for tab, turn in list(told.get("after", {}).items())[:20]}
        sent = Sent(int(told["version"]), str(told["tab"])[:60], int(told["turn"]), changes, after)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise web.HTTPBadRequest(text="JSON {version, tab, turn, changes} is right\n") from None
    if len(changes) > 60 or any(len(value) > 20_000 or len(name) > 60 for name, value in changes.items()):
        raise web.HTTPRequestEntityTooLarge(20_000, 20_001)
    return sent


def _sent_form(visit: Visit, now: Mapping[str, str]) -> Sent:
    """A form as a browser sends it: of a tick that is off it says nothing."""
    form = visit.form
    names = {"topic", "note", "place"} | {name for name in form if name.startswith(FORM)}
    changes = {name: form[name].replace("\r\n", "\n") for name in sorted(names) if name in form}
    changes["settled"] = "1" if form.get("settled") else ""
    changes = {name: value for name, value in changes.items() if now.get(name, "").strip() != value}
    version, turn = form.get("version", ""), form.get("turn", "")
    if not (version.isdecimal() and turn.isdecimal()):
        raise web.HTTPBadRequest(text="the form has no version\n")
    return Sent(int(version[:9]), form.get("tab", "")[:60], int(turn[:9]), changes)
