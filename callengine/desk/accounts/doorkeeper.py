"""Tells the gate who comes: by the cookie of a browser, or by the token of a program."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.doors.programs import find_program, note_used
from callengine.desk.people.doors.secret import are_equal, derived, new_secret
from callengine.desk.people.doors.sessions import Found, Origin, Stage, find_session, note_seen, wants_seen
from callengine.desk.people.doors.signing_in import Let, SigningIn
from callengine.desk.web.gate import API
from callengine.desk.web.visit import Session
from callengine.platform.language import LANGUAGES, Language
from callengine.platform.logs import get_log

_FORM, _CSRF = "form", "csrf"
_NEW_DOOR = web.RequestKey("door", str)


class DeskDoorkeeper:
    """`https`: a proxy in front speaks it. Cookies go over it only, and the proxy says whose request it is."""

    def __init__(
        self,
        database: DeskDatabase,
        signing_in: SigningIn,
        language: Language,
        now: Callable[[], datetime],
        *,
        https: bool,
    ) -> None:
        self._database = database
        self._signing_in = signing_in
        self._language = language
        self._now = now
        self._https = https
        self._log = get_log("callengine.access")
        # A browser takes a cookie with this prefix from this very host only, over HTTPS only (RFC 6265bis).
        prefix = "__Host-" if https else ""
        self.cookie, self._door = f"{prefix}callengine-desk", f"{prefix}callengine-desk-door"

    async def who(self, request: web.Request) -> Session | None:
        """Whose request it is; None: nobody known, or somebody who is half-way in."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if request.path.startswith(API) and kind.lower() == "bearer":
            return await self._program(request, token.strip())
        found = await self._session(request)
        if found is None or found.stage is not Stage.WHOLE:
            return None
        at = self._now()
        if wants_seen(found, at):
            await self._noted(lambda: self._note_seen(at, found.id))
        csrf = derived(request.cookies[self.cookie], _CSRF)
        return Session(str(found.id), found.account.scope, csrf, self._language_of(found))

    async def half(self, request: web.Request, *stages: Stage) -> Found | None:
        """Whoever is half-way in, at one of these stages."""
        found = await self._session(request)
        return found if found is not None and found.stage in stages else None

    def form_token(self, request: web.Request) -> str:
        """Made of a cookie of this browser's own: a form fetched elsewhere cannot be sent from here."""
        door = request.cookies.get(self._door) or request.get(_NEW_DOOR)
        if not door:
            door = request[_NEW_DOOR] = new_secret()
        return derived(door, _FORM)

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        """Whether it is that."""
        door = request.cookies.get(self._door)
        return bool(door) and are_equal(shown, derived(door or "", _FORM))

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """The browser is given that cookie."""
        if door := request.get(_NEW_DOOR):
            self._set(response, self._door, door, None)

    def let_in(self, response: web.StreamResponse, let: Let) -> None:
        """The browser is given its session. Whatever it had before opens nothing any more."""
        lasts = self._signing_in.rules.lasts if let.stage is Stage.WHOLE else None
        self._set(response, self.cookie, let.secret, int(lasts.total_seconds()) if lasts else None)

    def let_out(self, response: web.StreamResponse) -> None:
        """Its cookies are taken back."""
        for name in (self.cookie, self._door):
            response.del_cookie(name, path="/", secure=self._https or None, httponly=True, samesite="Lax")

    def origin(self, request: web.Request) -> Origin:
        """Where it came from; behind a proxy the address that the proxy saw, which it wrote last."""
        address = request.remote or ""
        if self._https and (told := request.headers.get("X-Forwarded-For")):
            last = told.rpartition(",")[2].strip()
            try:
                address = str(ipaddress.ip_address(last))
            except ValueError:
                self._log.warning("desk_proxy_address_unreadable", msg="X-Forwarded-For is no address")
        return Origin(address, request.headers.get("User-Agent", ""))

    async def _session(self, request: web.Request) -> Found | None:
        cookie = request.cookies.get(self.cookie)
        if not cookie:
            return None
        async with self._database.reading() as connection:
            return await find_session(connection, self._now(), cookie, self._signing_in.rules.idle)

    async def _program(self, request: web.Request, token: str) -> Session | None:
        """A right token is taken even from an address that was wrong often: no number of tries finds one."""
        at = self._now()
        async with self._database.reading() as connection:
            found = await find_program(connection, at, token)
        if found is not None:
            token_id, scope, is_time = found
            if is_time:
                await self._noted(lambda: self._note_used(at, token_id))
            return Session(f"token-{token_id}", scope, "", self._language, is_program=True)
        address = self.origin(request).address
        if wait := self._signing_in.wait_seconds("", address):
            retry = {"Retry-After": str(int(wait) + 1)}
            raise web.HTTPTooManyRequests(text="too many wrong tokens\n", headers=retry)
        self._signing_in.note_wrong("", address)
        self._log.warning("desk_token_rejected", msg="a wrong token was shown", address=address)
        return None

    async def _noted(self, work: Callable[[], Awaitable[None]]) -> None:
        """A database that takes no writes now must not keep readers out."""
        try:
            await work()
        except (SQLAlchemyError, OSError) as problem:
            self._log.warning(
                "desk_presence_not_written", msg="who is there is not noted", reason=type(problem).__name__
            )

    async def _note_seen(self, at: datetime, session_id: int) -> None:
        async with self._database.writing() as connection:
            await note_seen(connection, at, session_id)

    async def _note_used(self, at: datetime, token_id: int) -> None:
        async with self._database.writing() as connection:
            await note_used(connection, at, token_id)

    def _language_of(self, found: Found) -> Language:
        return next((one for one in LANGUAGES if one == found.account.language), self._language)

    def _set(self, response: web.StreamResponse, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._https, httponly=True, samesite="Lax"
        )
