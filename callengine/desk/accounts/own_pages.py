"""One's own account: password, second factor, where one is signed in."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from callengine.desk.accounts.parts import Parts, number_in
from callengine.desk.accounts.sign_in_pages import password_errors
from callengine.desk.people.commands import (
    drop_second_factor,
    end_all_sessions,
    end_session,
    set_password,
    set_second_factor,
)
from callengine.desk.people.doors.known import Account
from callengine.desk.people.doors.passwords import TooMany
from callengine.desk.people.doors.second_factor import new_totp_secret, picture, taken_step
from callengine.desk.people.doors.sessions import Found, Stage, offer_totp
from callengine.desk.people.queries import account, own_sessions, recovery_codes_left
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_ME, _FACTOR = "/desk/me", "/desk/me/second-factor"


class OwnPages:
    """For everybody who is signed in."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        right = Right.SIGNED_IN
        return (
            DeskRoute("GET", _ME, self.show, right),
            DeskRoute("POST", f"{_ME}/password", self.change_password, right),
            DeskRoute("POST", f"{_ME}/sessions/end-others", self.end_others, right),
            DeskRoute(
                "POST", f"{_ME}/sessions/{{session}}/end", self.end, right, samples={"session": "sessions.id"}
            ),
            DeskRoute("GET", _FACTOR, self.show_factor, right),
            DeskRoute("POST", _FACTOR, self.set_factor, right),
            DeskRoute("GET", f"{_FACTOR}.svg", self.show_picture, right),
            DeskRoute("POST", f"{_FACTOR}/drop", self.drop_factor, right),
        )

    async def show(self, visit: Visit) -> web.Response:
        """All of it on one page."""
        done = visit.request.query.get("done", "")
        known = {"password_changed", "sessions_ended", "second_factor_dropped"}
        return await self._page(visit, done=done if done in known else "")

    async def change_password(self, visit: Visit) -> web.Response:
        """The present one is asked for: a browser that was left open changes nothing."""
        own = await self._account(visit)
        origin = self._parts.doorkeeper.origin(visit.request)
        texts, form = visit.texts("accounts"), visit.form
        if wait := self._parts.signing_in.wait_seconds(own.name, origin.address):
            text = texts["wait"].format(seconds=int(wait) + 1)
            return await self._page(visit, status=429, errors={"old": text})
        try:
            is_right = await self._parts.passwords.is_right(own.password_hash, form.get("old", ""))
        except TooMany:
            return await self._page(visit, status=429, errors={"old": texts["wait"].format(seconds=5)})
        if not is_right:
            self._parts.signing_in.note_wrong(own.name, origin.address)
            return await self._page(visit, status=422, errors={"old": texts["wrong_old_password"]})
        password = form.get("password", "")
        if errors := password_errors(visit, password, form.get("again", ""), own.name):
            return await self._page(visit, status=422, errors=errors)
        hashed = await self._parts.passwords.hashed(password)
        async with self._parts.database.writing() as connection:
            done = await set_password(
                connection, visit.scope, self._parts.now(), own.id, hashed, stays=_own_session(visit)
            )
        self._parts.cut(visit, done.ended)
        return visit.see_other(f"{_ME}?done=password_changed")

    async def end(self, visit: Visit) -> web.Response:
        """One browser is out."""
        async with self._parts.database.writing() as connection:
            done = await end_session(connection, visit.scope, self._parts.now(), number_in(visit, "session"))
        self._parts.cut(visit, done.ended)
        return visit.see_other(f"{_ME}?done=sessions_ended")

    async def end_others(self, visit: Visit) -> web.Response:
        """All but this one."""
        own = await self._account(visit)
        async with self._parts.database.writing() as connection:
            done = await end_all_sessions(
                connection, visit.scope, self._parts.now(), own.id, but=_own_session(visit)
            )
        self._parts.cut(visit, done.ended)
        return visit.see_other(f"{_ME}?done=sessions_ended")

    async def show_factor(self, visit: Visit) -> web.Response:
        """How it is set up."""
        found = await self._found(visit)
        return visit.page("accounts/enrolment.html", secret=found.offered_totp, action=_FACTOR, errors={})

    async def set_factor(self, visit: Visit) -> web.Response:
        """First a secret is offered, then confirmed with its code; until then the old one holds."""
        found, at = await self._found(visit), self._parts.now()
        if found.offered_totp is None:
            async with self._parts.database.writing() as connection:
                await offer_totp(connection, found.id, new_totp_secret())
            return visit.see_other(_FACTOR)
        secret = found.offered_totp
        step = taken_step(secret, visit.form.get("code", ""), at, None)
        if step is None:
            errors = {"code": visit.texts("accounts")["wrong_code"]}
            return visit.page(
                "accounts/enrolment.html", status=422, secret=secret, action=_FACTOR, errors=errors
            )
        async with self._parts.database.writing() as connection:
            codes = await set_second_factor(connection, visit.scope, at, found.account.id, secret, step)
            await offer_totp(connection, found.id, None)
        return visit.page("accounts/recovery_codes.html", codes=codes, onward=_ME)

    async def show_picture(self, visit: Visit) -> web.Response:
        """The QR code of the secret that this browser is offered."""
        found = await self._found(visit)
        if found.offered_totp is None:
            raise web.HTTPNotFound
        return web.Response(
            body=picture(found.offered_totp, found.account.name), content_type="image/svg+xml"
        )

    async def drop_factor(self, visit: Visit) -> web.Response:
        """The password alone again, where the role allows it."""
        own = await self._account(visit)
        if own.role in self._parts.signing_in.rules.second_factor:
            raise web.HTTPNotFound
        async with self._parts.database.writing() as connection:
            await drop_second_factor(connection, visit.scope, self._parts.now(), own.id)
        return visit.see_other(f"{_ME}?done=second_factor_dropped")

    async def _page(self, visit: Visit, *, status: int = 200, **values: Any) -> web.Response:
        rules = self._parts.signing_in.rules
        own = await self._account(visit)
        async with self._parts.database.reading() as connection:
            open_ones = await own_sessions(connection, visit.scope, self._parts.now(), rules.idle)
            left = await recovery_codes_left(connection, visit.scope)
        return visit.page(
            "accounts/me.html",
            status=status,
            own=own,
            sessions=open_ones,
            this=_own_session(visit),
            left=left,
            demanded=own.role in rules.second_factor,
            **{"errors": {}, "done": "", **values},
        )

    async def _account(self, visit: Visit) -> Account:
        """Raises HTTPNotFound for a program, which has none."""
        if visit.scope.account_id is None:
            raise web.HTTPNotFound
        async with self._parts.database.reading() as connection:
            return await account(connection, visit.scope, visit.scope.account_id)

    async def _found(self, visit: Visit) -> Found:
        found = await self._parts.doorkeeper.half(visit.request, Stage.WHOLE)
        if found is None:
            raise web.HTTPNotFound
        return found


def _own_session(visit: Visit) -> int | None:
    session = visit.session
    return int(session.id) if session is not None and not session.is_program else None
