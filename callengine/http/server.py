"""Metrics, health, the wallboard and what is owed over HTTP: to look at by TCP, to change on the control socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callengine.http.auth.middleware import Gate
from callengine.http.door.answering import one_request_a_connection
from callengine.http.door.door import Door
from callengine.http.door.limits import Allowance, limits
from callengine.http.door.metrics import DoorMetrics
from callengine.http.door.shared import Shared
from callengine.http.routes import MAY_CHANGE, Right, Route, add_routes
from callengine.platform.listeners import port_of, private_listener, tcp_listeners
from callengine.platform.start_errors import StartError, port_problem

Health = Callable[[], Mapping[str, bool]]
"""Named conditions and whether each is met."""


class Exposed(Protocol):
    """Whose metrics are scraped."""

    @property
    def door(self) -> DoorMetrics:
        """Those of the door itself."""

    def form(self, accept: str) -> str:
        """The content type that whoever accepts this is given."""

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text for a scrape and its content type."""


class Routes(Protocol):
    """A part of the engine that is seen over HTTP."""

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
MOST_CONNECTIONS = 512
_SCRAPES, _SCRAPES_AT_ONCE = 4.0, 10.0
"""Each costs some milliseconds of processor, also off the loop."""
_OF_THE_OWNER = 64
"""Connections on the control socket."""
_ALWAYS = frozenset({"/metrics", "/healthz", "/readyz"})


class HttpServer:
    """`/metrics`, `/healthz` (the process turns), `/readyz` (it can do its work, with reasons), `/api/v1`.

    `control` is the path of a Unix socket that its owner alone may open: changes are taken there only, and no token is
    wanted there. By TCP `gate` stands before everything.
    """

    def __init__(
        self,
        host: str,
        port: int,
        metrics: Exposed,
        health: Health,
        *,
        api: Routes | None = None,
        control: Path | None = None,
        gate: Gate | None = None,
        board: Routes | None = None,
        figures: Routes | None = None,
        document: Routes | None = None,
        sheds: Callable[[], bool] = lambda: False,
        connections: int = MOST_CONNECTIONS,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._metrics = metrics
        now = asyncio.get_running_loop().time
        self._scrapes = Shared(metrics.exposition, Allowance(_SCRAPES, _SCRAPES_AT_ONCE, now()), now)
        self._health = health
        self._control = control
        self._gate = gate
        self._parts = [one for one in (api, board, figures, document) if one is not None]
        self._sheds = sheds
        self._has_board = board is not None
        self._connections = connections
        self._listeners: list[socket.socket] = []
        self._doors: list[Door] = []
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Listen. Raises StartError when the port is taken, or another engine listens on the control socket."""
        try:
            self._listeners = tcp_listeners(self._host, self._wanted_port)
        except OSError as problem:
            raise StartError(*port_problem(self._host, self._wanted_port, problem)) from None
        await self._open(self._listeners, self._connections, may_change=False)
        if self._control is not None:
            await self._open([private_listener(self._control)], _OF_THE_OWNER, may_change=True)
        self._metrics.door.watch(lambda: sum(door.connections for door in self._doors))

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        if not self._doors:
            raise RuntimeError("the HTTP server is not started")
        return port_of(self._listeners[0])

    async def stop(self) -> None:
        """Close every connection."""
        doors, self._doors = self._doors, []
        runners, self._runners = self._runners, []
        for door in doors:
            await door.close()
        for listener in self._listeners:
            listener.close()
        for runner in runners:
            await runner.cleanup()
        if self._control is not None and len(doors) > 1:
            self._control.unlink(missing_ok=True)

    async def _open(self, listeners: list[socket.socket], most: int, *, may_change: bool) -> None:
        server = (await self._runner(may_change=may_change)).server
        if server is None:
            raise RuntimeError("the HTTP application is not set up")
        door = Door(listeners, server, limits(most), self._metrics.door.refused)
        door.open()
        self._doors.append(door)

    def application(self, *, may_change: bool) -> web.Application:
        """All routes, by TCP behind the gate."""
        app = web.Application(client_max_size=64 * 1024)
        app.on_response_prepare.append(_add_headers)
        app[MAY_CHANGE] = may_change
        if not may_change:
            app.middlewares.append(self._calls_first)
        if self._gate is not None and not may_change:
            self._gate.add_to(app)
        routes = [
            Route("GET", "/metrics", self._get_metrics, Right.METRICS),
            Route("GET", "/healthz", self._get_healthz, Right.NOTHING),
            Route("GET", "/readyz", self._get_readyz, Right.METRICS),
            Route("GET", "/", _to_the_board if self._has_board else _no_board, Right.WALLBOARD),
        ]
        add_routes(app, routes)
        for part in self._parts:
            part.add_to(app)
        return app

    async def _runner(self, *, may_change: bool) -> web.AppRunner:
        runner = web.AppRunner(self.application(may_change=may_change), access_log=None)
        await runner.setup()
        self._runners.append(runner)
        return runner

    @web.middleware
    async def _calls_first(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Under overload lists and pages are not made; what watches the engine is."""
        if request.path not in _ALWAYS and self._sheds():
            raise web.HTTPServiceUnavailable(
                text="the engine is behind: calls go before screens; try again in a few seconds",
                headers={"Retry-After": "5"},
            )
        return await handler(request)

    async def _get_metrics(self, request: web.Request) -> web.Response:
        """All metrics, for Prometheus; OpenMetrics to whoever asks for it."""
        form = self._metrics.form(request.headers.get("Accept", ""))
        body, content_type = await self._scrapes.get(form)
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _get_healthz(self, _request: web.Request) -> web.Response:
        """200 while the process turns."""
        return web.json_response({"alive": True})

    async def _get_readyz(self, _request: web.Request) -> web.Response:
        """200 when the engine can do its work, else 503; each condition by name."""
        conditions = dict(self._health())
        ready = all(conditions.values())
        return web.json_response({"ready": ready, "conditions": conditions}, status=200 if ready else 503)


async def _to_the_board(_request: web.Request) -> web.Response:
    """The way to the wallboard. Relative: a proxy may show the engine under a folder of its own."""
    return web.Response(status=302, headers={"Location": "wallboard"})


async def _no_board(_request: web.Request) -> web.Response:
    """Nothing, to whoever may see a board: this process has none."""
    raise web.HTTPNotFound


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also on errors and on a stream; a page may bring a policy of its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    one_request_a_connection(request, response)
