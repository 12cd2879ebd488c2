"""The gate before every route: who it is, whether he may, and that his form is his own."""

from __future__ import annotations

from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict

from callengine.desk.people.rights import may
from callengine.desk.people.scope import NotSeen
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Draws, Session, Visit
from callengine.platform.language import LANGUAGES, Language

_FORMS = {"application/x-www-form-urlencoded"}
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF"


class Doorkeeper(Protocol):
    """Knows people by what their browser shows."""

    async def who(self, request: web.Request) -> Session | None:
        """Whose request it is; None: nobody known."""

    def form_token(self, request: web.Request) -> str:
        """What the forms of somebody who is not signed in carry."""

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        """Whether that is what they should carry."""


class Gate:
    """Makes handlers of aiohttp's of the desk's routes."""

    def __init__(self, doorkeeper: Doorkeeper, drawing: Draws, language: Language) -> None:
        self._doorkeeper = doorkeeper
        self._drawing = drawing
        self._language = language

    def before(self, route: DeskRoute) -> Handler:
        """The route's handler behind the gate."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            session = None if route.signed else await self._doorkeeper.who(request)
            role = session.scope.role if session is not None else None
            if not may(role, route.right):
                return self._refused(request, session)
            sent = await self._form_of(request, session) if request.method not in {"GET", "HEAD"} else None
            visit = self._visit(request, session, sent)
            try:
                return await route.handler(visit)
            except NotSeen:
                raise web.HTTPNotFound from None

        return guarded

    def _visit(self, request: web.Request, session: Session | None, sent: MultiDict[str] | None) -> Visit:
        csrf = session.csrf if session is not None else self._doorkeeper.form_token(request)
        return Visit(request, session, self._language_of(request, session), csrf, self._drawing, sent)

    def _language_of(self, request: web.Request, session: Session | None) -> Language:
        asked = request.query.get("lang")
        for language in LANGUAGES:
            if asked == language:
                return language
        return session.language if session is not None else self._language

    def _refused(self, request: web.Request, session: Session | None) -> web.Response:
        """A browser without a session goes to sign in; who has one and may not is told that there is no such page."""
        if session is not None:
            raise web.HTTPNotFound
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return web.Response(status=303, headers={"Location": "/desk/sign-in"})
        raise web.HTTPUnauthorized(text="sign in at /desk/sign-in\n")

    async def _form_of(self, request: web.Request, session: Session | None) -> MultiDict[str] | None:
        """Its fields, once it is sure that our own page sent it; None: no form, its handler reads the body."""
        refuse_other_sites(request)
        fields: MultiDict[str] | None = None
        if request.content_type in _FORMS:
            try:
                posted = await request.post()
            except (LookupError, UnicodeDecodeError):
                raise web.HTTPBadRequest(text="the form cannot be read; UTF-8 is right\n") from None
            fields = MultiDict(
                (name, value.strip()) for name, value in posted.items() if isinstance(value, str)
            )
        shown = request.headers.get(CSRF_HEADER, "")
        if not shown and fields is not None:
            shown = fields.get(CSRF_FIELD, "")
        right = (
            shown == session.csrf if session is not None else self._doorkeeper.is_form_token(request, shown)
        )
        if not right:
            raise web.HTTPForbidden(text="this form is not of your session: load the page anew\n")
        return fields


def refuse_other_sites(request: web.Request) -> None:
    """Raises HTTPForbidden for what a page of another site sent. Every browser says where a form was sent from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"same-origin", "none"}:
        return
    origin = request.headers.get("Origin")
    if site is None and (origin is None or origin.partition("://")[2] == request.headers.get("Host")):
        return
    raise web.HTTPForbidden(text="this form belongs to another site\n")
