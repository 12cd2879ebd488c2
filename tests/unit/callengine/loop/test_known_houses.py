"""The house of a caller is looked up beside his call, and dropped where it comes late (P22)."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from callengine.loop.known_houses import PATIENCE_SECONDS, KnownHouses
from callengine.platform.logs import configure_logging, get_log
from queues.messages.commands import OfferCall
from queues.messages.journal import CallFinished, CallOffered, Outcome, ServedBy
from queues.terms.identifiers import (
    AgentId,
    CallId,
    ChannelName,
    CompanyId,
    Did,
    Endpoint,
    OfferId,
    QueueName,
)
from queues.terms.phone import Phone
from storage.desk.errors import DeskAbsent, DeskAway, DeskLate
from tests.support.manual_clock import NOON

CALL, NUMBER = CallId("c1"), "79161234567"
FLAT_12 = (7, "ул.", "Ленина", "5к2", "12", "flat")
OFFER = OfferCall(
    OfferId("o1"),
    CALL,
    ChannelName("PJSIP/trunk-1"),
    AgentId("1001"),
    Endpoint("PJSIP/1001"),
    timedelta(seconds=15),
    "УК Заря: общая",
)
OVER = CallFinished(NOON, CALL, Outcome.ABANDONED, ServedBy.ENGINE)


def arrived(number: str = NUMBER, *, watched: bool = False) -> CallOffered:
    return CallOffered(
        NOON,
        CALL,
        NOON,
        Did("1"),
        CompanyId("zarya"),
        "general",
        QueueName("general"),
        Phone(number),
        "",
        watched,
    )


@dataclass
class Reader:
    """A desk's database that answers as the test says; `problem` is raised instead."""

    found: Sequence[Sequence[Any]] = ()
    problem: BaseException | None = None
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Sequence[object]] = field(default_factory=list)

    async def rows(self, statement: str, values: Sequence[object], seconds: float) -> Sequence[Sequence[Any]]:
        del statement
        self.asked.append(values)
        try:
            async with asyncio.timeout(seconds):
                await self.may_answer.wait()
        except TimeoutError:
            raise DeskLate("late") from None
        if self.problem is not None:
            raise self.problem
        return self.found

    async def close(self) -> None:
        pass


@asynccontextmanager
async def looking(reader: Reader) -> AsyncIterator[tuple[KnownHouses, Counter[str]]]:
    counted: Counter[str] = Counter()
    words = {"flat": "кв."}
    houses = KnownHouses(
        reader, words, "RU", lambda result: counted.update([result]), get_log("callengine.t")
    )
    try:
        yield houses, counted
    finally:
        await houses.stop()


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_an_offer_has_the_house_as_soon_as_it_is_known_and_never_waits_for_it() -> None:
    reader = Reader([FLAT_12])
    async with looking(reader) as (houses, counted):
        houses.observe(arrived())
        assert houses.dress(OFFER) is OFFER
        reader.may_answer.set()
        await until(lambda: counted["one"])
        assert houses.dress(OFFER).label == "УК Заря: общая ул. Ленина 5к2 кв. 12"
        assert reader.asked == [("zarya", f"+{NUMBER}")]
        houses.observe(OVER)
        assert houses.dress(OFFER) is OFFER


async def test_what_comes_after_twenty_milliseconds_is_dropped_and_counted() -> None:
    reader = Reader([FLAT_12])
    async with looking(reader) as (houses, counted):
        began = asyncio.get_running_loop().time()
        houses.observe(arrived())
        await until(lambda: counted["late"])
        assert asyncio.get_running_loop().time() - began >= PATIENCE_SECONDS
        reader.may_answer.set()
        await asyncio.sleep(0)
        assert houses.dress(OFFER) is OFFER
        assert counted == {"late": 1}


@pytest.mark.parametrize(
    ("found", "result", "label"),
    [
        ([], "none", "УК Заря: общая"),
        ([FLAT_12, (8, "ул.", "Мира", "1", "3", "flat")], "several", "УК Заря: общая"),
        ([FLAT_12, (7, "ул.", "Ленина", "5к2", "13", "flat")], "one", "УК Заря: общая ул. Ленина 5к2"),
        ([(7, "ул.", "Ленина", "5к2", str(n), "flat") for n in range(41)], "several", "УК Заря: общая"),
    ],
)
async def test_only_one_house_is_shown_and_only_one_flat(found: list[Any], result: str, label: str) -> None:
    reader = Reader(found)
    reader.may_answer.set()
    async with looking(reader) as (houses, counted):
        houses.observe(arrived())
        await until(lambda: counted[result])
        assert houses.dress(OFFER).label == label


@pytest.mark.parametrize(
    ("problem", "result", "says"),
    [
        (DeskAway("OperationalError: database is locked"), "away", True),
        (DeskAbsent("there is no such file"), "absent", False),
        (RuntimeError(NUMBER), "away", True),
    ],
)
async def test_trouble_is_counted_and_said_once_without_anybodys_number(
    problem: Exception, result: str, says: bool
) -> None:
    reader, log = Reader(problem=problem), io.StringIO()
    configure_logging(level="info", as_json=True, now=lambda: NOON, stream=log)
    reader.may_answer.set()
    async with looking(reader) as (houses, counted):
        for n in (1, 2, 3):
            houses.observe(arrived())
            await until(lambda n=n: counted[result] == n)
            assert houses.dress(OFFER) is OFFER
    assert log.getvalue().count("house_not_known") == says
    assert NUMBER not in log.getvalue()
    # Where there is no desk, nobody goes on asking for it.
    assert len(reader.asked) == (1 if result == "absent" else 3)


async def test_nobody_looks_for_a_withheld_number_or_a_call_that_asterisk_gives_away() -> None:
    reader = Reader()
    async with looking(reader) as (houses, _):
        houses.observe(arrived(""))
        houses.observe(arrived(watched=True))
        await asyncio.sleep(0)
        assert reader.asked == []


async def test_a_call_that_is_over_before_the_answer_leaves_nothing_behind() -> None:
    reader = Reader([FLAT_12])
    async with looking(reader) as (houses, counted):
        houses.observe(arrived())
        await asyncio.sleep(0)
        houses.observe(OVER)
        reader.may_answer.set()
        await asyncio.sleep(PATIENCE_SECONDS * 2)
        assert houses.dress(OFFER) is OFFER
        assert not counted
