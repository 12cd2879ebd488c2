"""The desk's own door: `/healthz`, `/readyz`, `/metrics`. Nothing personal is behind it."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from callengine.desk.engine_link.follower import EngineFollower
from callengine.platform.listeners import port_of, tcp_listeners
from callengine.platform.start_errors import StartError

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Server": "callengine",
}


class DeskServer:
    """`start`, then `stop`."""

    def __init__(self, host: str, port: int, engine: EngineFollower) -> None:
        self._host = host
        self._wanted_port = port
        self._engine = engine
        self._registry = CollectorRegistry()
        self._runner: web.AppRunner | None = None
        self.port = 0
        """The one that is listened on, also when 0 was asked for."""
        heard = Gauge(
            "callengine_desk_engine_heard", "Whether the desk hears the engine", registry=self._registry
        )
        heard.set_function(lambda: float(engine.is_heard))
        engine.on_restart = Counter(
            "callengine_desk_stream_restarts",
            "Times the desk began anew with a snapshot of the engine",
            registry=self._registry,
        ).inc
        Gauge("callengine_desk_calls", "Calls that the desk sees", registry=self._registry).set_function(
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
        app = web.Application(client_max_size=64 * 1024)
        app.on_response_prepare.append(_add_headers)
        app.router.add_get("/healthz", self._get_healthz)
        app.router.add_get("/readyz", self._get_readyz)
        app.router.add_get("/metrics", self._get_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        for listener in listeners:
            await web.SockSite(self._runner, listener).start()
        self.port = port_of(listeners[0])

    async def stop(self) -> None:
        """Close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _get_healthz(self, _request: web.Request) -> web.Response:
        """200 while the process turns."""
        return web.json_response({"alive": True})

    async def _get_readyz(self, _request: web.Request) -> web.Response:
        """200 when live calls are seen, else 503; each condition by name."""
        heard, picture = self._engine.is_heard, self._engine.picture
        conditions = {
            "engine_heard": heard,
            "pbx_synced": heard and picture is not None and picture.synced,
        }
        ready = all(conditions.values())
        return web.json_response({"ready": ready, "conditions": conditions}, status=200 if ready else 503)

    async def _get_metrics(self, _request: web.Request) -> web.Response:
        """The desk's own metrics, for Prometheus."""
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers[name] = value
