"""The history of calls on both databases: every filter, page by page, one call's story, nothing of another company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from callengine.desk.history.filters import CallFilter
from callengine.desk.history.one_call import call_facts
from callengine.desk.history.queries import every_call, found_calls
from callengine.desk.history.story import Story, story_of
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import NotSeen, Scope
from storage.schema.database import ledger_url
from tests.support.centre import NOON, moment
from tests.support.told_calls import CANARY, NODE, TODAY, a_call, told_ledger

SUPERVISOR = Scope(1, "Петрова", Role.SUPERVISOR, None)
SEVER = Scope(2, "Север", Role.COMPANY, frozenset({"sever"}))
NOBODYS = Scope(3, "none", Role.COMPANY, frozenset())
MANY = [a_call(f"m{n:03}", NOON - timedelta(days=3, seconds=n // 3)) for n in range(130)]
ALL = [
    *("waiting", "fallback", "withheld", "message", "yug-2", "owed", "late", "kept", "yug-1", "passed-on"),
    "answered",
]


@pytest.fixture(params=["sqlite", "postgresql"])
async def reader(request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[LedgerReader]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if sqlite else str(request.getfixturevalue("postgres_url"))
    await told_ledger(url, *MANY)
    opened = LedgerReader(ledger_url(url), NODE)
    yield opened
    await opened.close()


async def found(reader: LedgerReader, scope: Scope = SUPERVISOR, **chosen: Any) -> list[str]:
    page = await found_calls(reader, scope, CallFilter(**chosen), TODAY)
    assert page.below is None
    return [row.call for row in page.rows]


async def story(reader: LedgerReader, scope: Scope, call: str) -> Story:
    async with reader.reading() as connection:
        facts = await call_facts(connection, scope, NODE, call)
    return story_of(facts, of_agents=scope.companies is None)


async def test_each_filter_finds_what_it_says_and_nothing_else(reader: LedgerReader) -> None:
    for chosen, calls in (
        ({}, ALL),
        ({"company": "yug"}, ["yug-2", "yug-1"]),
        ({"line": "74951234501", "queue": "emergency"}, ["fallback"]),
        ({"outcome": "message_left"}, ["message"]),
        ({"outcome": "open"}, ["waiting"]),
        ({"verdict": "broken"}, ["withheld", "late"]),
        ({"verdict": "pending"}, ["waiting", "yug-2", "owed"]),
        ({"served_by": "fallback"}, ["fallback"]),
        ({"agent": "1002"}, ["yug-1", "passed-on"]),
        ({"number": "9161234567"}, ["answered"]),
        ({"number": "9160000008"}, ["fallback"]),
        ({"number": "0003"}, ["kept"]),
        ({"number": "withheld"}, ["withheld"]),
        ({"number": "%"}, []),
        ({"waited_from": 90}, ["passed-on"]),
        (
            {"waited_from": 40, "waited_to": 40, "outcome": "abandoned"},
            ["withheld", "yug-2", "owed", "late", "kept"],
        ),
        ({"talked_from": 100}, ["passed-on"]),
        ({"talked_to": 60}, ["fallback", "yug-1", "answered"]),
        ({"callback": "owed"}, ["yug-2", "owed"]),
        ({"callback": "kept"}, ["kept"]),
        ({"callback": "late"}, ["late"]),
        ({"callback": "none", "outcome": "abandoned"}, ["withheld"]),
        ({"recording": "yes"}, ["kept", "yug-1", "answered"]),
        ({"recording": "no", "outcome": "answered"}, ["fallback", "passed-on"]),
        ({"message": "yes"}, ["message"]),
    ):
        assert await found(reader, **chosen) == calls, chosen


async def test_pages_follow_each_other_without_a_gap_or_a_double(reader: LedgerReader) -> None:
    between = (NOON - timedelta(days=30), NOON + timedelta(days=1))
    seen: list[str] = []
    below = None
    while True:
        page = await found_calls(reader, SUPERVISOR, CallFilter(), between, below=below, size=7)
        seen += [row.call for row in page.rows]
        if (below := page.below) is None:
            break
        assert len(page.rows) == 7
    assert seen == [
        *ALL,
        *sorted((row["call"] for row in MANY), key=lambda call: (int(call[1:]) // 3, -int(call[1:]))),
    ]
    exported = [
        row.call
        async for rows in every_call(reader, SUPERVISOR, CallFilter(), between, 10_000)
        for row in rows
    ]
    assert exported == seen
    some = [
        row.call async for rows in every_call(reader, SUPERVISOR, CallFilter(), between, 5) for row in rows
    ]
    assert some == seen[:5]


async def test_a_search_whose_time_is_over_says_how_far_it_came_and_goes_on(reader: LedgerReader) -> None:
    between = (NOON - timedelta(days=20), NOON + timedelta(days=1))
    chosen, below, pages = CallFilter(number="withheld"), None, 0
    seen: list[str] = []
    while True:
        page = await found_calls(reader, SUPERVISOR, chosen, between, below=below, seconds=0)
        seen += [row.call for row in page.rows]
        pages += 1
        below = page.below
        if page.searched_to is None:
            break
    assert below is None
    assert seen == ["withheld"]
    assert 2 <= pages <= 22


async def test_a_company_finds_its_own_calls_whatever_it_asks_for(reader: LedgerReader) -> None:
    own = [call for call in ALL if not call.startswith("yug")]
    assert await found(reader, SEVER) == own
    for chosen in (
        {"company": "yug"},
        {"line": f"{CANARY}-did"},
        {"queue": "yug-queue"},
        {"number": "9169999999"},
    ):
        assert await found(reader, SEVER, **chosen) == []
    assert await found(reader, NOBODYS) == []
    page = await found_calls(reader, SEVER, CallFilter(), TODAY)
    assert CANARY not in repr(page)
    for call in ("yug-1", "yug-2", "no-such-call"):
        with pytest.raises(NotSeen):
            await story(reader, SEVER, call)


async def test_a_story_tells_offers_answer_and_transfer_in_their_order(reader: LedgerReader) -> None:
    told = await story(reader, SUPERVISOR, "passed-on")
    assert [(one.kind, one.agent, one.result) for one in told.moments] == [
        ("arrived", "", ""),
        ("queued", "", ""),
        ("offered", "1002", ""),
        ("not_taken", "1002", "no_answer"),
        ("offered", "1001", ""),
        ("answered", "1001", ""),
        ("judged", "", "answered_in_time"),
        ("took_over", "1002", ""),
        ("ended", "", "answered"),
    ]
    assert told.moments[3].lasted == timedelta(seconds=20)
    assert told.moments[-1].lasted == timedelta(seconds=310)


async def test_a_story_tells_what_was_owed_and_each_dial_of_it(reader: LedgerReader) -> None:
    told = await story(reader, SUPERVISOR, "kept")
    assert [(one.kind, one.agent, one.result) for one in told.moments if one.at >= moment(240)] == [
        ("ended", "", "abandoned"),
        ("owed", "", ""),
        ("claimed", "1002", ""),
        ("dial_over", "", "agent_did_not_answer"),
        ("claimed", "1001", ""),
        ("dialled", "", ""),
        ("judged", "", "contacted_in_time"),
        ("contacted", "1001", ""),
        ("dial_over", "", "contacted"),
        ("disposed", "1001", "reached"),
        ("closed", "", "contacted"),
    ]
    assert [sound.name for sound in told.sounds] == ["dial-2"]
    owed = await story(reader, SUPERVISOR, "owed")
    assert [(one.kind, one.result) for one in owed.moments][-2:] == [
        ("refused", "foreign"),
        ("task", "not allowed"),
    ]


async def test_place_in_line_counts_who_waited_before(reader: LedgerReader) -> None:
    """`passed-on` waits from 100 to 190 s; `yug-1` comes at 150 to another queue, `kept` at 200."""
    told = await story(reader, SUPERVISOR, "kept")
    assert told.facts.ahead == 0
    (queued,) = [one for one in (await story(reader, SUPERVISOR, "yug-2")).moments if one.kind == "queued"]
    assert queued.n == 0
    assert (await story(reader, SUPERVISOR, "owed")).facts.ahead == 0


async def test_a_company_is_told_of_agents_only_who_spoke_with_its_resident(reader: LedgerReader) -> None:
    told = await story(reader, SEVER, "passed-on")
    offers = [
        (one.kind, one.agent, one.result) for one in told.moments if one.kind in {"offered", "not_taken"}
    ]
    assert offers == [("offered", "", ""), ("not_taken", "", ""), ("offered", "1001", "")]
    assert told.facts.ahead is None
    dials = [(one.kind, one.agent) for one in (await story(reader, SEVER, "kept")).moments if one.n]
    assert dials[:2] == [("claimed", ""), ("dial_over", "")]
    assert ("claimed", "1001") in dials
