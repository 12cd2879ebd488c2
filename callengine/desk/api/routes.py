"""The API's handlers: read the parameters, ask the subject by the scope, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy import RowMapping

from callengine.desk.accounts.parts import number_in
from callengine.desk.api.answers import (
    ArticleAnswer,
    ArticlesAnswer,
    CallAnswer,
    CallsAnswer,
    HouseAnswer,
    HousesAnswer,
    MomentAnswer,
    StoryAnswer,
    Wrong,
)
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.queries import PAGE, house_card, list_houses
from callengine.desk.history.filters import CALLBACKS, SPANS, YES_NO, read_filter
from callengine.desk.history.one_call import call_facts
from callengine.desk.history.pages import place_of, place_word
from callengine.desk.history.queries import found_calls
from callengine.desk.history.rows import CallRow
from callengine.desk.history.story import story_of
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.knowledge.queries import article, latest
from callengine.desk.knowledge.records import Article
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.trail import record
from callengine.desk.web.gate import API
from callengine.desk.web.routes import DeskRoute, Told
from callengine.desk.web.visit import Visit
from queues.messages.journal import Outcome, ServedBy
from sla.compliance import Verdict
from storage.schema.errors import LedgerAway

_V1: Final = f"{API}v1"
_MOST_CALLS: Final = 200
_MOST_ARTICLES: Final = 200


def _text(description: str, **more: Any) -> Mapping[str, Any]:
    return {"type": "string", "description": description, **more}


_SECONDS: Final = "whole seconds, or minutes and seconds as 1:30"
_COMPANY: Final = {"company": _text("only this company")}
_OF_CALLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "span": _text("which days; without it the last seven", enum=[one for one in SPANS if one != "given"]),
    "first": _text("the first day, of the centre's time", format="date"),
    "last": _text("the last day, included", format="date"),
    **_COMPANY,
    "line": _text("only calls to this number of ours"),
    "queue": _text("only this queue"),
    "outcome": _text("how it ended; open: still on the line", enum=["open", *(one.value for one in Outcome)]),
    "verdict": _text("of the law's rule", enum=[one.value for one in Verdict]),
    "served_by": _text("who gave it to an agent", enum=[one.value for one in ServedBy]),
    "agent": _text("answered, or took the conversation over"),
    "number": _text(
        "of the caller, as much of its end as is known; needs whole_numbers, else it is passed over"
    ),
    "waited_from": _text(_SECONDS),
    "waited_to": _text(_SECONDS),
    "talked_from": _text(_SECONDS),
    "talked_to": _text(_SECONDS),
    "callback": _text("what became of what was owed", enum=[one for one in CALLBACKS if one]),
    "recording": _text("whether there is one", enum=[one for one in YES_NO if one]),
    "message": _text("whether he left one", enum=[one for one in YES_NO if one]),
    "below": _text("where the page begins, as the page before told it"),
    "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_CALLS, "description": "calls of a page; 50"},
}


@dataclass(frozen=True, slots=True)
class Api:
    """What it stands on."""

    database: DeskDatabase
    reader: LedgerReader
    zone: ZoneInfo
    now: Callable[[], datetime]
    attachments: Attachments
    """Addresses of articles' pictures and files, for an hour at most."""

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them; the document is made of them."""
        return (
            DeskRoute(
                "GET",
                f"{_V1}/calls",
                self.calls,
                Right.CALLS_SEE,
                told=Told("Calls that pass the filter, the latest first", CallsAnswer, _OF_CALLS, Wrong),
            ),
            DeskRoute(
                "GET",
                f"{_V1}/calls/{{call}}",
                self.call,
                Right.CALLS_SEE,
                samples={"call": "calls.call"},
                told=Told("One call's whole story; that it was read is in the access trail", StoryAnswer),
            ),
            DeskRoute(
                "GET",
                f"{_V1}/houses",
                self.houses,
                Right.DIRECTORY_READ,
                told=Told(
                    "Houses by their address",
                    HousesAnswer,
                    {**_COMPANY, "after": _text("where the page begins, as the page before told it")},
                ),
            ),
            DeskRoute(
                "GET",
                f"{_V1}/houses/{{house}}",
                self.house,
                Right.DIRECTORY_READ,
                samples={"house": "houses.id"},
                told=Told("One house", HouseAnswer),
            ),
            DeskRoute(
                "GET",
                f"{_V1}/articles",
                self.articles,
                Right.KNOWLEDGE_READ,
                told=Told(
                    "Published articles of the knowledge base, pinned ones first",
                    ArticlesAnswer,
                    {**_COMPANY, "topic": _text("only this topic")},
                ),
            ),
            DeskRoute(
                "GET",
                f"{_V1}/articles/{{article}}",
                self.article,
                Right.KNOWLEDGE_READ,
                samples={"article": "articles.id"},
                told=Told("One published article", ArticleAnswer),
            ),
        )

    async def calls(self, visit: Visit) -> web.Response:
        """A page."""
        query = visit.request.query
        read = read_filter(query, with_number=visit.may(Right.WHOLE_NUMBERS))
        texts = visit.texts("history")
        wrong = {name: texts[told] for name, told in read.wrong.items()}
        below, limit = place_of(query.get("below", "")), query.get("limit", "50")
        if query.get("below") and below is None:
            wrong["below"] = "take it as the page before told it, unchanged"
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _MOST_CALLS):
            wrong["limit"] = f"a whole number from 1 to {_MOST_CALLS}"
        if wrong:
            return _json(Wrong(error="a parameter is wrong: nothing was searched", fields=wrong), 422)
        try:
            page = await found_calls(
                self.reader,
                visit.scope,
                read.chosen,
                read.chosen.days(self.now(), self.zone),
                below=below,
                size=int(limit),
            )
        except LedgerAway as problem:
            raise _away(problem) from None
        whole = visit.may(Right.WHOLE_NUMBERS)
        more = None if page.below is None else place_word(page.below)
        return _json(CallsAnswer(calls=[_call(row, whole=whole) for row in page.rows], below=more))

    async def call(self, visit: Visit) -> web.Response:
        """One of them, told line by line."""
        scope, name = visit.scope, visit.request.match_info["call"]
        try:
            async with self.reader.reading() as connection:
                facts = await call_facts(connection, scope, self.reader.node, name)
        except LedgerAway as problem:
            raise _away(problem) from None
        story = story_of(facts, of_agents=scope.companies is None)
        row = facts.row
        async with self.database.writing() as connection:
            await record(
                connection, scope, self.now(), "looked", ("call", row.call[:120]), company=row.company
            )
        moments = [
            MomentAnswer(
                at=one.at,
                kind=one.kind,
                after_seconds=one.after.total_seconds(),
                agent=one.agent,
                result=one.result,
                note=one.note,
                lasted_seconds=_seconds(one.lasted),
            )
            for one in story.moments
        ]
        return _json(StoryAnswer(call=_call(row, whole=visit.may(Right.WHOLE_NUMBERS)), moments=moments))

    async def houses(self, visit: Visit) -> web.Response:
        """A page."""
        query = visit.request.query
        async with self.database.reading() as connection:
            rows = await list_houses(
                connection,
                visit.scope,
                company=query.get("company", "")[:60] or None,
                after=query.get("after", "")[:260],
            )
        shown = rows[:PAGE]
        more = str(shown[-1]["label"]) if len(rows) > PAGE else None
        return _json(HousesAnswer(houses=[_house(row) for row in shown], after=more))

    async def house(self, visit: Visit) -> web.Response:
        """One of them."""
        async with self.database.reading() as connection:
            card = await house_card(connection, visit.scope, number_in(visit, "house"))
        return _json(_house(card.house))

    async def articles(self, visit: Visit) -> web.Response:
        """A list."""
        query = visit.request.query
        async with self.database.reading() as connection:
            found = await latest(
                connection,
                visit.scope,
                company=query.get("company", "")[:60] or None,
                topic=query.get("topic", "")[:60] or None,
                limit=_MOST_ARTICLES,
            )
            found = await self.attachments.shown(connection, visit.scope, found)
        return _json(ArticlesAnswer(articles=[_article(one) for one in found if one.holds_at(self.now())]))

    async def article(self, visit: Visit) -> web.Response:
        """One of them."""
        async with self.database.reading() as connection:
            one = await article(connection, visit.scope, number_in(visit, "article"))
            (found,) = await self.attachments.shown(connection, visit.scope, [one])
        if not found.holds_at(self.now()):
            raise NotSeen
        return _json(_article(found))


def _json(answer: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=answer.model_dump_json(), status=status, content_type="application/json")


def _away(problem: LedgerAway) -> web.HTTPServiceUnavailable:
    return web.HTTPServiceUnavailable(text=f"the ledger does not answer: {problem}; ask again later\n")


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _call(row: CallRow, *, whole: bool) -> CallAnswer:
    return CallAnswer(
        call=row.call,
        company=row.company,
        did=row.did,
        line_kind=row.line_kind,
        queue=row.queue,
        number=row.number.whole if whole else row.number.masked,
        arrived_at=row.arrived_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        waited_seconds=_seconds(row.waited),
        talked_seconds=_seconds(row.talked),
        agent=row.agent,
        outcome=row.outcome,
        served_by=row.served_by,
        verdict=row.verdict,
        callback=row.callback,
        due_at=row.due_at,
        contacted_at=row.contacted_at,
        has_recording=row.has_recording,
        message_at=row.message_at,
    )


def _house(row: RowMapping) -> HouseAnswer:
    return HouseAnswer(**{name: row[name] for name in HouseAnswer.model_fields})


def _article(one: Article) -> ArticleAnswer:
    return ArticleAnswer(
        id=one.id,
        company=one.company,
        topic=one.topic,
        title=one.title,
        pinned=one.pinned,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        version=one.published_version,
        published_at=one.published_at,
        html=one.html,
        plain=one.plain,
    )
