"""A company's page, its stream, and the papers that it takes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.company.board import Board, board_of
from callengine.desk.company.papers import FORMS, KINDS, read_paper, report_today, text_of
from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.ledger.names import Names
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.streams import PageStream
from callengine.desk.web.visit import Visit
from callengine.reports.model import PeriodReport
from config.settings import Settings
from storage.schema.errors import LedgerError

REGIONS = ("away", "figures", "now", "owed")
"""Of the page: `company/<name>.html` each, read-only, patched by the stream."""
FRESH = timedelta(seconds=10)
"""Figures of today are read anew after so long, once for all who look."""
_AWAY = (LedgerError, SQLAlchemyError, OSError, TimeoutError)


class Figures:
    """Today's figures by company, as old as FRESH at most; None while the ledger cannot be read."""

    def __init__(self, reader: LedgerReader, settings: Settings, now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._settings = settings
        self._now = now
        self._known: dict[str, tuple[datetime, PeriodReport | None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def today(self, scope: Scope, company: str) -> PeriodReport | None:
        """Raises NotSeen."""
        scope.require(company)
        async with self._locks.setdefault(company, asyncio.Lock()):
            read_at, report = self._known.get(company, (None, None))
            now = self._now()
            if read_at is None or now - read_at >= FRESH:
                report = None
                with suppress(*_AWAY):
                    report = await report_today(self._reader, scope, self._settings, company, now)
                self._known[company] = (now, report)
            return report


@dataclass(frozen=True, slots=True)
class CompanyPages:
    """What they stand on."""

    follower: EngineFollower
    reader: LedgerReader
    database: DeskDatabase
    settings: Settings
    names: Names
    now: Callable[[], datetime]
    figures: Figures = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", Figures(self.reader, self.settings, self.now))

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        return (
            DeskRoute("GET", "/desk/company", self.company, Right.COMPANY_PAGE),
            DeskRoute("GET", "/desk/company/stream", self.stream, Right.COMPANY_PAGE),
            DeskRoute("POST", "/desk/company/papers", self.paper, Right.COMPANY_PAGE),
        )

    async def company(self, visit: Visit) -> web.StreamResponse:
        """The whole page, as it is now; the stream goes on from there."""
        return await self._page(visit, self._company(visit, visit.request.query.get("company", "")))

    async def stream(self, visit: Visit) -> web.StreamResponse:
        """The regions, whenever something of this company happens, and its figures as they grow."""
        company = self._company(visit, visit.request.query.get("company", ""))
        page = PageStream()
        feeding = asyncio.create_task(self._feed(visit, company, page), name="company stream")
        try:
            return await page.serve(visit.request)
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding

    async def _feed(self, visit: Visit, company: str, page: PageStream) -> None:
        ageing = asyncio.create_task(self._feed_figures(visit, company, page), name="company figures")
        try:
            with self.follower.subscribe() as subscription:
                async for _ in subscription:
                    self._show(visit, page, self._live(visit, company), ("away", "now", "owed"))
        finally:
            ageing.cancel()

    async def _feed_figures(self, visit: Visit, company: str, page: PageStream) -> None:
        while True:
            values = self._live(visit, company)
            values["report"] = await self.figures.today(visit.scope, company)
            self._show(visit, page, values, ("figures",))
            await asyncio.sleep(FRESH.total_seconds())

    def _show(
        self, visit: Visit, page: PageStream, values: Mapping[str, Any], regions: tuple[str, ...]
    ) -> None:
        page.show(
            {name: visit.drawing.part(visit.language, f"company/{name}.html", values) for name in regions}
        )

    def _live(self, visit: Visit, company: str) -> dict[str, Any]:
        picture = self.follower.picture
        return {
            "board": Board((), (), (), 0) if picture is None else board_of(picture, self.names, company),
            "heard": self.follower.is_heard,
            "known": picture is not None,
            "synced": picture is not None and picture.synced,
            "report": None,
            "length": _length,
            "now": self.now(),
            "whole": visit.may(Right.WHOLE_NUMBERS),
        }

    async def paper(self, visit: Visit) -> web.StreamResponse:
        """A report or the evidence of a month, as a file; that it was taken is in the trail."""
        form = visit.form
        company = self._company(visit, form.get("company", ""))
        zone = ZoneInfo(self.settings.centre.time_zone)
        try:
            asked = read_paper(
                company, form.get("kind", ""), form.get("month", ""), form.get("form", ""), zone
            )
        except ValueError as problem:
            return await self._page(visit, company, {str(problem): f"wrong_{problem}"})
        if asked.month.start >= self.now():
            return await self._page(visit, company, {"month": "wrong_future"})
        after = {"month": f"{asked.month.first:%Y-%m}", "form": asked.form}
        async with self.database.writing() as connection:
            await record(
                connection,
                visit.scope,
                self.now(),
                "exported",
                ("report", asked.kind),
                company=company,
                after=after,
            )
        try:
            text = await text_of(self.reader, visit.scope, self.settings, asked, visit.language, self.now())
        except _AWAY:
            return await self._page(visit, company, {"month": "ledger_away"}, status=503)
        return web.Response(
            body=text.encode(),
            headers={
                "Content-Type": f"{FORMS[asked.form]}; charset=utf-8",
                "Content-Disposition": f'attachment; filename="{asked.file_name}"',
                "Content-Security-Policy": "sandbox",
            },
        )

    def _company(self, visit: Visit, asked: str) -> str:
        """The one that is asked for, or his first. Raises NotSeen."""
        own = [one for one, _ in self.names.seen_companies(visit.scope)]
        if not own or (asked and asked not in own):
            raise NotSeen
        return asked or own[0]

    async def _page(
        self, visit: Visit, company: str, wrong: Mapping[str, str] | None = None, *, status: int = 422
    ) -> web.Response:
        t = visit.texts("company")
        today = self.now().astimezone(ZoneInfo(self.settings.centre.time_zone)).date()
        values = self._live(visit, company)
        values["report"] = await self.figures.today(visit.scope, company)
        last_month = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
        return visit.page(
            "company/company.html",
            status=status if wrong else 200,
            company=company,
            company_name=self.names.company(company),
            companies=self.names.seen_companies(visit.scope),
            kinds=[(one, t[f"kind_{one}"]) for one in KINDS],
            values={"month": last_month, **visit.form},
            errors={name: t[told] for name, told in (wrong or {}).items()},
            this_month=today.strftime("%Y-%m"),
            **values,
        )


def _length(span: timedelta | None) -> str:
    if span is None:
        return "—"
    seconds = round(span.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02}"
