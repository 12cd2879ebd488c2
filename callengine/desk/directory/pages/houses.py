"""The search box, lists and cards of houses, their premises and devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from callengine.desk.directory.commands import houses as commands
from callengine.desk.directory.commands.bookkeeping import as_it_is
from callengine.desk.directory.finding.hits import Hit, HitKind
from callengine.desk.directory.pages.desk import HOME, DirectoryDesk, new_client_id, number_in
from callengine.desk.directory.pages.forms import Sent, device_of, house_of, premises_of_form
from callengine.desk.directory.queries import (
    PAGE,
    count_all,
    house_card,
    list_houses,
    page_of_flat,
    premises_of,
)
from callengine.desk.directory.records import (
    DAYS,
    DEVICE_KINDS,
    HOUSE_KINDS,
    PREMISES_KINDS,
    BeingLoaded,
    ContractorPhone,
    Stale,
    Taken,
)
from callengine.desk.directory.tables import houses
from callengine.desk.directory.typed.house_numbers import HouseNumber, flat_key
from callengine.desk.directory.typed.kinds_of_street import STREET_KINDS
from callengine.desk.people.rights import Right
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_HOUSE_FIELDS = (
    "locality",
    "street_kind",
    "street",
    "external_id",
    "kind",
    "entrances",
    "floors",
    "lifts",
    "zone",
    "notes",
)
_PREMISES_FIELDS = ("number", "kind", "entrance", "floor", "account", "notes")
_SUGGESTIONS = 8


class HousePages:
    """Handlers."""

    def __init__(self, desk: DirectoryDesk) -> None:
        self._desk = desk

    def routes(self) -> tuple[DeskRoute, ...]:
        """Theirs."""
        read, edit, one = Right.DIRECTORY_READ, Right.DIRECTORY_EDIT, {"id": "1"}
        return (
            DeskRoute("GET", HOME, self.show_list, read),
            DeskRoute("GET", f"{HOME}/suggest", self.suggest, read),
            DeskRoute("GET", f"{HOME}/houses/new", self.show_new, edit),
            DeskRoute("POST", f"{HOME}/houses/new", self.add, edit),
            DeskRoute("GET", f"{HOME}/houses/{{id}}", self.show_card, read, samples=one),
            DeskRoute("GET", f"{HOME}/houses/{{id}}/edit", self.show_edit, edit, samples=one),
            DeskRoute("POST", f"{HOME}/houses/{{id}}/edit", self.change, edit, samples=one),
            DeskRoute("POST", f"{HOME}/houses/{{id}}/leave", self.leave, edit, samples=one),
            DeskRoute("GET", f"{HOME}/houses/{{id}}/premises/new", self.show_new_premises, edit, samples=one),
            DeskRoute("POST", f"{HOME}/houses/{{id}}/premises/new", self.add_premises, edit, samples=one),
            DeskRoute("GET", f"{HOME}/premises/{{id}}/edit", self.show_premises, edit, samples=one),
            DeskRoute("POST", f"{HOME}/premises/{{id}}/edit", self.change_premises, edit, samples=one),
            DeskRoute("GET", f"{HOME}/houses/{{id}}/devices/new", self.show_new_device, edit, samples=one),
            DeskRoute("POST", f"{HOME}/houses/{{id}}/devices/new", self.add_device, edit, samples=one),
            DeskRoute("POST", f"{HOME}/devices/{{id}}/remove", self.remove_device, edit, samples=one),
        )

    async def show_list(self, visit: Visit) -> web.StreamResponse:
        """What was searched, or all houses in pages."""
        typed = visit.request.query.get("q", "").strip()
        after = visit.request.query.get("after", "")
        async with self._desk.database.reading() as connection:
            counted = await count_all(connection, visit.scope)
            hits = await self._desk.search.find(connection, visit.scope, typed, 30) if typed else []
            rows = [] if typed else await list_houses(connection, visit.scope, after=after)
        return visit.page(
            "directory/houses.html",
            typed=typed,
            hits=[self._shown(hit) for hit in hits],
            houses=rows[:PAGE],
            next=rows[PAGE - 1]["label"] if len(rows) > PAGE else "",
            counted=counted,
            company_name=self._desk.name_of,
            several=len(self._desk.companies_of(visit)) > 1,
        )

    async def suggest(self, visit: Visit) -> web.StreamResponse:
        """For the box: what may be meant, as JSON."""
        typed = visit.request.query.get("q", "").strip()
        async with self._desk.database.reading() as connection:
            hits = await self._desk.search.find(connection, visit.scope, typed, _SUGGESTIONS) if typed else []
        return web.json_response({"q": typed, "found": [self._shown(hit) for hit in hits]})

    def _shown(self, hit: Hit) -> dict[str, Any]:
        if hit.kind is HitKind.RESIDENT:
            path = f"{HOME}/residents/{hit.resident_id}"
        else:
            path = f"{HOME}/houses/{hit.house_id}" + (f"?flat={hit.flat}#found" if hit.premises_id else "")
        return {
            "kind": hit.kind.value,
            "path": path,
            "house": hit.house,
            "flat": hit.flat,
            "name": hit.name,
            "company": self._desk.name_of(hit.company),
            "house_id": hit.house_id,
            "premises_id": hit.premises_id,
            "resident_id": hit.resident_id,
        }

    async def show_card(self, visit: Visit) -> web.StreamResponse:
        """The house with all that belongs to it; that its people were looked at stands in the trail."""
        identity = number_in(visit)
        page, flat = visit.request.query.get("from", ""), visit.request.query.get("flat", "")
        start = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0
        async with self._desk.database.reading() as connection:
            if flat and not page:
                start = await page_of_flat(connection, visit.scope, identity, flat_key(flat))
            card = await house_card(connection, visit.scope, identity, flat_from=start)
        async with self._desk.database.writing() as connection:
            subject = ("house", identity)
            await record(
                connection, visit.scope, self._desk.now(), "looked", subject, company=card.house["company"]
            )
        return visit.page(
            "directory/house.html",
            card=card,
            company=self._desk.name_of(card.house["company"]),
            start=start,
            size=PAGE,
            found=flat,
            hours=hours_in(visit),
        )

    async def show_new(self, visit: Visit) -> web.StreamResponse:
        """An empty form."""
        companies = self._desk.companies_of(visit)
        values = {
            "client_id": new_client_id(),
            "kind": "flats",
            "company": companies[0][0] if companies else "",
        }
        return self._house_form(visit, values, {})

    async def add(self, visit: Visit) -> web.StreamResponse:
        """A new house."""
        sent = Sent(visit.form)
        company = sent.one_of("company", [one for one, _ in self._desk.companies_of(visit)])
        house = house_of(sent, company)
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    identity = await commands.save_house(
                        connection, visit.scope, self._desk.now(), house, client_id=sent.client_id
                    )
                return visit.see_other(f"{HOME}/houses/{identity}")
            except Taken as taken:
                sent.errors[taken.field] = "wrong_taken"
        return self._house_form(visit, dict(visit.form), sent.errors)

    async def show_edit(self, visit: Visit) -> web.StreamResponse:
        """The form of what is there."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            row = await as_it_is(connection, visit.scope, houses, identity)
        number = HouseNumber(row["number"], row["letter"], row["korpus"], row["building"])
        values = {name: "" if row[name] is None else row[name] for name in _HOUSE_FIELDS}
        values |= {"number": number.key, "version": row["version"], "company": row["company"]}
        return self._house_form(visit, values, {}, identity)

    async def change(self, visit: Visit) -> web.StreamResponse:
        """The house as it was sent."""
        identity, sent = number_in(visit), Sent(visit.form)
        async with self._desk.database.reading() as connection:
            row = await as_it_is(connection, visit.scope, houses, identity)
        house = house_of(sent, row["company"])
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    await commands.save_house(
                        connection,
                        visit.scope,
                        self._desk.now(),
                        house,
                        house_id=identity,
                        version=sent.version,
                    )
                return visit.see_other(f"{HOME}/houses/{identity}")
            except Taken as taken:
                sent.errors[taken.field] = "wrong_taken"
            except Stale as stale:
                return self._stale(visit, f"{HOME}/houses/{identity}/edit", stale, _HOUSE_FIELDS)
        return self._house_form(visit, {**visit.form, "company": row["company"]}, sent.errors, identity)

    def _house_form(
        self, visit: Visit, values: dict[str, Any], errors: dict[str, str], identity: int | None = None
    ) -> web.Response:
        return visit.page(
            "directory/house_form.html",
            status=422 if errors else 200,
            values=values,
            errors=said(visit, errors),
            identity=identity,
            companies=self._desk.companies_of(visit),
            kinds=HOUSE_KINDS,
            street_kinds=STREET_KINDS,
        )

    @staticmethod
    def _stale(visit: Visit, back: str, stale: Stale, fields: tuple[str, ...]) -> web.Response:
        t = visit.texts("directory")
        changes = [
            (t[f"field_{name}"], str(now), visit.form[name])
            for name in fields
            if name in visit.form
            for now in ["" if stale.now.get(name) is None else stale.now.get(name)]
            if str(now) != visit.form[name]
        ]
        return visit.stale(back, changes)

    async def leave(self, visit: Visit) -> web.StreamResponse:
        """No longer served, or served again."""
        identity = number_in(visit)
        async with self._desk.database.writing() as connection:
            left = not visit.form.get("back")
            await commands.leave_house(connection, visit.scope, self._desk.now(), identity, left=left)
        return visit.see_other(HOME if left else f"{HOME}/houses/{identity}")

    async def show_new_premises(self, visit: Visit) -> web.StreamResponse:
        """An empty form."""
        return await self._premises_form(visit, number_in(visit), {"client_id": new_client_id()}, {})

    async def add_premises(self, visit: Visit) -> web.StreamResponse:
        """New premises of the house."""
        return await self._save_premises(visit, number_in(visit), None)

    async def show_premises(self, visit: Visit) -> web.StreamResponse:
        """The form of what is there."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            row = await premises_of(connection, visit.scope, identity)
        values = {name: row[name] for name in (*_PREMISES_FIELDS, "version")}
        return await self._premises_form(visit, row["house_id"], values, {}, identity)

    async def change_premises(self, visit: Visit) -> web.StreamResponse:
        """The premises as they were sent."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            row = await premises_of(connection, visit.scope, identity)
        return await self._save_premises(visit, row["house_id"], identity)

    async def _save_premises(self, visit: Visit, house: int, identity: int | None) -> web.StreamResponse:
        sent = Sent(visit.form)
        one = premises_of_form(sent)
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    await commands.save_premises(
                        connection,
                        visit.scope,
                        self._desk.now(),
                        house,
                        one,
                        premises_id=identity,
                        version=sent.version,
                        client_id=sent.client_id,
                    )
                return visit.see_other(f"{HOME}/houses/{house}?flat={one.number}#found")
            except Taken:
                sent.errors["number"] = "wrong_taken"
            except BeingLoaded:
                sent.errors["number"] = "wrong_being_loaded"
            except Stale as stale:
                return self._stale(visit, f"{HOME}/premises/{identity}/edit", stale, _PREMISES_FIELDS)
        return await self._premises_form(visit, house, dict(visit.form), sent.errors, identity)

    async def _premises_form(
        self,
        visit: Visit,
        house: int,
        values: dict[str, Any],
        errors: dict[str, str],
        identity: int | None = None,
    ) -> web.Response:
        async with self._desk.database.reading() as connection:
            row = await as_it_is(connection, visit.scope, houses, house)
        return visit.page(
            "directory/premises_form.html",
            status=422 if errors else 200,
            values=values,
            errors=said(visit, errors),
            house=row,
            identity=identity,
            kinds=PREMISES_KINDS,
        )

    async def show_new_device(self, visit: Visit) -> web.StreamResponse:
        """An empty form."""
        return await self._device_form(visit, number_in(visit), {"client_id": new_client_id()}, {})

    async def add_device(self, visit: Visit) -> web.StreamResponse:
        """A machine of the house that calls."""
        house, sent = number_in(visit), Sent(visit.form)
        device = device_of(sent)
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    await commands.add_device(
                        connection, visit.scope, self._desk.now(), house, device, sent.client_id
                    )
                return visit.see_other(f"{HOME}/houses/{house}#devices")
            except Taken:
                sent.errors["phone"] = "wrong_taken"
        return await self._device_form(visit, house, dict(visit.form), sent.errors)

    async def _device_form(
        self, visit: Visit, house: int, values: dict[str, Any], errors: dict[str, str]
    ) -> web.Response:
        async with self._desk.database.reading() as connection:
            row = await as_it_is(connection, visit.scope, houses, house)
        return visit.page(
            "directory/device_form.html",
            status=422 if errors else 200,
            values=values,
            errors=said(visit, errors),
            house=row,
            kinds=DEVICE_KINDS,
        )

    async def remove_device(self, visit: Visit) -> web.StreamResponse:
        """Its number is nobody's."""
        async with self._desk.database.writing() as connection:
            house = await commands.remove_device(connection, visit.scope, self._desk.now(), number_in(visit))
        return visit.see_other(f"{HOME}/houses/{house}#devices")


def said(visit: Visit, errors: dict[str, str]) -> dict[str, str]:
    """Errors in the visitor's words."""
    t = visit.texts("directory")
    return {name: t[text] for name, text in errors.items()}


def hours_in(visit: Visit) -> Callable[[Mapping[str, Any]], str]:
    """A contractor's hours in words."""
    always = visit.texts("directory")["hours_always"]

    def hours(phone: Mapping[str, Any]) -> str:
        since, until, days = phone["from_minute"], phone["until_minute"], phone["days"]
        if ContractorPhone("", "", days, since, until).always:
            return always
        times = f"{since // 60:02d}:{since % 60:02d}–{until // 60:02d}:{until % 60:02d}"
        return times if days == DAYS else f"{times} ({days})"

    return hours
