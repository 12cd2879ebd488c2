"""Metrics, health, the wallboard and what is owed over HTTP: to look at by TCP, to change on the control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callengine.access.gate import Gate
from callengine.callback_api import MAY_CHANGE
from callengine.metrics import Metrics
from callengine.start_errors import StartError, port_problem, socket_problem

Health = Callable[[], Mapping[str, bool]]
"""Named conditions and whether each is met."""


class Routes(Protocol):
    """A part of the engine that is seen over HTTP."""

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_OWNER_ONLY = 0o177
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
        metrics: Metrics,
        health: Health,
        *,
        api: Routes | None = None,
        control: Path | None = None,
        gate: Gate | None = None,
        board: Routes | None = None,
        figures: Routes | None = None,
        document: Routes | None = None,
        sheds: Callable[[], bool] = lambda: False,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._metrics = metrics
        self._health = health
        self._control = control
        self._gate = gate
        self._parts = [one for one in (api, board, figures, document) if one is not None]
        self._sheds = sheds
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Listen. Raises StartError when the port is taken, or another engine listens on the control socket."""
        runner = await self._runner(may_change=False)
        try:
            await web.TCPSite(runner, self._host, self._wanted_port).start()
        except OSError as problem:
            raise StartError(*port_problem(self._host, self._wanted_port, problem)) from None
        if self._control is not None:
            listener = _private_listener(self._control)
            runner = await self._runner(may_change=True)
            await web.SockSite(runner, listener).start()

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        if not self._runners or not self._runners[0].addresses:
            raise RuntimeError("the HTTP server is not started")
        return int(self._runners[0].addresses[0][1])

    async def stop(self) -> None:
        """Close every connection."""
        runners, self._runners = self._runners, []
        for runner in runners:
            await runner.cleanup()
        if self._control is not None and len(runners) > 1:
            self._control.unlink(missing_ok=True)

    async def _runner(self, *, may_change: bool) -> web.AppRunner:
        app = web.Application(client_max_size=64 * 1024)
        app.on_response_prepare.append(_add_headers)
        app[MAY_CHANGE] = may_change
        if not may_change:
            app.middlewares.append(self._calls_first)
        if self._gate is not None and not may_change:
            self._gate.add_to(app)
        app.router.add_get("/metrics", self._get_metrics)
        app.router.add_get("/healthz", self._get_healthz)
        app.router.add_get("/readyz", self._get_readyz)
        for part in self._parts:
            part.add_to(app)
        runner = web.AppRunner(app, access_log=None)
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
        body, content_type = await self._metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _get_healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _get_readyz(self, _request: web.Request) -> web.Response:
        conditions = dict(self._health())
        ready = all(conditions.values())
        return web.json_response({"ready": ready, "conditions": conditions}, status=200 if ready else 503)


def _private_listener(path: Path) -> socket.socket:
    """A socket that is its owner's alone from the first moment; one that a dead engine left is replaced."""
    found = socket_problem(path.absolute())
    if found is not None:
        raise StartError(*found)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            _refuse_if_alive(path)
            path.unlink()
        before = os.umask(_OWNER_ONLY)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
    except OSError as problem:
        listener.close()
        right = "one engine for one socket; its folder must be there and be written by the engine's user"
        raise StartError(
            f"http.control_socket: the control socket {path} cannot be opened: {problem}", right
        ) from None
    return listener


def _refuse_if_alive(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return
    raise OSError("another engine is running there")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also on errors and on a stream; a page may bring a policy of its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
