"""Before an engine takes charge of its PBX: who is, and until when this one only looks on.

Whoever stands by has the PBX's word and nothing else of it: it sends no command, opens no call, writes no ledger. Its
metrics, its health and, where the ledger is the same one, its wallboard go on; they say who is in charge, and where.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import choose_encoder

from ami_adapters.connection.charge import boot_clock, is_certainly_free, is_stale, look, mark_dead, others_of
from ami_adapters.connection.link import AmiLink, LinkState, LinkTimes
from ami_adapters.connection.owner import Heartbeat, Owner, read_owner
from ami_adapters.protocol.errors import AmiError
from callengine.http.api.callbacks import PREFIX
from callengine.http.auth.setup import open_gate
from callengine.http.door.metrics import DoorMetrics
from callengine.http.routes import Right, Route, add_routes
from callengine.http.server import HttpServer
from callengine.metrics.charge import ChargeMetrics, InCharge
from callengine.pbx.login import login_of
from callengine.pbx.onlooker import Onlooker
from callengine.platform.clock import SystemClock
from callengine.platform.identity import is_gone
from callengine.platform.logs import get_log
from callengine.platform.systemd import notify
from callengine.realtime.figures_reader import FiguresReader
from callengine.standby.succession import Succession
from callengine.wallboard.board import Links
from callengine.wallboard.setup import open_board
from callengine.wallboard.source import BoardSource
from config.settings import Settings
from queues.live_state import CentreView
from storage.leases import Holding

LOOK_SECONDS = 1.0
_CONNECT_SECONDS = 4.0


class StandBy:
    """`until_free` returns when this engine may take charge; `ask_to_stop` ends it."""

    def __init__(
        self,
        settings: Settings,
        me: Owner,
        clock: SystemClock,
        *,
        times_lost: int = 0,
        link_times: LinkTimes | None = None,
        held: Holding | None = None,
    ) -> None:
        """`held`: by whom the ledger was refused to us."""
        self._settings = settings
        self._me = me
        self._clock = clock
        self._log = get_log("callengine.standing_by")
        self._times_lost = times_lost
        self._link_times = link_times
        self._held = held
        self._must_connect = times_lost > 0 or held is not None
        self._succession = Succession(settings.pbx.take_over_seconds)
        if held is not None:
            self._succession.wait_until(boot_clock() + max(held.seconds_left, 0.0) + LOOK_SECONDS)
        self._stop = asyncio.Event()
        self._settled = asyncio.Event()
        self._sessions = 0
        self._without_connection = 0
        self._http: HttpServer | None = None
        self._figures = FiguresReader(settings, clock)

    def ask_to_stop(self) -> None:
        """End `until_free`."""
        self._stop.set()

    async def until_free(self) -> Heartbeat | None:
        """What stood on the PBX when nobody was behind it any more; None when told to stop.

        A PBX that cannot be asked is free at the first look: the engine itself then waits for it. Raises OSError when
        the HTTP port is taken, TokenError.
        """
        onlooker = Onlooker(self._clock.now)
        pbx = self._settings.pbx
        link = AmiLink(
            login_of(pbx),
            onlooker,
            now=self._clock.now,
            log=self._log,
            times=self._link_times,
            on_state=self._on_state,
        )
        link.start()
        try:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await self._settled.wait()
            except TimeoutError:
                self._settled.set()
            while not self._stop.is_set():
                if await self._is_free(link, onlooker):
                    return self._succession.present or Heartbeat()
                await self._stand_by(link)
                notify("WATCHDOG=1")
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._stop.wait()
                except TimeoutError:
                    continue
            return None
        finally:
            await self._figures.close()
            if self._http is not None:
                await self._http.stop()
            await onlooker.leave(link)

    async def _is_free(self, link: AmiLink, onlooker: Onlooker) -> bool:
        now = boot_clock()
        if link.state is not LinkState.CONNECTED:
            return not self._must_connect
        try:
            seen = await look(link)
            certainly = await is_certainly_free(link, seen, user=self._me.user, is_gone=self._is_gone)
            others = await others_of(link, seen, self._me.user)
            pbx_now = await onlooker.pbx_now(link)
            self._sessions = others + 1
            self._must_connect = True
            self._succession.see(seen, now)
            is_free = certainly or is_stale(seen, pbx_now)
            if self._succession.may_take(now, is_free=is_free, is_certainly_free=certainly):
                return True
            await self._help_the_dialplan(link, seen, others)
        except AmiError as problem:
            self._log.info(
                "charge_unknown",
                msg="the PBX could not be asked who is in charge",
                reason=type(problem).__name__,
            )
        return False

    async def _help_the_dialplan(self, link: AmiLink, seen: Heartbeat, others: int) -> None:
        """Our own connection hides from the dialplan that the engine in charge has none."""
        self._without_connection = 0 if others or not seen.seconds else self._without_connection + 1
        if self._without_connection > 1 and seen.owner is not None:
            self._log.warning(
                "charge_holder_disconnected",
                msg="the engine in charge has no connection to the PBX",
                holder=seen.told(),
            )
            self._succession.expect(await mark_dead(link, seen.owner))

    def _is_gone(self, owner: Owner) -> bool:
        return is_gone(owner, self._me)

    def _on_state(self, state: LinkState) -> None:
        if state in {LinkState.CONNECTED, LinkState.AUTH_FAILED, LinkState.DISCONNECTED}:
            self._settled.set()

    def who(self) -> str:
        """Who is in charge, for people; "" when nobody is known to be."""
        seen = self._succession.present
        if seen is not None and not seen.is_of_nobody:
            return seen.told()
        owner = None if self._held is None else read_owner(self._held.holder)
        return "" if owner is None else owner.told()

    async def _stand_by(self, link: AmiLink) -> None:
        if self._http is None:
            self._http = await self._opened(link)
            self._log.warning(
                "engine_stands_by",
                msg="another engine is in charge of this PBX: this one dispatches and dials nothing",
                in_charge=self.who() or "nobody yet",
                pbx=self._settings.pbx.name,
                takes_over_after_seconds=self._settings.pbx.take_over_seconds,
                http_port=self._http.port,
            )
            notify("READY=1")
            notify(f"STATUS=standing by: {self.who() or 'nobody'} is in charge of the PBX")
        await self._figures.refresh(self._succession.present)

    async def _opened(self, link: AmiLink) -> HttpServer:
        settings, now = self._settings, self._clock.now
        health = self._health_of(link)
        board = open_board(
            settings,
            BoardSource(self._figures, _nobody_is_seen, self._links_of(link), now),
            version("callengine"),
        )
        http = HttpServer(
            settings.http.host,
            settings.http.port,
            _Exposition(link, self),
            health,
            api=_Refusing(self.who),
            gate=open_gate(settings, now),
            board=board,
        )
        try:
            await http.start()
        except OSError as problem:
            raise OSError(
                f"{self.who() or 'another engine'} is in charge of this PBX, and standing by is not possible: {problem}"
            ) from None
        return http

    def _health_of(self, link: AmiLink) -> Callable[[], Mapping[str, bool]]:
        return lambda: {"in_charge": False, "pbx_connected": link.state is LinkState.CONNECTED}

    def _links_of(self, link: AmiLink) -> Callable[[], Links]:
        return lambda: Links(
            pbx=link.state is LinkState.CONNECTED and self._figures.are_shared, in_charge=self.who()
        )

    def in_charge(self) -> InCharge:
        """For the metrics."""
        return InCharge(is_ours=False, who=self.who(), sessions=self._sessions)

    @property
    def times_lost(self) -> int:
        """How often this process was in charge and is not any more."""
        return self._times_lost


class _Exposition:
    """The metrics of one that stands by."""

    def __init__(self, link: AmiLink, stand_by: StandBy) -> None:
        self._registry = CollectorRegistry()
        self._link = link
        Gauge("callengine_build_info", "The running version", ["version"], registry=self._registry).labels(
            version("callengine")
        ).set(1)
        self._connected = Gauge(
            "callengine_ami_connected", "Whether the AMI link is up", registry=self._registry
        )
        ChargeMetrics(self._registry, stand_by.in_charge, stand_by.times_lost)
        self.door = DoorMetrics(self._registry)

    @staticmethod
    def form(accept: str) -> str:
        """The content type that whoever accepts this is given."""
        return choose_encoder(accept)[1]

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text for a scrape and its content type."""
        encoder, content_type = choose_encoder(accept)
        self._connected.set(self._link.state is LinkState.CONNECTED)
        return encoder(self._registry), content_type


class _Refusing:
    """The API of one that stands by: it knows whom to ask."""

    def __init__(self, who: Callable[[], str]) -> None:
        self._who = who

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        path = f"{PREFIX}/{{rest:.*}}"
        add_routes(app, [Route("*", path, self._refuse, Right.LOOK)])

    async def _refuse(self, _request: web.Request) -> web.Response:
        text = f"this engine stands by: {self._who() or 'nobody'} is in charge of the PBX; ask there"
        return web.json_response({"error": text, "in_charge": self._who()}, status=503)


def _nobody_is_seen() -> CentreView:
    return CentreView((), (), synced=False)
