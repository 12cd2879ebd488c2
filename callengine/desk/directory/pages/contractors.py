"""Contractors and emergency services: the list, the form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from callengine.desk.directory.commands import contractors as commands
from callengine.desk.directory.pages.desk import HOME, DirectoryDesk, new_client_id, number_in
from callengine.desk.directory.pages.forms import Sent, contractor_of
from callengine.desk.directory.pages.houses import hours_in, said
from callengine.desk.directory.queries import contractor_card, list_contractors, list_houses
from callengine.desk.directory.records import TRADES, Stale
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_ALL = "all"
_LINES = 6
_FIELDS = ("name", "trade", "notes")


class ContractorPages:
    """Handlers."""

    def __init__(self, desk: DirectoryDesk) -> None:
        self._desk = desk

    def routes(self) -> tuple[DeskRoute, ...]:
        """Theirs."""
        edit, one = Right.DIRECTORY_EDIT, {"id": "1"}
        base = f"{HOME}/contractors"
        return (
            DeskRoute("GET", base, self.show_list, Right.DIRECTORY_READ),
            DeskRoute("GET", f"{base}/new", self.show_new, edit),
            DeskRoute("POST", f"{base}/new", self.add, edit),
            DeskRoute("GET", f"{base}/{{id}}/edit", self.show_edit, edit, samples=one),
            DeskRoute("POST", f"{base}/{{id}}/edit", self.change, edit, samples=one),
            DeskRoute("POST", f"{base}/{{id}}/remove", self.remove, edit, samples=one),
        )

    async def show_list(self, visit: Visit) -> web.StreamResponse:
        """By trade."""
        async with self._desk.database.reading() as connection:
            cards = await list_contractors(connection, visit.scope)
        return visit.page(
            "directory/contractors.html",
            cards=cards,
            company_name=self._desk.name_of,
            hours=hours_in(visit),
            all_seen=visit.scope.companies is None,
        )

    async def show_new(self, visit: Visit) -> web.StreamResponse:
        """An empty form."""
        return await self._form(visit, {"client_id": new_client_id()}, {})

    async def add(self, visit: Visit) -> web.StreamResponse:
        """A new one."""
        sent = Sent(visit.form)
        choices = [one for one, _ in self._choices(visit)]
        company = sent.one_of("company", choices)
        return await self._save(visit, sent, None if company == _ALL else company, None)

    async def show_edit(self, visit: Visit) -> web.StreamResponse:
        """The form of what is there."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            card = await contractor_card(connection, visit.scope, identity)
        row = card.contractor
        values: dict[str, Any] = {name: row[name] for name in (*_FIELDS, "version")}
        values["emergency"] = "1" if row["emergency"] else ""
        values["company"] = row["company"] or _ALL
        for at, phone in enumerate(card.phones[:_LINES]):
            values |= {
                f"phone_{at}": phone["phone"],
                f"note_{at}": phone["note"],
                f"days_{at}": phone["days"],
                f"from_{at}": _clock(phone["from_minute"]),
                f"until_{at}": _clock(phone["until_minute"]),
            }
        return await self._form(visit, values, {}, identity, [house["id"] for house in card.houses])

    async def change(self, visit: Visit) -> web.StreamResponse:
        """As it was sent."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            card = await contractor_card(connection, visit.scope, identity)
        return await self._save(visit, Sent(visit.form), card.contractor["company"], identity)

    async def _save(
        self, visit: Visit, sent: Sent, company: str | None, identity: int | None
    ) -> web.StreamResponse:
        chosen = [int(one) for one in visit.many("houses") if one.isascii() and one.isdigit()]
        contractor = contractor_of(sent, company, chosen)
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    await commands.save_contractor(
                        connection,
                        visit.scope,
                        self._desk.now(),
                        contractor,
                        contractor_id=identity,
                        version=sent.version,
                        client_id=sent.client_id,
                    )
                return visit.see_other(f"{HOME}/contractors")
            except Stale as stale:
                t = visit.texts("directory")
                changes = [
                    (t[f"field_{name}"], str(stale.now[name]), visit.form.get(name, ""))
                    for name in _FIELDS
                    if str(stale.now[name]) != visit.form.get(name, "")
                ]
                return visit.stale(f"{HOME}/contractors/{identity}/edit", changes)
        values = {**visit.form, "company": company or visit.form.get("company", _ALL)}
        return await self._form(visit, values, sent.errors, identity, chosen)

    async def _form(
        self,
        visit: Visit,
        values: dict[str, Any],
        errors: dict[str, str],
        identity: int | None = None,
        chosen: list[int] | None = None,
    ) -> web.Response:
        company = values.get("company", "")
        of = company if company and company != _ALL else None
        async with self._desk.database.reading() as connection:
            places = await list_houses(connection, visit.scope, company=of)
        return visit.page(
            "directory/contractor_form.html",
            status=422 if errors else 200,
            values=values,
            errors=said(visit, errors),
            identity=identity,
            companies=self._choices(visit),
            trades=TRADES,
            lines=range(_LINES),
            served=places,
            chosen=chosen or [],
        )

    def _choices(self, visit: Visit) -> list[tuple[str, str]]:
        companies = self._desk.companies_of(visit)
        if visit.scope.companies is None:
            return [(_ALL, visit.texts("directory")["all_companies"]), *companies]
        return companies

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """It mends nothing any more."""
        async with self._desk.database.writing() as connection:
            await commands.remove_contractor(connection, visit.scope, self._desk.now(), number_in(visit))
        return visit.see_other(f"{HOME}/contractors")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
