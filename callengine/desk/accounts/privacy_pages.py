"""A resident's data: told to him in one file, or erased."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from callengine.desk.accounts.parts import Parts, number_in
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_ALL, _ONE = "/desk/privacy", "/desk/privacy/{resident}"
_SAMPLE = {"resident": "residents.id"}


class PrivacyPages:
    """A page to find him, a page of his."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        right = Right.PRIVACY
        return (
            DeskRoute("GET", _ALL, self.show_search, right),
            DeskRoute("GET", _ONE, self.show, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/export", self.export, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/erase", self.erase, right, samples=_SAMPLE),
        )

    async def show_search(self, visit: Visit) -> web.Response:
        """By the number on his card."""
        number = visit.request.query.get("resident", "").strip()[:18]
        errors = {}
        if number:
            if number.isascii() and number.isdigit():
                return visit.see_other(f"{_ALL}/{number}")
            errors["resident"] = visit.texts("accounts")["wrong_number"]
        return self._search(visit, number, errors)

    async def show(self, visit: Visit) -> web.Response:
        """What each subject has of him."""
        return await self._page(visit, {})

    async def export(self, visit: Visit) -> web.Response:
        """One file with everything."""
        resident_id = number_in(visit, "resident")
        async with self._parts.database.writing() as connection:
            told = await self._parts.privacy.export(connection, visit.scope, self._parts.now(), resident_id)
        return web.Response(
            text=json.dumps(told, ensure_ascii=False, indent=2, default=str),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="resident-{resident_id}.json"'},
        )

    async def erase(self, visit: Visit) -> web.Response:
        """For good, for a reason."""
        texts, form = visit.texts("accounts"), visit.form
        errors = {} if form.get("reason") else {"reason": texts["wrong_reason"]}
        if form.get("sure") != "1":
            errors["sure"] = texts["wrong_sure"]
        if errors:
            return await self._page(visit, errors)
        async with self._parts.database.writing() as connection:
            done = await self._parts.privacy.erase(
                connection,
                visit.scope,
                self._parts.now(),
                number_in(visit, "resident"),
                form["reason"][:500],
            )
        return visit.page("accounts/erased.html", done=done)

    async def _page(self, visit: Visit, errors: dict[str, str]) -> web.Response:
        resident_id = number_in(visit, "resident")
        try:
            async with self._parts.database.reading() as connection:
                held = await self._parts.privacy.held(connection, visit.scope, resident_id)
        except NotSeen:
            errors = {"resident": visit.texts("accounts")["privacy_unknown"]}
            return self._search(visit, str(resident_id), errors, 404)
        values: dict[str, Any] = {"reason": visit.form.get("reason", ""), "sure": visit.form.get("sure", "")}
        return visit.page(
            "accounts/privacy.html",
            status=422 if errors else 200,
            resident=resident_id,
            held=held,
            values=values,
            errors=errors,
        )

    def _search(self, visit: Visit, number: str, errors: dict[str, str], status: int = 422) -> web.Response:
        return visit.page(
            "accounts/privacy_search.html",
            status=status if errors else 200,
            values={"resident": number},
            errors=errors,
        )
