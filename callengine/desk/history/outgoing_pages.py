"""Pages of the calls that agents made by hand: what each was for, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.choices import length, worded
from callengine.desk.history.filters import CallFilter, read_filter
from callengine.desk.history.sounds import Sounds
from callengine.desk.ledger.names import Names
from callengine.desk.ledger.outgoing import OutgoingCall, call_made, calls_made
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from storage.schema.errors import LedgerAway

MOST_SHOWN = 200
_PATH = "/desk/outgoing"


@dataclass(frozen=True, slots=True)
class OutgoingPages:
    """What they stand on."""

    reader: LedgerReader
    database: DeskDatabase
    names: Names
    sounds: Sounds
    zone: ZoneInfo
    now: Callable[[], datetime]

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        one = {"attempt": "outgoing_calls.attempt"}
        return (
            DeskRoute("GET", _PATH, self.list, Right.CALLS_SEE),
            DeskRoute("GET", f"{_PATH}/{{attempt}}", self.one, Right.CALLS_SEE, samples=one),
            DeskRoute("GET", f"{_PATH}/{{attempt}}/sound", self.sound, Right.RECORDINGS, samples=one),
        )

    async def list(self, visit: Visit) -> web.StreamResponse:
        """By days and company, as the list of calls."""
        t, scope = visit.texts("history"), visit.scope
        read = read_filter(visit.request.query, with_number=False)
        chosen = CallFilter(
            span=read.chosen.span,
            first=read.chosen.first,
            last=read.chosen.last,
            company=read.chosen.company,
            agent=read.chosen.agent if scope.companies is None else "",
        )
        since, until = chosen.days(self.now(), self.zone)
        found, away = [], False
        try:
            async with self.reader.reading() as connection:
                rows = await calls_made(
                    connection,
                    scope,
                    self.reader.node,
                    since,
                    until,
                    company=chosen.company,
                    agent=chosen.agent,
                    most=MOST_SHOWN + 1,
                )
            found = [_shown(one, scope) for one in rows]
        except LedgerAway:
            away = True
        return visit.page(
            "history/outgoing.html",
            status=503 if away else 422 if read.wrong else 200,
            away=away,
            rows=found[:MOST_SHOWN],
            has_more=len(found) > MOST_SHOWN,
            values={"span": chosen.span, **read.typed},
            errors={name: t[told] for name, told in read.wrong.items()},
            companies=self.names.seen_companies(scope),
            agents=sorted(self.names.agents.items(), key=lambda one: one[1].casefold())
            if scope.companies is None
            else [],
            spans=[(one, t[f"span_{one}"]) for one in ("today", "yesterday", "week", "month", "given")],
            names=self.names,
            number=_number(visit),
            word=worded(t),
            length=length,
        )

    async def one(self, visit: Visit) -> web.StreamResponse:
        """One call's story; that he looked is in the trail."""
        try:
            row = await self._found(visit)
        except LedgerAway:
            return visit.page("history/away.html", status=503)
        await self._note(visit, row, "looked")
        file = None
        if row.recording:
            file = await asyncio.to_thread(self.sounds.find, row.recording)
        return visit.page(
            "history/outgoing_call.html",
            row=row,
            moments=moments_of(row),
            address=quote(row.attempt, safe=""),
            has_file=file is not None,
            names=self.names,
            number=_number(visit),
            word=worded(visit.texts("history")),
            length=length,
        )

    async def sound(self, visit: Visit) -> web.StreamResponse:
        """To its recording, for whoever may hear it; that he did is in the trail."""
        try:
            row = await self._found(visit)
        except LedgerAway:
            raise web.HTTPServiceUnavailable from None
        file = await asyncio.to_thread(self.sounds.find, row.recording) if row.recording else None
        if file is None:
            raise NotSeen
        await self._note(visit, row, "heard")
        return visit.see_other(f"/desk/recordings/{self.sounds.hand_out(file)}")

    async def _found(self, visit: Visit) -> OutgoingCall:
        """Raises NotSeen, LedgerAway."""
        attempt = visit.request.match_info["attempt"]
        async with self.reader.reading() as connection:
            return _shown(await call_made(connection, visit.scope, self.reader.node, attempt), visit.scope)

    async def _note(self, visit: Visit, row: OutgoingCall, what: str) -> None:
        async with self.database.writing() as connection:
            subject = ("outgoing", row.attempt[:120])
            await record(connection, visit.scope, self.now(), what, subject, company=row.company)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story; `kind` names its text."""

    at: datetime
    kind: str
    after: timedelta


def moments_of(row: OutgoingCall) -> list[Moment]:
    """In the order in which they happened."""
    told = (
        (row.made_at, "asked"),
        (row.dialled_at, "dialled"),
        (row.contacted_at, "reached"),
        (row.ended_at, "over"),
    )
    return [Moment(at, f"outgoing_{kind}", at - row.made_at) for at, kind in told if at is not None]


def _shown(row: OutgoingCall, scope: Scope) -> OutgoingCall:
    """To a company only agents who spoke with whom they called (P20)."""
    if scope.companies is None or row.contacted_at is not None:
        return row
    return replace(row, agent="", by="")


def _number(visit: Visit) -> Callable[[OutgoingCall], str]:
    """Whole for whoever may see numbers; a service number for everybody."""
    whole, t = visit.may(Right.WHOLE_NUMBERS), visit.texts("history")

    def number(row: OutgoingCall) -> str:
        shown = row.number.whole if whole or row.is_service else row.number.masked
        return shown or t["number_forgotten"]

    return number
