"""Tokens of programs, for the administrator; and what a program may ask of itself."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel

from callengine.desk.accounts.parts import Parts, number_in, texts_for
from callengine.desk.people.account_rules import Refused
from callengine.desk.people.programs import ProgramFields, make_program, revoke_program, rights_of_programs
from callengine.desk.people.queries import list_programs
from callengine.desk.people.rights import Right, Role
from callengine.desk.web.routes import DeskRoute, Told
from callengine.desk.web.visit import Visit

_ALL = "/desk/tokens"


class Me(BaseModel):
    """Whose token it is."""

    name: str
    role: str
    companies: list[str] | None
    """Null: all."""
    rights: list[str]


class ProgramPages:
    """One page with a list and a form."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        right = Right.ACCOUNTS
        return (
            DeskRoute("GET", _ALL, self.show, right),
            DeskRoute("POST", _ALL, self.make, right),
            DeskRoute(
                "POST", f"{_ALL}/{{token}}/revoke", self.revoke, right, samples={"token": "api_tokens.id"}
            ),
            DeskRoute(
                "GET",
                "/desk/api/v1/me",
                self.tell,
                Right.SIGNED_IN,
                told=Told("Who asks, and what he may", Me),
            ),
        )

    async def show(self, visit: Visit) -> web.Response:
        """All, the newest first; the form's rights are those of the role that is chosen."""
        asked = visit.request.query.get("role", "")
        role = Role(asked) if asked in set(Role) else Role.SUPERVISOR
        return await self._page(visit, role, {"days": "365"}, {}, set(), set())

    async def make(self, visit: Visit) -> web.Response:
        """A new one, shown this once."""
        form = visit.form
        rights, companies = frozenset(visit.many("rights")), frozenset(visit.many("companies"))
        fields = ProgramFields(
            form.get("name", ""), form.get("role", ""), companies, rights, form.get("days", "")
        )
        role = Role(fields.role) if fields.role in set(Role) else Role.SUPERVISOR
        try:
            async with self._parts.database.writing() as connection:
                token = await make_program(
                    connection, visit.scope, self._parts.now(), fields, self._parts.roster
                )
        except Refused as problem:
            values = {"name": fields.name, "days": fields.days}
            errors = texts_for(visit, problem)
            return await self._page(visit, role, values, errors, set(rights), set(companies))
        return await self._page(visit, role, {"days": "365"}, {}, set(), set(), token)

    async def revoke(self, visit: Visit) -> web.Response:
        """It opens nothing any more."""
        async with self._parts.database.writing() as connection:
            await revoke_program(connection, visit.scope, self._parts.now(), number_in(visit, "token"))
        return visit.see_other(_ALL)

    async def tell(self, visit: Visit) -> web.Response:
        """Who asks, and what he may."""
        scope = visit.scope
        me = Me(
            name=scope.name,
            role=scope.role,
            companies=None if scope.companies is None else sorted(scope.companies),
            rights=sorted(one for one in Right if scope.may(one)),
        )
        return web.json_response(me.model_dump())

    async def _page(
        self,
        visit: Visit,
        role: Role,
        values: dict[str, str],
        errors: Any,
        rights: set[str],
        companies: set[str],
        token: str = "",
    ) -> web.Response:
        async with self._parts.database.reading() as connection:
            found = await list_programs(connection, visit.scope)
        return visit.page(
            "accounts/tokens.html",
            status=422 if errors else 200,
            tokens=found,
            now=self._parts.now(),
            role=role,
            roles=list(Role),
            choices=rights_of_programs(role),
            values=values,
            errors=errors,
            rights=rights,
            companies=companies,
            names=self._parts.roster,
            token=token,
        )
