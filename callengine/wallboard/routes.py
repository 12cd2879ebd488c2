"""`/wallboard`: the page, its files, its stream."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files

from aiohttp import web

from callengine.http.routes import Right, Route, add_routes
from callengine.platform.language import Language
from callengine.realtime.figures import CentreFigures, ScopeFigures
from callengine.wallboard.board import Board, Tone, board_of
from callengine.wallboard.page import Look, Page
from callengine.wallboard.scope import Part, Scope, Scopes
from callengine.wallboard.source import BoardSource
from callengine.wallboard.sse import Drawn, Viewers
from callengine.wallboard.texts import TEXTS
from config.schema.wallboard import Wallboard
from queues.terms.identifiers import CompanyId, QueueName
from sla.figures import Figures as Sums

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STATIC = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "board.woff2": "font/woff2",
    "favicon.svg": "image/svg+xml",
}
MOST_VIEWERS = 100
"""Open boards at a time: each holds a connection."""
_SEND_SECONDS = 20.0
"""A screen that takes nothing for so long is gone."""
_SECOND = timedelta(seconds=1)
_NOTHING = ScopeFigures(None, 0, 0, timedelta(0), Sums(), Sums(), Sums())


@dataclass(frozen=True, slots=True)
class Pages:
    """What the settings have to be shown."""

    page: Page
    scopes: Scopes
    goals: Mapping[Scope, float]


class BoardRoutes:
    """The routes below `/wallboard`."""

    def __init__(self, source: BoardSource, limits: Wallboard, language: Language, pages: Pages) -> None:
        self._source = source
        self._limits = limits
        self._language = language
        self._pages = pages
        self.viewers = Viewers(self._draw, pages.page.version)
        self._files = {
            name: files("callengine.wallboard").joinpath("static", name).read_bytes() for name in _STATIC
        }

    def add_to(self, app: web.Application) -> None:
        """Register the routes, and end the streams when the application ends."""
        right = Right.WALLBOARD
        add_routes(
            app,
            (
                Route("GET", "/wallboard", self._show, right),
                Route("GET", "/wallboard/stream", self._stream, right),
                Route("GET", "/wallboard/{file}", self._file, right),
            ),
        )
        app.on_shutdown.append(self._on_shutdown)

    def show(self, pages: Pages) -> None:
        """From now on these; where they differ, open boards are loaded anew by their browsers."""
        if pages.page.version != self._pages.page.version:
            self._pages = pages
            self.viewers.renew(pages.page.version)

    def _look(self, request: web.Request) -> Look:
        wanted = request.query
        language: Language = self._language
        for one in TEXTS:
            if wanted.get("lang") == one:
                language = one
        scope = self._pages.scopes.find(wanted.get("company"), wanted.get("queue"))
        if scope is None:
            raise web.HTTPNotFound(text="no company or queue of that name is in the settings\n")
        return Look(scope, language)

    async def _show(self, request: web.Request) -> web.Response:
        """The wallboard as a page, of the centre, or of one `?company=` or `?queue=`, in `?lang=ru` or `en`."""
        look = self._look(request)
        boards, age = self._boards([look.scope])
        html = await asyncio.to_thread(
            self._pages.page.whole, boards[look.scope], look.language, age / _SECOND
        )
        return web.Response(
            text=html,
            content_type="text/html",
            headers={
                "Content-Security-Policy": POLICY,
                "Referrer-Policy": "same-origin",
                "Content-Language": look.language,
            },
        )

    async def _file(self, request: web.Request) -> web.Response:
        """What the page is drawn with: style, script, fonts."""
        name = request.match_info["file"]
        content = self._files.get(name)
        if content is None:
            raise web.HTTPNotFound(text="no such file\n")
        return web.Response(
            body=content,
            headers={"Content-Type": _STATIC[name], "Cache-Control": "no-cache"},
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """The board's changes as server-sent events."""
        look = self._look(request)
        if len(self.viewers) >= MOST_VIEWERS:
            raise web.HTTPServiceUnavailable(text="too many boards are open\n", headers={"Retry-After": "30"})
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                # nginx would otherwise keep the events back until it has a buffer full of them.
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        viewer = self.viewers.open(look)
        try:
            while (message := await viewer.next_message()) is not None:
                async with asyncio.timeout(_SEND_SECONDS):
                    await response.write(message)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self.viewers.close(viewer)
        return response

    async def _on_shutdown(self, _app: web.Application) -> None:
        self.viewers.end_all()

    async def _draw(self, looks: tuple[Look, ...]) -> Mapping[Look, Drawn]:
        """Numbers are taken on the loop, at one moment; they are made into pages in a thread: calls come first."""
        boards, age = self._boards({look.scope for look in looks})
        return await asyncio.to_thread(self._drawn, self._pages.page, looks, boards, age)

    @staticmethod
    def _drawn(
        page: Page, looks: tuple[Look, ...], boards: Mapping[Scope, Board], age: timedelta
    ) -> Mapping[Look, Drawn]:
        return {
            look: Drawn(
                page.parts(boards[look.scope], look.language),
                age / _SECOND,
                boards[look.scope].waiting.longest_tone is Tone.ALARM,
            )
            for look in looks
        }

    def _boards(self, scopes: Iterable[Scope]) -> tuple[dict[Scope, Board], timedelta]:
        """One look at the centre for all boards."""
        source = self._source
        now = source.now()
        figures, view, links = source.figures(now), source.view(), source.links()
        boards = {
            scope: board_of(
                scope,
                _of_scope(figures, scope),
                source.quarters(scope, now),
                view,
                links,
                self._limits,
                self._pages.goals[scope],
                now,
            )
            for scope in scopes
        }
        return boards, source.age(links, now)


def _of_scope(figures: CentreFigures, scope: Scope) -> ScopeFigures:
    match scope.part:
        case Part.CENTRE:
            return figures.total
        case Part.COMPANY:
            return figures.companies.get(CompanyId(scope.id), _NOTHING)
        case Part.QUEUE:
            return figures.queues.get(QueueName(scope.id), _NOTHING)
