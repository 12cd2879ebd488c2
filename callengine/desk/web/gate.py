"""The gate before every route: who it is, whether he may, and that his form is his own."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from hmac import compare_digest
from typing import Protocol
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.data.trouble import Trouble, trouble_of
from callengine.desk.people.rights import Right, may
from callengine.desk.people.scope import NotSeen
from callengine.desk.web.open_requests import OpenRequests
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Draws, Session, Visit
from callengine.platform.language import LANGUAGES, Language

_FORMS = {"application/x-www-form-urlencoded"}
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF"
_SAFE = {"GET", "HEAD"}
_NEVER_SHOWN = "password"
"""What is sent under a name that contains this is on no page again."""
API = "/desk/api/"
_FAULTS, _UNKNOWN = 400, 401
_TOLD = {401, 403, 404, 413, 429, 503}
"""Refusals with words of their own."""
_KEPT_OF_REFUSALS = {"Allow", "Retry-After"}


class Doorkeeper(Protocol):
    """Knows people by what their browser shows."""

    async def who(self, request: web.Request) -> Session | None:
        """Whose request it is; None: nobody known."""

    def form_token(self, request: web.Request) -> str:
        """What the forms of somebody who is not signed in carry."""

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        """Whether that is what they should carry."""

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """What the browser must keep for that."""


class Gate:
    """Makes handlers of aiohttp's of the desk's routes."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        drawing: Draws,
        language: Language,
        open_requests: OpenRequests | None = None,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._drawing = drawing
        self._language = language
        self._open = open_requests or OpenRequests()

    def nowhere(self) -> Handler:
        """For addresses that no page has."""
        return self.before(DeskRoute("GET", "/desk/…", _no_such_page, Right.NOTHING))

    def before(self, route: DeskRoute) -> Handler:
        """The route's handler behind the gate."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await passed(request)
            except SQLAlchemyError as problem:
                trouble = trouble_of(problem)
                if trouble is None:
                    raise
                return await self._not_done(request, trouble, cookies=not route.signed)

        async def passed(request: web.Request) -> web.StreamResponse:
            session = None if route.signed else await self._doorkeeper.who(request)
            try:
                return await through(request, session)
            except web.HTTPException as problem:
                if problem.status < _FAULTS or route.signed or not _wants_a_page(request):
                    raise
                return self._refusal(self._visit(request, session, None, cookies=False), problem, route)

        async def through(request: web.Request, session: Session | None) -> web.StreamResponse:
            if not (session.scope.may(route.right) if session is not None else may(None, route.right)):
                return _refused(request, session)
            sent = None
            if request.method not in _SAFE:
                _refuse_too_much(request, route.limit_bytes)
                sent = await self._form_of(request, session)
            visit = self._visit(request, session, sent, cookies=not route.signed)
            try:
                with self._open.entered(session.id, request) if session is not None else nullcontext():
                    response = await route.handler(visit)
            except NotSeen:
                raise web.HTTPNotFound from None
            if not response.prepared and not route.signed:
                self._doorkeeper.finish(request, response)
            return response

        return guarded

    def _refusal(self, visit: Visit, problem: web.HTTPException, route: DeskRoute) -> web.Response:
        """What a person reads who has no page here; programs are told in a line."""
        t = visit.texts("layout")
        kind = str(problem.status) if problem.status in _TOLD else "other"
        text = t[f"refusal_text_{kind}"].format(limit=max(1, route.limit_bytes // 1024))
        page = visit.page(
            "refusal.html",
            status=problem.status,
            title=t[f"refusal_{kind}"],
            text=text,
            signs_in=problem.status == _UNKNOWN,
        )
        page.headers.update(
            {name: value for name, value in problem.headers.items() if name in _KEPT_OF_REFUSALS}
        )
        return page

    async def _not_done(self, request: web.Request, trouble: Trouble, *, cookies: bool) -> web.Response:
        """503: the database takes nothing now. What a form sent is shown, and can be sent again as it was."""
        session = None
        with suppress(SQLAlchemyError):
            session = await self._doorkeeper.who(request) if cookies else None
        visit = self._visit(request, session, None, cookies=cookies)
        headers = {"Retry-After": "5"}
        if "text/html" not in request.headers.get("Accept", ""):
            texts = visit.texts("layout")
            return web.Response(text=f"{texts[f'trouble_{trouble}']}\n", status=503, headers=headers)
        sent: list[tuple[str, str]] = []
        if request.method not in _SAFE and request.content_type in _FORMS:
            posted = await request.post()
            sent = [(name, value) for name, value in posted.items() if isinstance(value, str)]
        shown = [(name, value) for name, value in sent if name != CSRF_FIELD and value.strip()]
        response = visit.page(
            "not_done.html",
            status=503,
            trouble=trouble,
            is_sent=request.method not in _SAFE,
            sent=sent,
            shown=shown,
            can_repeat=bool(sent) and not any(_NEVER_SHOWN in name for name, _ in sent),
        )
        response.headers.update(headers)
        return response

    def _visit(
        self, request: web.Request, session: Session | None, sent: MultiDict[str] | None, *, cookies: bool
    ) -> Visit:
        of_nobody = self._doorkeeper.form_token(request) if session is None and cookies else ""
        csrf = session.csrf if session is not None else of_nobody
        return Visit(request, session, self._language_of(request, session), csrf, self._drawing, sent)

    def _language_of(self, request: web.Request, session: Session | None) -> Language:
        asked = request.query.get("lang")
        for language in LANGUAGES:
            if asked == language:
                return language
        return session.language if session is not None else self._language

    async def _form_of(self, request: web.Request, session: Session | None) -> MultiDict[str] | None:
        """Its fields, once it is sure that our own page sent it; None: no form, its handler reads the body.

        A program shows its token itself, which no page of another site can make a browser do.
        """
        if session is not None and session.is_program:
            return None
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
            compare_digest(shown.encode(), session.csrf.encode())
            if session is not None
            else self._doorkeeper.is_form_token(request, shown)
        )
        if not right:
            raise web.HTTPForbidden(text="this form is not of your session: load the page anew\n")
        return fields


def _refused(request: web.Request, session: Session | None) -> web.Response:
    """A browser without a session goes to sign in; who has one and may not is told that there is no such page."""
    if session is not None:
        raise web.HTTPNotFound
    if request.method in _SAFE and "text/html" in request.headers.get("Accept", ""):
        wanted = f"?next={quote(request.path_qs, safe='/')}" if request.path != "/desk/" else ""
        return web.Response(status=303, headers={"Location": f"/desk/sign-in{wanted}"})
    if request.path.startswith(API):
        raise web.HTTPUnauthorized(
            text="a token is wanted: Authorization: Bearer …\n",
            headers={"WWW-Authenticate": 'Bearer realm="callengine desk"'},
        )
    raise web.HTTPUnauthorized(text="sign in at /desk/sign-in\n")


def _refuse_too_much(request: web.Request, limit_bytes: int) -> None:
    """Before anything of it is read. Raises HTTPRequestEntityTooLarge, HTTPLengthRequired."""
    length = request.content_length
    if length is None and request.can_read_body:
        raise web.HTTPLengthRequired(text="Content-Length is wanted\n")
    if length is not None and length > limit_bytes:
        raise web.HTTPRequestEntityTooLarge(
            limit_bytes, length, text=f"at most {limit_bytes} bytes are taken here\n"
        )


def refuse_other_sites(request: web.Request) -> None:
    """Raises HTTPForbidden for what a page of another site sent. Every browser says where a form was sent from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"same-origin", "none"}:
        return
    origin = request.headers.get("Origin")
    if site is None and (origin is None or origin.partition("://")[2] == request.headers.get("Host")):
        return
    raise web.HTTPForbidden(text="this form belongs to another site\n")


async def _no_such_page(_visit: Visit) -> web.StreamResponse:
    raise NotSeen


def _wants_a_page(request: web.Request) -> bool:
    """A browser that goes somewhere; scripts and programs do not ask for HTML."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(API)
