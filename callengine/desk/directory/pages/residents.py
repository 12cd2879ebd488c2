"""Residents: card, form, consents."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from callengine.desk.directory.commands import residents as commands
from callengine.desk.directory.pages.desk import HOME, DirectoryDesk, new_client_id, number_in
from callengine.desk.directory.pages.forms import Sent, consent_of, resident_of, role_of
from callengine.desk.directory.pages.houses import said
from callengine.desk.directory.queries import ResidentCard, premises_of, resident_card
from callengine.desk.directory.records import LANGUAGES_SPOKEN, PURPOSES, ROLES, BeingLoaded, Stale, Taken
from callengine.desk.people.rights import Right
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_FIELDS = ("full_name", "external_id", "language", "note")


class ResidentPages:
    """Handlers."""

    def __init__(self, desk: DirectoryDesk) -> None:
        self._desk = desk

    def routes(self) -> tuple[DeskRoute, ...]:
        """Theirs."""
        edit, one = Right.DIRECTORY_EDIT, {"id": "1"}
        return (
            DeskRoute("GET", f"{HOME}/premises/{{id}}/residents/new", self.show_new, edit, samples=one),
            DeskRoute("POST", f"{HOME}/premises/{{id}}/residents/new", self.add, edit, samples=one),
            DeskRoute("GET", f"{HOME}/residents/{{id}}", self.show_card, Right.DIRECTORY_READ, samples=one),
            DeskRoute("GET", f"{HOME}/residents/{{id}}/edit", self.show_edit, edit, samples=one),
            DeskRoute("POST", f"{HOME}/residents/{{id}}/edit", self.change, edit, samples=one),
            DeskRoute("POST", f"{HOME}/residents/{{id}}/remove", self.remove, edit, samples=one),
            DeskRoute("POST", f"{HOME}/residents/{{id}}/consents", self.add_consent, edit, samples=one),
            DeskRoute("POST", f"{HOME}/consents/{{id}}/withdraw", self.withdraw, edit, samples=one),
        )

    async def show_card(self, visit: Visit) -> web.StreamResponse:
        """Who it is, for whom the trail says that he was looked at."""
        return await self._card(visit, number_in(visit), {}, {"client_id": new_client_id()})

    async def _card(
        self, visit: Visit, identity: int, errors: dict[str, str], values: dict[str, Any]
    ) -> web.Response:
        async with self._desk.database.reading() as connection:
            card = await resident_card(connection, visit.scope, identity)
        company = card.resident["company"]
        async with self._desk.database.writing() as connection:
            await record(
                connection, visit.scope, self._desk.now(), "looked", ("resident", identity), company=company
            )
        return visit.page(
            "directory/resident.html",
            status=422 if errors else 200,
            card=card,
            company=self._desk.name_of(company),
            purposes=PURPOSES,
            errors=said(visit, errors),
            values=values,
        )

    async def show_new(self, visit: Visit) -> web.StreamResponse:
        """An empty form, for these premises."""
        async with self._desk.database.reading() as connection:
            home = await premises_of(connection, visit.scope, number_in(visit))
        values = {"client_id": new_client_id(), f"role_{home['id']}": "owner"}
        return self._form(visit, values, {}, [(home["id"], f"{home['house']}, {home['number']}")])

    async def add(self, visit: Visit) -> web.StreamResponse:
        """Somebody new of these premises."""
        sent = Sent(visit.form)
        async with self._desk.database.reading() as connection:
            home = await premises_of(connection, visit.scope, number_in(visit))
        one = resident_of(sent, home["company"], [(home["id"], role_of(sent, f"role_{home['id']}"))])
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    identity = await commands.save_resident(
                        connection, visit.scope, self._desk.now(), one, client_id=sent.client_id
                    )
                return visit.see_other(f"{HOME}/residents/{identity}")
            except Taken:
                sent.errors["external_id"] = "wrong_taken"
        homes = [(home["id"], f"{home['house']}, {home['number']}")]
        return self._form(visit, dict(visit.form), sent.errors, homes)

    async def show_edit(self, visit: Visit) -> web.StreamResponse:
        """The form of what is there."""
        identity = number_in(visit)
        async with self._desk.database.reading() as connection:
            card = await resident_card(connection, visit.scope, identity)
        row = card.resident
        values: dict[str, Any] = {name: row[name] or "" for name in _FIELDS}
        values |= {"version": row["version"], "phones": "\n".join(card.phones)}
        values |= {f"role_{home['id']}": home["role"] for home in card.homes}
        return self._form(visit, values, {}, _homes(card), identity)

    async def change(self, visit: Visit) -> web.StreamResponse:
        """As it was sent; premises whose role is empty are left."""
        identity, sent = number_in(visit), Sent(visit.form)
        async with self._desk.database.reading() as connection:
            card = await resident_card(connection, visit.scope, identity)
        kept = [home["id"] for home in card.homes if visit.form.get(f"role_{home['id']}")]
        homes = [(home, role_of(sent, f"role_{home}")) for home in kept]
        one = resident_of(sent, card.resident["company"], homes)
        if not sent.errors:
            try:
                async with self._desk.database.writing() as connection:
                    await commands.save_resident(
                        connection,
                        visit.scope,
                        self._desk.now(),
                        one,
                        resident_id=identity,
                        version=sent.version,
                    )
                return visit.see_other(f"{HOME}/residents/{identity}")
            except Taken:
                sent.errors["external_id"] = "wrong_taken"
            except BeingLoaded:
                sent.errors["full_name"] = "wrong_being_loaded"
            except Stale as stale:
                return self._stale(visit, identity, stale)
        return self._form(visit, dict(visit.form), sent.errors, _homes(card), identity)

    @staticmethod
    def _stale(visit: Visit, identity: int, stale: Stale) -> web.Response:
        t = visit.texts("directory")
        changes = [
            (t[f"field_{name}"], str(stale.now.get(name) or ""), visit.form.get(name, ""))
            for name in _FIELDS
            if str(stale.now.get(name) or "") != visit.form.get(name, "")
        ]
        return visit.stale(f"{HOME}/residents/{identity}/edit", changes)

    def _form(
        self,
        visit: Visit,
        values: dict[str, Any],
        errors: dict[str, str],
        homes: list[tuple[int, str]],
        identity: int | None = None,
    ) -> web.Response:
        return visit.page(
            "directory/resident_form.html",
            status=422 if errors else 200,
            values=values,
            errors=said(visit, errors),
            homes=homes,
            identity=identity,
            roles=ROLES,
            languages=LANGUAGES_SPOKEN,
        )

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """He is no longer in the directory."""
        async with self._desk.database.writing() as connection:
            await commands.remove_residents(connection, visit.scope, self._desk.now(), [number_in(visit)])
        return visit.see_other(HOME)

    async def add_consent(self, visit: Visit) -> web.StreamResponse:
        """What he allowed."""
        identity, sent = number_in(visit), Sent(visit.form)
        consent = consent_of(sent)
        if sent.errors:
            return await self._card(visit, identity, sent.errors, dict(visit.form))
        async with self._desk.database.writing() as connection:
            await commands.add_consent(
                connection, visit.scope, self._desk.now(), identity, consent, sent.client_id
            )
        return visit.see_other(f"{HOME}/residents/{identity}#consents")

    async def withdraw(self, visit: Visit) -> web.StreamResponse:
        """He no longer allows it, from today on."""
        now = self._desk.now()
        async with self._desk.database.writing() as connection:
            resident = await commands.withdraw_consent(
                connection, visit.scope, now, number_in(visit), now.date()
            )
        return visit.see_other(f"{HOME}/residents/{resident}#consents")


def _homes(card: ResidentCard) -> list[tuple[int, str]]:
    return [(home["id"], f"{home['label']}, {home['number']}") for home in card.homes]
