"""The page of contacts: settled at once, and the time from a human's answer to the closed card (P36)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from aiohttp import web

from callengine.desk.cards.queries import contacts_between
from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.contact_figures import COLUMNS, ContactFigures, contact_figures, lines, shown
from callengine.desk.history.export import Workbook, as_csv
from callengine.desk.history.filters import SPANS, ReadFilter, read_filter
from callengine.desk.ledger.names import Names
from callengine.desk.people.rights import Right
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

FORMS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FIELDS = ("span", "first", "last", "company")


@dataclass(frozen=True, slots=True)
class ContactPages:
    """What it stands on: the desk's own cards."""

    database: DeskDatabase
    names: Names
    zone: ZoneInfo
    now: Callable[[], datetime]

    def routes(self) -> tuple[DeskRoute, ...]:
        """Both."""
        return (
            DeskRoute("GET", "/desk/contacts", self.show, Right.FIGURES),
            DeskRoute("POST", "/desk/contacts/export", self.export, Right.FIGURES),
        )

    async def show(self, visit: Visit) -> web.StreamResponse:
        """As a page."""
        read = _read(visit.request.query)
        t = visit.texts("history")
        return visit.page(
            "history/contacts.html",
            status=422 if read.wrong else 200,
            told=await self._figures(visit, read),
            columns=COLUMNS,
            shown=shown,
            address=read.chosen.address(),
            values={"span": read.chosen.span, **read.typed},
            errors={name: t[wrong] for name, wrong in read.wrong.items()},
            spans=[(one, t[f"span_{one}"]) for one in SPANS],
            companies=self.names.seen_companies(visit.scope),
        )

    async def export(self, visit: Visit) -> web.StreamResponse:
        """As a file; that it was taken is in the trail."""
        form = visit.form.get("form", "")
        if form not in FORMS:
            raise web.HTTPUnprocessableEntity(text="form: csv or xlsx\n")
        read = _read(dict(parse_qsl(visit.form.get("query", "")[:2000])))
        found = list(lines(await self._figures(visit, read), visit.texts("history")))
        after = {"filter": read.chosen.address(), "form": form}
        async with self.database.writing() as connection:
            await record(connection, visit.scope, self.now(), "exported", ("contacts", form), after=after)
        # By the mark in front Excel knows UTF-8.
        body = "\ufeff".encode() + as_csv(found) if form == "csv" else await asyncio.to_thread(_book, found)
        name = f"contacts-{self.now().astimezone(self.zone).date().isoformat()}.{form}"
        return web.Response(
            body=body,
            headers={"Content-Type": FORMS[form], "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _figures(self, visit: Visit, read: ReadFilter) -> ContactFigures:
        scope, company = visit.scope, read.chosen.company
        since, until = read.chosen.days(self.now(), self.zone)
        async with self.database.reading() as connection:
            contacts = await contacts_between(
                connection, scope, since, until, company=company, language=visit.language
            )
        return contact_figures(contacts, self.names, scope, visit.texts("history"))


def _read(query: Mapping[str, str]) -> ReadFilter:
    """Time and company are all that is asked for here."""
    return read_filter({name: query[name] for name in _FIELDS if name in query}, with_number=False)


def _book(found: list[list[str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="callengine-export-") as folder:
        path = Path(folder) / "contacts.xlsx"
        book = Workbook(path, found[0])
        book.add(found[1:])
        book.close()
        return path.read_bytes()
