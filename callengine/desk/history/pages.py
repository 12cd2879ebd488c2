"""The history's pages: carry, and decide nothing."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from aiohttp import web

from callengine.desk.cards.queries import cards_of
from callengine.desk.data.database import DeskDatabase
from callengine.desk.history.choices import RESULTS, choices_of, length, worded
from callengine.desk.history.export import MOST, Lines, Workbook, as_csv
from callengine.desk.history.filters import CallFilter, ReadFilter, read_filter
from callengine.desk.history.of_cards import among_cards
from callengine.desk.history.one_call import call_facts
from callengine.desk.history.queries import every_call, found_calls
from callengine.desk.history.rows import CallsPage, Place
from callengine.desk.history.saved import LONGEST_NAME, TooMany, forget, save, saved_by
from callengine.desk.history.sounds import Sounds
from callengine.desk.history.story import Story, story_of
from callengine.desk.knowledge.topics.queries import all_topics
from callengine.desk.knowledge.topics.records import Topic
from callengine.desk.ledger.names import Names
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from callengine.desk.web.wording import shown_number
from callengine.platform.language import Language
from storage.schema.errors import LedgerAway

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SOUND_HEADERS = {
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True, slots=True)
class HistoryPages:
    """What they stand on."""

    reader: LedgerReader
    database: DeskDatabase
    names: Names
    sounds: Sounds
    zone: ZoneInfo
    now: Callable[[], datetime]

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        one = {"call": "answered"}
        return (
            DeskRoute("GET", "/desk/calls", self.calls, Right.CALLS_SEE),
            DeskRoute("POST", "/desk/calls/export", self.export, Right.CALLS_EXPORT),
            DeskRoute("POST", "/desk/calls/filters", self.save_filter, Right.CALLS_SEE),
            DeskRoute(
                "POST",
                "/desk/calls/filters/{id}/forget",
                self.forget_filter,
                Right.CALLS_SEE,
                samples={"id": "1"},
            ),
            DeskRoute("GET", "/desk/calls/{call}", self.call, Right.CALLS_SEE, samples=one),
            DeskRoute(
                "GET",
                "/desk/calls/{call}/sounds/{sound}",
                self.sound,
                Right.RECORDINGS,
                samples={**one, "sound": "call"},
            ),
            DeskRoute(
                "GET",
                "/desk/recordings/{key}",
                self.play,
                Right.NOTHING,
                signed=True,
                samples={"key": "no-such-key"},
            ),
        )

    async def calls(self, visit: Visit) -> web.StreamResponse:
        """The list."""
        return await self._list(visit, visit.request.query)

    async def _list(
        self, visit: Visit, query: Mapping[str, str], *, status: int = 200, saving: str = "", wrong: str = ""
    ) -> web.Response:
        read = self._read(visit, query)
        below = place_of(query.get("below", ""))
        page, away = CallsPage((), None), False
        try:
            between = read.chosen.days(self.now(), self.zone)
            among = among_cards(self.database, visit.scope, read.chosen)
            page = await found_calls(self.reader, visit.scope, read.chosen, between, below=below, among=among)
        except LedgerAway:
            away = True
        async with self.database.reading() as connection:
            saved = await saved_by(connection, visit.scope)
            topics = await all_topics(connection, visit.scope)
            written = await cards_of(connection, visit.scope, [row.call for row in page.rows])
        t = visit.texts("history")
        return visit.page(
            "history/calls.html",
            status=503 if away else 422 if read.wrong and status == 200 else status,
            away=away,
            page=page,
            is_first=below is None,
            next_page=None if page.below is None else _address(read.chosen, page.below),
            first_page=_address(read.chosen, None),
            chosen=read.chosen,
            address=read.chosen.address(),
            values={"span": read.chosen.span, **read.typed},
            errors={name: t[told] for name, told in read.wrong.items()},
            choices={
                **choices_of(self.names, visit.scope, t, visit.language),
                "topic": _topics(topics, visit.language),
            },
            cards={one["call"]: one for one in written},
            names=self.names,
            saved=saved,
            saving={"name": saving},
            saving_errors={"name": t[wrong]} if wrong else {},
            word=worded(t),
            length=length,
        )

    async def save_filter(self, visit: Visit) -> web.StreamResponse:
        """By a name."""
        name = " ".join(visit.form.get("name", "").split())
        query = _parsed(visit)
        chosen = self._read(visit, query).chosen
        wrong = "" if 0 < len(name) <= LONGEST_NAME else "wrong_name"
        if not wrong:
            try:
                async with self.database.writing() as connection:
                    await save(connection, visit.scope, self.now(), name, chosen.address())
            except TooMany:
                wrong = "too_many_filters"
        if wrong:
            return await self._list(visit, query, status=422, saving=name[:LONGEST_NAME], wrong=wrong)
        return visit.see_other(_address(chosen, None))

    async def forget_filter(self, visit: Visit) -> web.StreamResponse:
        """One of his own."""
        identity = visit.request.match_info["id"]
        if not (identity.isascii() and identity.isdigit() and len(identity) < 10):
            raise NotSeen
        async with self.database.writing() as connection:
            await forget(connection, visit.scope, self.now(), int(identity))
        return visit.see_other(_address(self._read(visit, _parsed(visit)).chosen, None))

    async def call(self, visit: Visit) -> web.StreamResponse:
        """One call's story; that he looked is in the trail."""
        try:
            story = await self._story(visit)
        except LedgerAway:
            return visit.page("history/away.html", status=503)
        row = story.facts.row
        whole = visit.may(Right.WHOLE_NUMBERS)
        async with self.database.writing() as connection:
            await record(
                connection, visit.scope, self.now(), "looked", ("call", row.call[:120]), company=row.company
            )
        async with self.database.reading() as connection:
            told = [row.call, *(dial.attempt for dial in story.facts.dials if dial.attempt)]
            written = await cards_of(connection, visit.scope, told)
        found = await asyncio.to_thread(
            lambda: {sound.name for sound in story.sounds if self.sounds.find(sound.path) is not None}
        )
        t = visit.texts("history")
        return visit.page(
            "history/call.html",
            story=story,
            facts=story.facts,
            row=row,
            number=(shown_number(row.number.whole) if whole else row.number.masked) or t["withheld"],
            typed_number=story.facts.typed_number if whole else "",
            caller_name=story.facts.caller_name if whole else "",
            found=found,
            cards=written,
            address=quote(row.call, safe=""),
            names=self.names,
            results=RESULTS,
            limit=self.names.answer_limits.get(story.facts.rules or ""),
            word=worded(t),
            length=length,
        )

    async def sound(self, visit: Visit) -> web.StreamResponse:
        """To a recording, for whoever may hear it; that he did is in the trail."""
        try:
            story = await self._story(visit)
        except LedgerAway:
            raise web.HTTPServiceUnavailable from None
        name = visit.request.match_info["sound"]
        sound = next((one for one in story.sounds if one.name == name), None)
        file = None if sound is None else await asyncio.to_thread(self.sounds.find, sound.path)
        if file is None:
            raise NotSeen
        row = story.facts.row
        async with self.database.writing() as connection:
            await record(
                connection,
                visit.scope,
                self.now(),
                "heard",
                ("call", row.call[:120]),
                company=row.company,
                after={"recording": name},
            )
        return visit.see_other(f"/desk/recordings/{self.sounds.hand_out(file)}")

    async def play(self, visit: Visit) -> web.StreamResponse:
        """The file itself, or a range of it, for whoever was given this address."""
        file = self.sounds.opened_by(visit.request.match_info["key"])
        if file is None:
            raise NotSeen
        return web.FileResponse(
            file.path, chunk_size=64 * 1024, headers={**_SOUND_HEADERS, "Content-Type": file.content_type}
        )

    async def export(self, visit: Visit) -> web.StreamResponse:
        """All calls of the filter as a file; that it was taken is in the trail before its first byte."""
        form = visit.form.get("form", "")
        if form not in MOST:
            raise web.HTTPUnprocessableEntity(text="form: csv or xlsx\n")
        chosen = self._read(visit, _parsed(visit)).chosen
        whole = visit.may(Right.WHOLE_NUMBERS)
        told = {"filter": chosen.address(), "form": form, "numbers": "whole" if whole else "masked"}
        async with self.database.writing() as connection:
            await record(connection, visit.scope, self.now(), "exported", ("calls", form), after=told)
        lines = Lines(self.names, self.zone, worded(visit.texts("history")), visit.language, whole=whole)
        return await (self._csv if form == "csv" else self._xlsx)(visit, chosen, lines)

    async def _csv(self, visit: Visit, chosen: CallFilter, lines: Lines) -> web.StreamResponse:
        response = web.StreamResponse(headers=self._file_headers("csv", "text/csv; charset=utf-8"))
        await response.prepare(visit.request)
        # By this mark Excel knows UTF-8.
        await response.write("\ufeff".encode() + as_csv([lines.head()]))
        between = chosen.days(self.now(), self.zone)
        try:
            among = among_cards(self.database, visit.scope, chosen)
            async for rows in every_call(self.reader, visit.scope, chosen, between, MOST["csv"], among):
                await response.write(as_csv(lines.cells(row) for row in rows))
        except LedgerAway:
            # A file that merely ended would pass for a whole one: the browser tells of a broken download.
            if visit.request.transport is not None:
                visit.request.transport.abort()
        return response

    async def _xlsx(self, visit: Visit, chosen: CallFilter, lines: Lines) -> web.StreamResponse:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        between = chosen.days(self.now(), self.zone)
        with tempfile.TemporaryDirectory(prefix="callengine-export-") as folder:
            path = Path(folder) / "calls.xlsx"
            book = Workbook(path, lines.head())
            try:
                among = among_cards(self.database, visit.scope, chosen)
                async for rows in every_call(self.reader, visit.scope, chosen, between, MOST["xlsx"], among):
                    await asyncio.to_thread(book.add, [lines.cells(row) for row in rows])
            except LedgerAway:
                return visit.page("history/away.html", status=503)
            finally:
                await asyncio.to_thread(book.close)
            response = web.StreamResponse(headers=self._file_headers("xlsx", kind))
            await response.prepare(visit.request)
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, 256 * 1024):
                    await response.write(piece)
            return response

    def _file_headers(self, ending: str, kind: str) -> dict[str, str]:
        day = self.now().astimezone(self.zone).date().isoformat()
        return {"Content-Type": kind, "Content-Disposition": f'attachment; filename="calls-{day}.{ending}"'}

    def _read(self, visit: Visit, query: Mapping[str, str]) -> ReadFilter:
        return read_filter(query, with_number=visit.may(Right.WHOLE_NUMBERS))

    async def _story(self, visit: Visit) -> Story:
        """Raises NotSeen, LedgerAway."""
        scope, call = visit.scope, visit.request.match_info["call"]
        async with self.reader.reading() as connection:
            facts = await call_facts(connection, scope, self.reader.node, call)
        return story_of(facts, of_agents=scope.companies is None)


def _topics(topics: Sequence[Topic], language: Language) -> list[tuple[int, str]]:
    """Those that a call can be about, by name."""
    written = [(one.id, one.written) for one in topics if one.written.on_cards]
    found = [(key, one.name_ru if language == "ru" else one.name_en) for key, one in written]
    return sorted(found, key=lambda one: one[1].casefold())


def place_of(text: str) -> Place | None:
    """Where the next page begins, as an address has it; None for what is none."""
    arrived, dash, call = text.partition("-")
    if not dash or not (arrived.isascii() and arrived.isdigit() and len(arrived) <= 17):
        return None
    return Place(_EPOCH + int(arrived) * _MICROSECOND, call[:200])


def place_word(place: Place) -> str:
    """What `place_of` reads."""
    return f"{(place.arrived_at - _EPOCH) // _MICROSECOND}-{place.call}"


def _address(chosen: CallFilter, below: Place | None) -> str:
    query = chosen.address()
    if below is not None:
        place = quote(place_word(below), safe="-.")
        query += f"{'&' if query else ''}below={place}"
    return f"/desk/calls?{query}" if query else "/desk/calls"


def _parsed(visit: Visit) -> dict[str, Any]:
    """The filter that a form was made of."""
    return dict(parse_qsl(visit.form.get("query", "")[:2000]))
