"""The figures over HTTP: what a program may read, and how it is told that it asked wrongly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callengine.http.api.figures import FiguresApi
from queues.messages.journal import AgentState, Outcome
from tests.support.centre import GENERAL, moment
from tests.unit.callengine.realtime.test_statistics import connected, does, finished, offered, tally, watch


@asynccontextmanager
async def asked() -> AsyncIterator[TestClient[Any, Any]]:
    today = tally()
    watch(today, does(0, AgentState.FREE), offered("a", 0), connected("a", 5), does(5, AgentState.TALKING))
    watch(today, finished("a", 65), does(65, AgentState.FREE), offered("b", 70))
    watch(today, finished("b", 72, Outcome.ABANDONED))

    async def flush() -> None:
        pass

    app = web.Application()
    FiguresApi(today, lambda: moment(100), flush).add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def json(client: TestClient[Any, Any], path: str, status: int = 200) -> dict[str, Any]:
    async with client.get(f"/api/v1/figures{path}") as answer:
        assert answer.status == status
        found: dict[str, Any] = await answer.json()
        return found


async def test_everything_that_must_be_shown_beside_a_figure_is_told_with_it() -> None:
    async with asked() as client:
        found = await json(client, "")
    today = found["queues"][GENERAL]["today"]
    told = today["service_level"]["offered"]
    told["interval"] = [round(end, 3) for end in told["interval"]]
    assert told == {
        "low": 0.5,
        "value": 0.5,
        "high": 0.5,
        "calls": 2,
        "interval": [0.095, 0.905],
        "enough": False,
    }
    assert found["queues"][GENERAL]["promise"] == {"target_seconds": 30, "goal": 0.88, "clock": "arrival"}
    assert (today["abandoned"], today["short_abandons"], today["outcomes"]["answered"]) == (1, 1, 1)
    assert found["agents"]["1001"]["occupancy"] == 0.6
    assert found["centre"]["15m"]["talk_time_seconds"] == 60


async def test_the_strip_has_a_whole_day_of_the_scope_that_was_asked_for() -> None:
    async with asked() as client:
        for query, offered_calls in (("", 2), ("?company=sever", 2), ("?queue=elsewhere", 0)):
            quarters = (await json(client, f"/strip{query}"))["quarters"]
            assert len(quarters) == 96
            assert sum(quarter["offered"] for quarter in quarters) == offered_calls


async def test_calls_are_told_by_the_quarter_of_an_hour_and_nothing_else_is_one() -> None:
    async with asked() as client:
        found = await json(client, "/calls?quarter=2026-11-23T12:00:00Z")
        assert [call["call"] for call in found["calls"]] == ["a", "b"]
        for wrong in ("", "?quarter=noon", "?quarter=2026-11-23T12:00:00", "?quarter=2026-11-23T12:01:00Z"):
            told = await json(client, f"/calls{wrong}", 400)
            assert "2026-11-24T14:15Z" in told["error"]
