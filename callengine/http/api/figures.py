"""The live figures over HTTP: read-only, without a number in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from callengine.http.api.callbacks import PREFIX
from callengine.http.routes import Described, Right, Route, add_routes
from callengine.realtime.figures_json import centre_json, quarters_json, sums_json
from callengine.realtime.statistics import RealtimeStatistics
from queues.terms.identifiers import CompanyId, QueueName
from sla.quarters import quarter_of

_SETTLED_WITHIN_SECONDS = 10.0
_ALL = "All live figures: centre, queues, companies, agents (docs/figures.md)"
_STRIP = "96 quarters of an hour that end now"
_SUMS = "The sums that the figures are quotients of"
_CALLS = "Calls of one quarter of an hour"


class FiguresApi:
    """The routes below `/api/v1/figures`. What is large is written in a thread."""

    def __init__(
        self, tally: RealtimeStatistics, now: Callable[[], datetime], flush: Callable[[], Awaitable[None]]
    ) -> None:
        self._tally = tally
        self._now = now
        self._flush = flush

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        look, figures = Right.LOOK, f"{PREFIX}/figures"
        add_routes(
            app,
            (
                Route("GET", figures, self._all, look, Described(_ALL)),
                Route(
                    "GET", f"{figures}/strip", self._strip, look, Described(_STRIP, asks=("queue", "company"))
                ),
                Route("GET", f"{figures}/sums", self._sums, look, Described(_SUMS)),
                Route("GET", f"{figures}/calls", self._calls, look, Described(_CALLS, asks=("quarter",))),
            ),
        )

    async def _all(self, _request: web.Request) -> web.Response:
        taken = self._tally.take(self._now())
        return web.json_response(await asyncio.to_thread(centre_json, taken))

    async def _strip(self, request: web.Request) -> web.Response:
        queue, company = request.query.get("queue"), request.query.get("company")
        quarters = self._tally.quarters(
            self._now(),
            queue=None if queue is None else QueueName(queue),
            company=None if company is None else CompanyId(company),
        )
        return web.json_response({"quarters": await asyncio.to_thread(quarters_json, quarters)})

    async def _sums(self, _request: web.Request) -> web.Response:
        await self._settle()
        shown = self._tally.shown(self._now())
        return web.json_response(await asyncio.to_thread(sums_json, shown))

    async def _calls(self, request: web.Request) -> web.Response:
        """Calls that arrived in one quarter of an hour: never so many that the loop would stall."""
        quarter = _quarter(request)
        await self._settle()
        return web.json_response(self._tally.quarter(quarter))

    async def _settle(self) -> None:
        """What is counted is in the ledger then: the two can be compared."""
        try:
            async with asyncio.timeout(_SETTLED_WITHIN_SECONDS):
                await self._flush()
        except TimeoutError:
            body = web.json_response({"error": "the ledger does not take what was decided"}).text
            raise web.HTTPServiceUnavailable(text=body, content_type="application/json") from None


def _quarter(request: web.Request) -> datetime:
    text = request.query.get("quarter", "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or quarter_of(moment) != moment:
        told = (
            f"quarter: {text!r} must be the start of a quarter of an hour with its zone, as 2026-11-24T14:15Z"
        )
        body = web.json_response({"error": told}).text
        raise web.HTTPBadRequest(text=body, content_type="application/json")
    return moment.astimezone(UTC)
