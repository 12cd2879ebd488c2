"""The desk's door: `/healthz`, `/readyz`, `/metrics` for programs, and the pages behind the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.web.gate import Gate
from callengine.desk.web.hosts import refuse_strange_hosts
from callengine.desk.web.routes import DeskRoute, refuse_doubles
from callengine.http.door.answering import one_request_a_connection
from callengine.http.door.door import Door
from callengine.http.door.limits import Limits, limits
from callengine.http.door.metrics import DoorMetrics
from callengine.platform.listeners import port_of, tcp_listeners
from callengine.platform.start_errors import StartError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_KEPT = "public, max-age=31536000, immutable"
"""A file's address changes with it."""
_CSP = "Content-Security-Policy"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    _CSP: POLICY,
}
MOST_CONNECTIONS = 2048
_SERVE_SECONDS = 600.0
"""A workbook of many houses comes over a slow line, too."""
_A_SECOND, _AT_ONCE = 200.0, 400.0
"""A shift begins: hundreds of pages with what belongs to each. No calls are carried here."""
_ENVELOPE_BYTES = 64 * 1024
"""A form around the file that a route takes."""


def room(body_bytes: int) -> Limits:
    """What the desk has for browsers; a proxy on another machine speaks for all of them."""
    found = limits(MOST_CONNECTIONS)
    return replace(
        found,
        per_address=found.connections,
        serve_seconds=_SERVE_SECONDS,
        accepts_per_second=_A_SECOND,
        requests_per_second=_A_SECOND,
        burst=_AT_ONCE,
        body_bytes=body_bytes + _ENVELOPE_BYTES,
    )


class DeskServer:
    """`start`, then `stop`."""

    def __init__(
        self,
        host: str,
        port: int,
        engine: EngineFollower,
        gate: Gate,
        routes: Sequence[DeskRoute],
        public_address: str = "",
        files_address: str = "",
    ) -> None:
        self._public_address = public_address
        self._files_address = files_address
        self._host = host
        self._wanted_port = port
        self._engine = engine
        self._gate = gate
        self.routes = refuse_doubles(routes)
        self.registry = CollectorRegistry()
        self.before_scrape: Callable[[], Awaitable[None]] = _nothing
        self._runner: web.AppRunner | None = None
        self._door: Door | None = None
        self._refusals = DoorMetrics(self.registry)
        self.takes: Callable[[], bool] = lambda: True
        """Whether what is typed is written."""
        self.port = 0
        """The one that is listened on, also when 0 was asked for."""
        heard = Gauge(
            "callengine_desk_engine_heard", "Whether the desk hears the engine", registry=self.registry
        )
        heard.set_function(lambda: float(engine.is_heard))
        engine.on_restart = Counter(
            "callengine_desk_stream_restarts",
            "Times the desk began anew with a snapshot of the engine",
            registry=self.registry,
        ).inc
        Gauge("callengine_desk_calls", "Calls that the desk sees", registry=self.registry).set_function(
            lambda: float(len(engine.picture.calls)) if engine.is_heard and engine.picture else 0.0
        )

    async def start(self) -> None:
        """Listen. Raises StartError when the port is taken."""
        try:
            listeners = tcp_listeners(self._host, self._wanted_port)
        except OSError as problem:
            right = "end what listens there, or set another desk.port"
            what = f"desk.port: {self._host}:{self._wanted_port} cannot be listened on: {problem.strerror}"
            raise StartError(what, right) from None
        most = max((one.limit_bytes for one in self.routes), default=0) or 1024
        app = web.Application(
            client_max_size=most,
            middlewares=[refuse_strange_hosts(self._public_address, self._files_address)],
        )
        app.on_response_prepare.append(_headers(self._files_address))
        app.router.add_get("/healthz", self._get_healthz)
        app.router.add_get("/readyz", self._get_readyz)
        app.router.add_get("/metrics", self._get_metrics)
        app.router.add_get("/", _go_to_desk)
        app.router.add_get("/desk", _go_to_desk)
        app.router.add_get("/desk/static/{version}/{name}", _static_files())
        for route in self.routes:
            app.router.add_route(route.method, route.path, self._gate.before(route))
        app.router.add_get("/desk/{nowhere:.*}", self._gate.nowhere())
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        if self._runner.server is None:
            raise RuntimeError("the HTTP application is not set up")
        self._door = door = Door(listeners, self._runner.server, room(most), self._refusals.refused)
        self._refusals.watch(lambda: door.connections)
        door.open()
        self.port = port_of(listeners[0])

    async def stop(self) -> None:
        """Close every connection."""
        if self._door is not None:
            await self._door.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _get_healthz(self, _request: web.Request) -> web.Response:
        """200 while the process turns."""
        return web.json_response({"alive": True})

    async def _get_readyz(self, _request: web.Request) -> web.Response:
        """200 when live calls are seen and what is typed is written, else 503; each condition by name."""
        heard, picture = self._engine.is_heard, self._engine.picture
        conditions = {
            "engine_heard": heard,
            "pbx_synced": heard and picture is not None and picture.synced,
            "database_takes": self.takes(),
        }
        ready = all(conditions.values())
        return web.json_response({"ready": ready, "conditions": conditions}, status=200 if ready else 503)

    async def _get_metrics(self, _request: web.Request) -> web.Response:
        """The desk's own metrics, for Prometheus."""
        await self.before_scrape()
        return web.Response(
            body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )


async def _nothing() -> None:
    """There is nothing to look up."""


def _headers(files_address: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Pages may show pictures of the files' own name too, where there is one."""
    headers = dict(_HEADERS)
    if files_address:
        headers[_CSP] = POLICY.replace("img-src 'self'", f"img-src 'self' {files_address.rstrip('/')}")

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        one_request_a_connection(request, response)

    return add_headers


async def _go_to_desk(_request: web.Request) -> web.Response:
    """To the page that whoever comes begins with."""
    return web.Response(status=303, headers={"Location": "/desk/"})


def _static_files() -> Handler:
    """Styles and scripts: the same for everybody, so nobody needs to be known."""
    known: Mapping[str, bytes] = {
        one.name: one.read_bytes() for one in files("callengine.desk.web").joinpath("static").iterdir()
    }

    async def static(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in known:
            raise web.HTTPNotFound
        content_type = _TYPES[name.rpartition(".")[2]]
        return web.Response(body=known[name], headers={"Content-Type": content_type, "Cache-Control": _KEPT})

    return static
