"""The access trail: who opened whose card, who changed what from what to what."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy import RowMapping

from callengine.desk.accounts.parts import Parts
from callengine.desk.accounts.trail_words import TrailWords
from callengine.desk.people.queries import PAGE, TrailFilter, find_in_trail
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_FIELDS = ("since", "until", "who", "action", "kind", "subject_id", "company")


class TrailPages:
    """One page that searches."""

    def __init__(self, parts: Parts, zone: ZoneInfo) -> None:
        self._parts = parts
        self._zone = zone

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        return (DeskRoute("GET", "/desk/trail", self.show, Right.TRAIL),)

    async def show(self, visit: Visit) -> web.Response:
        """What was looked for, the newest first."""
        query = visit.request.query
        values = {name: query.get(name, "").strip()[:200] for name in _FIELDS}
        errors, wanted = self._filter(visit, values)
        rows: list[RowMapping] = []
        if not errors:
            async with self._parts.database.reading() as connection:
                rows = list(await find_in_trail(connection, visit.scope, wanted))
        more = len(rows) > PAGE
        rows = rows[:PAGE]
        older = ""
        if more:
            asked = {name: value for name, value in values.items() if value}
            older = f"/desk/trail?{urlencode({**asked, 'before': rows[-1]['id']})}"
        return visit.page(
            "accounts/trail.html",
            status=422 if errors else 200,
            rows=rows,
            words=TrailWords(visit.language, self._parts.roster),
            values=values,
            errors=errors,
            older=older,
            names=self._parts.roster,
        )

    def _filter(self, visit: Visit, values: dict[str, str]) -> tuple[dict[str, str], TrailFilter]:
        text = visit.texts("accounts")["wrong_date"]
        errors, days = {}, {}
        for name in ("since", "until"):
            try:
                days[name] = self._day(values[name])
            except ValueError:
                errors[name] = text
        since, until = days.get("since"), days.get("until")
        before = visit.request.query.get("before", "")
        return errors, TrailFilter(
            since,
            until + timedelta(days=1) if until is not None else None,
            values["who"],
            values["action"],
            values["kind"],
            values["subject_id"],
            values["company"],
            int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None,
        )

    def _day(self, text: str) -> datetime | None:
        """Its beginning by the centre's clock. Raises ValueError."""
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=self._zone) if text else None
