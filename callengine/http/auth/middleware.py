"""The gate before every route that is reached over the network: a bearer token, or the cookie of a browser."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from callengine.http.auth.rate_limit import Tries
from callengine.http.auth.sessions import Sessions
from callengine.http.auth.sign_in_page import SignInPage, sign_in_page
from callengine.http.auth.tokens import Token, TokenError, TokenFile
from callengine.http.routes import Right, Route, add_routes, may, right_of
from callengine.platform.language import Language
from callengine.platform.logs import get_log

_NEXT = re.compile(r"/wallboard(\?[A-Za-z0-9_.=&%-]{0,200})?")
_PROXIES_SAY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
_PROXY_HELP = (
    "this engine takes no token on loopback and so answers this machine only, by address or as localhost; "
    'for a proxy in front of it set http.sign_in = "always" (docs/wallboard.md)'
)


class Gate:
    """Lets in who shows a token. `wanted` false: loopback, where this machine's own users are let in as they are."""

    def __init__(
        self,
        tokens: TokenFile,
        sessions: Sessions,
        *,
        wanted: bool,
        https: bool,
        language: Language,
        now: Callable[[], datetime],
    ) -> None:
        self._tokens = tokens
        self._sessions = sessions
        self._wanted = wanted
        self._https = https
        self._language = language
        self._now = now
        self._tries = Tries()
        self._log = get_log("callengine.access")
        self._cookie = "__Host-callengine" if https else "callengine"

    def add_to(self, app: web.Application) -> None:
        """Put the gate before the application's routes, and its own form among them."""
        app.middlewares.append(self._middleware())
        add_routes(
            app,
            (
                Route("GET", "/sign-in", self._show_form, Right.NOTHING),
                Route("POST", "/sign-in", self._sign_in, Right.NOTHING),
                Route("POST", "/sign-out", self._sign_out, Right.WALLBOARD),
            ),
        )

    def _middleware(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            right = right_of(request)
            if right is Right.NOTHING:
                return await handler(request)
            if not self._wanted:
                _refuse_strange_hosts(request)
                return await handler(request)
            token, renewed = self._who(request)
            if token is None:
                return self._unknown(request)
            if not may(token.role, right):
                raise web.HTTPForbidden(text=f"a token of the role {token.role} does not show this\n")
            response = await handler(request)
            if renewed and not response.prepared:
                self._set_cookie(response, token)
            return response

        return gate

    def _who(self, request: web.Request) -> tuple[Token | None, bool]:
        """Whose request this is, and whether the browser's cookie should be made new."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._find(given.strip(), request), False
        cookie = request.cookies.get(self._cookie)
        if not cookie:
            return None, False
        now = self._now()
        session = self._sessions.check(cookie, self._all_tokens(), now)
        if session is None:
            return None, False
        return session.token, self._sessions.wants_renewal(session, now)

    def _find(self, given: str, request: web.Request) -> Token | None:
        """The token, if it is one; wrong ones from one address only so often.

        A right one is taken even then: tokens have 256 random bits, so no number of tries finds one, while behind a
        proxy all have one address, and a stranger must not be able to lock the wall out.
        """
        try:
            token = self._tokens.find(given)
        except TokenError as problem:
            self._log.error(
                "auth_tokens_file_unusable", msg="nobody can be let in by a token", reason=str(problem)
            )
            raise web.HTTPServiceUnavailable(
                text="the tokens' file cannot be used; the log says why\n"
            ) from None
        if token is not None:
            return token
        address, now = request.remote or "", asyncio.get_running_loop().time()
        wait = self._tries.wait_seconds(address, now)
        if wait > 0:
            raise web.HTTPTooManyRequests(
                text="too many wrong tokens\n", headers={"Retry-After": str(int(wait) + 1)}
            )
        self._tries.note_wrong(address, now)
        self._log.warning("auth_token_rejected", msg="a wrong token was shown", address=address)
        return None

    def _all_tokens(self) -> tuple[Token, ...]:
        try:
            return self._tokens.tokens()
        except TokenError as problem:
            self._log.error(
                "auth_tokens_file_unusable", msg="nobody can be let in by a token", reason=str(problem)
            )
            return ()

    def _unknown(self, request: web.Request) -> web.Response:
        """A browser gets the form, everybody else the plain word."""
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return self._form(request, wanted=request.path_qs, status=401)
        return web.Response(
            status=401,
            text="a token is wanted: Authorization: Bearer …\n",
            headers={"WWW-Authenticate": 'Bearer realm="callengine"'},
        )

    async def _show_form(self, request: web.Request) -> web.Response:
        """The form that takes a token."""
        return self._form(request, wanted=request.query.get("next", ""), status=200)

    async def _sign_in(self, request: web.Request) -> web.Response:
        """The cookie of whoever sends a token; then back to the page that was wanted."""
        _refuse_other_sites(request)
        if request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType(text="a form is wanted\n")
        try:
            form = await request.post()
        except (LookupError, UnicodeDecodeError):  # A charset that is none, or letters that are not of it.
            raise web.HTTPBadRequest(text="the form cannot be read; UTF-8 is right\n") from None
        wanted, given = str(form.get("next", "")), str(form.get("token", ""))
        token = self._find(given.strip(), request)
        if token is None:
            return self._form(request, wanted=wanted, status=401, wrong="wrong")
        if not may(token.role, Right.WALLBOARD):
            return self._form(request, wanted=wanted, status=403, wrong="not_for_browsers")
        response = web.Response(status=303, headers={"Location": _safe_next(wanted)})
        self._set_cookie(response, token)
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        """The cookie is taken back."""
        _refuse_other_sites(request)
        response = web.Response(status=303, headers={"Location": "/sign-in"})
        response.del_cookie(
            self._cookie, path="/", secure=self._https or None, httponly=True, samesite="Strict"
        )
        return response

    def _form(self, request: web.Request, *, wanted: str, status: int, wrong: str = "") -> web.Response:
        language = request.query.get("lang", self._language)
        page = sign_in_page(SignInPage(_safe_next(wanted), language, wrong))
        return web.Response(
            status=status,
            text=page.html,
            content_type="text/html",
            headers={"Content-Security-Policy": page.policy, "Referrer-Policy": "same-origin"},
        )

    def _set_cookie(self, response: web.StreamResponse, token: Token) -> None:
        response.set_cookie(
            self._cookie,
            self._sessions.cookie_for(token, self._now()),
            max_age=int(self._sessions.lasting.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="Strict",
        )


def is_loopback(host: str) -> bool:
    """Whether an address or `localhost` is reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _safe_next(wanted: str) -> str:
    """Only to the board itself: a link made elsewhere must not lead on to a stranger's site."""
    return wanted if _NEXT.fullmatch(wanted) else "/wallboard"


def _refuse_strange_hosts(request: web.Request) -> None:
    """A page of a stranger whose name was pointed at 127.0.0.1 (DNS rebinding) sends that name, and so does a proxy."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host) or any(name in request.headers for name in _PROXIES_SAY):
        raise web.HTTPMisdirectedRequest(text=_PROXY_HELP + "\n")


def _refuse_other_sites(request: web.Request) -> None:
    """A form on another site must not sign a browser in or out. Every browser says where a form was sent from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
    else:
        origin = request.headers.get("Origin")
        if origin is None or origin.partition("://")[2] == request.headers.get("Host"):
            return
    raise web.HTTPForbidden(text="this form belongs to another site\n")
