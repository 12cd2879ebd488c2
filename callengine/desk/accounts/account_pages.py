"""Everybody's accounts, for the administrator; who is signed in, for the supervisor too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.accounts.parts import Parts, number_in, texts_for, version_in
from callengine.desk.people.account_rules import AccountFields, Refused, Stale
from callengine.desk.people.commands import (
    Done,
    add_account,
    change_account,
    disable_account,
    drop_second_factor,
    end_all_sessions,
    end_session,
    make_password_link,
    told_of,
)
from callengine.desk.people.queries import account, all_sessions, list_accounts
from callengine.desk.people.rights import Right, Role
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_ALL, _ONE, _FORM = "/desk/accounts", "/desk/accounts/{account}", "accounts/account.html"
_SAMPLE = {"account": "accounts.id"}


class AccountPages:
    """List, form, and what is done to one account."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        right, end = Right.ACCOUNTS, Right.SESSIONS_END
        return (
            DeskRoute("GET", _ALL, self.show_all, right),
            DeskRoute("GET", f"{_ALL}/new", self.show_new, right),
            DeskRoute("POST", _ALL, self.add, right),
            DeskRoute("GET", _ONE, self.show, right, samples=_SAMPLE),
            DeskRoute("POST", _ONE, self.change, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/disable", self.disable, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/enable", self.enable, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/link", self.link, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/second-factor/drop", self.drop_factor, right, samples=_SAMPLE),
            DeskRoute("POST", f"{_ONE}/sessions/end", self.end_all, end, samples=_SAMPLE),
            DeskRoute("GET", "/desk/sessions", self.show_sessions, end),
            DeskRoute(
                "POST", "/desk/sessions/{session}/end", self.end, end, samples={"session": "sessions.id"}
            ),
        )

    async def show_all(self, visit: Visit) -> web.Response:
        """All, by name."""
        async with self._parts.database.reading() as connection:
            found = await list_accounts(connection, visit.scope)
        return visit.page("accounts/accounts.html", accounts=found, names=self._parts.roster)

    async def show_new(self, visit: Visit) -> web.Response:
        """An empty form."""
        return self._form(visit, None, {"role": Role.AGENT})

    async def add(self, visit: Visit) -> web.Response:
        """A new account, and the link that its owner is given."""
        fields, at = _fields(visit), self._parts.now()
        try:
            async with self._parts.database.writing() as connection:
                added = await add_account(connection, visit.scope, at, fields, self._parts.roster)
                lasts = self._parts.signing_in.rules.link_lasts
                secret = await make_password_link(connection, visit.scope, at, added, lasts)
        except Refused as problem:
            return self._form(visit, None, _typed(fields), texts_for(visit, problem))
        return await self._shown(visit, added, link=secret)

    async def show(self, visit: Visit) -> web.Response:
        """One account."""
        return await self._shown(visit, number_in(visit, "account"), done=visit.request.query.get("done"))

    async def change(self, visit: Visit) -> web.Response:
        """Its fields."""
        account_id, fields, version = number_in(visit, "account"), _fields(visit), version_in(visit)
        try:
            async with self._parts.database.writing() as connection:
                done = await change_account(
                    connection,
                    visit.scope,
                    self._parts.now(),
                    account_id,
                    fields,
                    self._parts.roster,
                    version,
                )
        except Refused as problem:
            async with self._parts.database.reading() as connection:
                before = await account(connection, visit.scope, account_id)
            return self._form(visit, before, _typed(fields), texts_for(visit, problem), version)
        except Stale as problem:
            typed, texts = _typed(fields), visit.texts("accounts")
            changed = [
                (texts[name], now, str(typed[name]))
                for name, now in problem.now.items()
                if now != typed[name]
            ]
            return visit.stale(f"{_ALL}/{account_id}", changed)
        self._parts.cut(visit, done.ended)
        return visit.see_other(f"{_ALL}/{account_id}?done=saved")

    async def disable(self, visit: Visit) -> web.Response:
        """Nobody comes in with it."""
        return await self._done(
            visit, lambda connection, one: disable_account(connection, visit.scope, self._parts.now(), one)
        )

    async def enable(self, visit: Visit) -> web.Response:
        """As before."""
        at = self._parts.now()
        return await self._done(
            visit, lambda connection, one: disable_account(connection, visit.scope, at, one, disabled=False)
        )

    async def drop_factor(self, visit: Visit) -> web.Response:
        """For who lost telephone and codes."""
        return await self._done(
            visit, lambda connection, one: drop_second_factor(connection, visit.scope, self._parts.now(), one)
        )

    async def link(self, visit: Visit) -> web.Response:
        """A new one, shown this once."""
        account_id, lasts = number_in(visit, "account"), self._parts.signing_in.rules.link_lasts
        try:
            async with self._parts.database.writing() as connection:
                secret = await make_password_link(
                    connection, visit.scope, self._parts.now(), account_id, lasts
                )
        except Refused as problem:
            return await self._shown(visit, account_id, errors=texts_for(visit, problem))
        return await self._shown(visit, account_id, link=secret)

    async def end_all(self, visit: Visit) -> web.Response:
        """Its owner is out everywhere."""
        async with self._parts.database.writing() as connection:
            done = await end_all_sessions(
                connection, visit.scope, self._parts.now(), number_in(visit, "account")
            )
        self._parts.cut(visit, done.ended)
        return visit.see_other("/desk/sessions")

    async def show_sessions(self, visit: Visit) -> web.Response:
        """Who is signed in, and where."""
        idle = self._parts.signing_in.rules.idle
        async with self._parts.database.reading() as connection:
            found = await all_sessions(connection, visit.scope, self._parts.now(), idle)
        own = visit.session.id if visit.session is not None else ""
        return visit.page("accounts/sessions.html", sessions=found, own=own)

    async def end(self, visit: Visit) -> web.Response:
        """One browser is out."""
        async with self._parts.database.writing() as connection:
            done = await end_session(connection, visit.scope, self._parts.now(), number_in(visit, "session"))
        self._parts.cut(visit, done.ended)
        return visit.see_other("/desk/sessions")

    async def _done(
        self, visit: Visit, work: Callable[[AsyncConnection, int], Awaitable[Done]]
    ) -> web.Response:
        account_id = number_in(visit, "account")
        try:
            async with self._parts.database.writing() as connection:
                done = await work(connection, account_id)
        except Refused as problem:
            return await self._shown(visit, account_id, errors=texts_for(visit, problem))
        self._parts.cut(visit, done.ended)
        return visit.see_other(f"{_ALL}/{account_id}?done=saved")

    async def _shown(self, visit: Visit, account_id: int, **more: Any) -> web.Response:
        async with self._parts.database.reading() as connection:
            found = await account(connection, visit.scope, account_id)
        return self._form(visit, found, told_of(found), version=found.version, **more)

    def _form(
        self,
        visit: Visit,
        one: Any,
        values: Any,
        errors: Any = None,
        version: int | None = None,
        link: str = "",
        done: str | None = "",
    ) -> web.Response:
        chosen = one.companies if one is not None and errors is None else frozenset(visit.many("companies"))
        return visit.page(
            _FORM,
            status=422 if errors else 200,
            one=one,
            values=values,
            errors=errors or {},
            version=version,
            link=f"{self._parts.public_address}/desk/set-password/{link}" if link else "",
            hours=int(self._parts.signing_in.rules.link_lasts.total_seconds() // 3600),
            done=done == "saved",
            chosen=chosen,
            roles=list(Role),
            names=self._parts.roster,
        )


def _fields(visit: Visit) -> AccountFields:
    form = visit.form
    return AccountFields(
        form.get("name", ""),
        form.get("role", ""),
        form.get("full_name", ""),
        form.get("agent", ""),
        frozenset(visit.many("companies")),
        form.get("language", ""),
    )


def _typed(fields: AccountFields) -> dict[str, str]:
    return {
        "name": fields.name,
        "full_name": fields.full_name,
        "role": fields.role,
        "agent": fields.agent,
        "companies": ", ".join(sorted(fields.companies)),
        "language": fields.language,
    }
