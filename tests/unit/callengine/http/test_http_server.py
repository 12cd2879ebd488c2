"""What a scraper and a service manager are told over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from callengine.http.server import HttpServer
from callengine.metrics.registry import Metrics
from callengine.realtime.statistics import RealtimeStatistics
from queues.live_state import CentreView
from sla.call_facts import Promise
from tests.support.centre import GENERAL, moment


def some_metrics() -> Metrics:
    return Metrics(
        [GENERAL],
        [],
        tally=RealtimeStatistics({GENERAL: Promise()}, ZoneInfo("UTC"), moment(0)),
        view=lambda: CentreView((), (), synced=True),
        now=lambda: moment(0),
        version="0",
    )


@asynccontextmanager
async def served(conditions: dict[str, bool]) -> AsyncIterator[aiohttp.ClientSession]:
    server = HttpServer("127.0.0.1", 0, some_metrics(), lambda: conditions)
    await server.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as client:
            yield client
    finally:
        await server.stop()


async def test_prometheus_gets_its_text() -> None:
    async with served({}) as client, client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert "callengine_calls_offered_total" in await answer.text()


async def test_ready_only_when_every_condition_holds_and_the_missing_one_is_named() -> None:
    conditions = {"pbx_connected": False, "ledger_writes": True}
    async with served(conditions) as client:
        async with client.get("/readyz") as answer:
            assert answer.status == 503
            assert await answer.json() == {"ready": False, "conditions": conditions}
        async with client.get("/healthz") as answer:
            assert answer.status == 200  # A restart would not cure an absent PBX.
        conditions["pbx_connected"] = True
        async with client.get("/readyz") as answer:
            assert answer.status == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd"])
async def test_nothing_else_is_served(path: str) -> None:
    async with served({}) as client, client.get(path) as answer:
        assert answer.status == 404


async def test_answers_are_neither_cached_nor_taken_for_something_else() -> None:
    async with served({}) as client, client.get("/readyz") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_taken_port_is_an_error_at_start() -> None:
    first = HttpServer("127.0.0.1", 0, some_metrics(), dict)
    await first.start()
    second = HttpServer("127.0.0.1", first.port, some_metrics(), dict)
    with pytest.raises(OSError, match=r"http\.port: .* is taken by another program"):
        await second.start()
    await second.stop()
    await first.stop()
