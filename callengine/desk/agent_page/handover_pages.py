"""Shift handover: what is open, taken over by name (P33)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.agent_page.parts import Parts
from callengine.desk.agent_page.pops.pop import why_owed
from callengine.desk.cards.commands import take_over
from callengine.desk.cards.marks import write_note
from callengine.desk.cards.queries import notes_since, unfinished_of_all, who_took
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from callengine.desk.web.wording import shown_number

NOTES_SHOWN = timedelta(days=3)
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that somebody must take over."""

    thing: str
    text: str
    more: str
    due_at: datetime | None
    late: bool
    taken: RowMapping | None


class HandoverPages:
    """Handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        right = Right.CARDS_WRITE
        return (
            DeskRoute("GET", "/desk/work/handover", self.show, right),
            DeskRoute("POST", "/desk/work/handover/take", self.take, right),
            DeskRoute("POST", "/desk/work/handover/note", self.note, right),
        )

    async def show(self, visit: Visit) -> web.Response:
        """What is owed, what is unfinished, what was noted."""
        return await self._page(visit, {}, {})

    async def take(self, visit: Visit) -> web.StreamResponse:
        """By name. 409: somebody was faster."""
        thing = visit.form.get("thing", "")[:160]
        async with self._parts.database.writing() as connection:
            done = await take_over(connection, visit.scope, self._parts.now(), thing)
            taken = await who_took(connection, visit.scope, [thing])
        if not done and taken[thing]["account_id"] != visit.scope.account_id:
            changes = [(visit.texts("work")["take"], taken[thing]["taken_by"], visit.scope.name)]
            return visit.stale("/desk/work/handover", changes)
        if visit.scope.agent is not None:
            self._parts.pages.cards_changed(visit.scope.agent)
        return visit.see_other("/desk/work/handover")

    async def note(self, visit: Visit) -> web.StreamResponse:
        """To the next shift."""
        text = visit.form.get("text", "")[:LONGEST_NOTE]
        if not text:
            return await self._page(visit, visit.form, {"text": visit.texts("work")["note_wrong"]})
        client_id = visit.form.get("client_id", "")[:60]
        async with self._parts.database.writing() as connection:
            await write_note(connection, visit.scope, self._parts.now(), client_id, text)
        return visit.see_other("/desk/work/handover")

    async def _page(self, visit: Visit, values: Mapping[str, str], errors: Mapping[str, str]) -> web.Response:
        async with self._parts.database.reading() as connection:
            cards = await self._cards(connection, visit)
            owed = await self._owed(connection, visit)
            notes = await notes_since(connection, visit.scope, self._parts.now() - NOTES_SHOWN)
        return visit.page(
            "work/handover.html",
            status=422 if errors else 200,
            cards=cards,
            owed=owed,
            notes=notes,
            values=values,
            errors=errors,
            client_id=secrets.token_urlsafe(18),
        )

    async def _cards(self, connection: AsyncConnection, visit: Visit) -> list[Open]:
        rows = await unfinished_of_all(connection, visit.scope)
        taken = await who_took(connection, visit.scope, [f"card:{row['id']}" for row in rows])
        withheld = visit.texts("work")["withheld"]
        return [
            Open(
                f"card:{row['id']}",
                row["place"] or shown_number(row["number"]) or withheld,
                f"{row['line']} · {self._parts.centre.agent(row['agent'])}",
                row["opened_at"],
                False,
                taken.get(f"card:{row['id']}"),
            )
            for row in rows
        ]

    async def _owed(self, connection: AsyncConnection, visit: Visit) -> list[Open]:
        """Of the engine's picture; empty while it was never heard."""
        found = [one for one in self._parts.pages.all_owed() if visit.scope.sees(one.company)]
        taken = await who_took(connection, visit.scope, [f"owed:{one.obligation}" for one in found])
        texts = visit.texts("work")
        return [
            Open(
                f"owed:{one.obligation}",
                one.label or self._parts.centre.company(one.company),
                f"{why_owed(texts, one.why)} · {shown_number(one.number) or texts['withheld']}",
                one.due_at,
                one.overdue,
                taken.get(f"owed:{one.obligation}"),
            )
            for one in found
        ]
