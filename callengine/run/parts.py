"""Parts of the engine, put together from its settings and from what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version

from ami_adapters.connection.charge import Charge
from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.http.api.callbacks import CallbackApi
from callengine.http.api.figures import FiguresApi
from callengine.http.api.openapi import OpenApi
from callengine.http.auth.middleware import Gate
from callengine.http.server import HttpServer
from callengine.metrics.registry import Metrics
from callengine.realtime.statistics import RealtimeStatistics
from callengine.run.condition import in_charge
from callengine.wallboard.routes import BoardRoutes
from config.settings import Settings
from queues.dispatcher import Dispatcher
from queues.policy import CentrePolicy


def metrics_of(
    settings: Settings,
    policy: CentrePolicy,
    tally: RealtimeStatistics,
    dispatcher: Dispatcher,
    pbx: PbxConnection,
    charge: Charge,
    now: Callable[[], datetime],
    times_lost: int,
) -> Metrics:
    """What Prometheus is told. `times_lost`: how often this process lost the charge of its PBX."""
    return Metrics(
        policy.queues,
        sorted({line.company for line in policy.lines.values()}),
        tally=tally,
        view=dispatcher.view,
        now=now,
        version=version("callengine"),
        trunks=pbx.trunks,
        agents={agent: profile.queues for agent, profile in policy.agents.items()},
        last_event_at=lambda: pbx.last_event_at,
        pauses=settings.pause_names,
        in_charge=lambda: in_charge(charge),
        times_lost=times_lost,
    )


def http_door(
    settings: Settings,
    metrics: Metrics,
    health: Callable[[], Mapping[str, bool]],
    *,
    gate: Gate,
    api: CallbackApi,
    figures: FiguresApi,
    board: BoardRoutes,
    sheds: Callable[[], bool],
) -> HttpServer:
    """To be started."""
    return HttpServer(
        settings.http.host,
        settings.http.port,
        metrics,
        health,
        api=api,
        control=settings.http.control_socket,
        gate=gate,
        figures=figures,
        document=OpenApi(version("callengine")),
        board=board,
        sheds=sheds,
        connections=settings.http.connections,
    )
