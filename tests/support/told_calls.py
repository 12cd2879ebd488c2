"""A small ledger with one call of every kind, of two companies: what belongs to `yug` carries the word CANARY."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from callengine.desk.history.pages import HistoryPages
from callengine.desk.history.sounds import Sounds
from callengine.desk.ledger.names import LineName, Names
from callengine.desk.ledger.reader import LedgerReader
from config.schema.pauses import PauseNames
from storage.migrate import upgrade
from storage.schema import tables
from storage.schema.database import create_ledger_engine, ledger_url
from tests.support.centre import NOON, moment
from tests.support.desk_pages import desk_database

NODE = "pbx1"
CANARY = "CANARY"
RECORDINGS = "/recordings"
_RULES = "RU-416/2019-03-01"


def a_call(call: str, at: datetime, **more: Any) -> dict[str, Any]:
    """A row of `calls`: answered after 10 s, 60 s of talk, unless told otherwise."""
    row: dict[str, Any] = {
        **{column.name: None for column in tables.calls.columns},
        "node": NODE,
        "call": call,
        "arrived_at": at,
        "offered_at": at,
        "did": "74951234501",
        "company": "sever",
        "line_kind": "general",
        "queue": "general",
        "number": "+79161234567",
        "caller_name": "",
        "queued_at": at + timedelta(seconds=2),
        "answered_at": at + timedelta(seconds=10),
        "agent": "1001",
        "ended_at": at + timedelta(seconds=70),
        "outcome": "answered",
        "served_by": "engine",
        "verdict": "answered_in_time",
        "rules": _RULES,
        "judged_at": at + timedelta(seconds=10),
    }
    return row | more


def missed(call: str, at: datetime, **more: Any) -> dict[str, Any]:
    """He gave up after 40 s."""
    nobody = {"answered_at": None, "agent": None, "outcome": "abandoned", "verdict": None, "judged_at": None}
    return a_call(call, at, **nobody, ended_at=at + timedelta(seconds=40)) | more


_OPEN = {"ended_at": None, "outcome": None, "served_by": None}
CALLS = [
    a_call("answered", moment(0), recording=f"{RECORDINGS}/2026/11/23/answered.wav"),
    a_call("passed-on", moment(100), number="+79160000002", answered_at=moment(190), ended_at=moment(500))
    | {"judged_at": moment(190)},
    missed("kept", moment(200), number="+79160000003", verdict="contacted_in_time", judged_at=moment(400)),
    missed("late", moment(300), number="+79160000004", verdict="broken", judged_at=moment(900)),
    missed("owed", moment(400), number="+79160000005"),
    missed("message", moment(500), number="+79160000006", outcome="message_left", message_at=moment(530))
    | {"choice": "message", "choice_at": moment(520), "choice_offered_at": moment(515)},
    missed("withheld", moment(600), number="", verdict="broken"),
    a_call("fallback", moment(700), number="89160000008", served_by="fallback", queue="emergency"),
    missed("waiting", moment(3500), number="+79160000009", **_OPEN),
    a_call("yug-1", moment(150), company="yug", did=f"{CANARY}-did", number="+79169999999", agent="1002")
    | {"queue": "yug-queue", "caller_name": CANARY, "recording": f"{RECORDINGS}/{CANARY}.wav"},
    missed("yug-2", moment(450), company="yug", did=f"{CANARY}-did", number="+79168888888")
    | {"queue": "general", "caller_name": CANARY},
]


def _owed(call: str, at: datetime, company: str = "sever", **more: Any) -> dict[str, Any]:
    number = next(str(row["number"]) for row in CALLS if row["call"] == call)
    row: dict[str, Any] = {
        **{column.name: None for column in tables.obligations.columns},
        "obligation": f"ob-{call}",
        "node": NODE,
        "call": call,
        "company": company,
        "did": "74951234501",
        "queue": "general",
        "number": number,
        "e164": number,
        "arrived_at": at,
        "due_at": at + timedelta(minutes=10),
        "opened_at": at + timedelta(seconds=40),
        "state": "planned",
    }
    return row | more


OWED = [
    _owed("kept", moment(200), contacted_at=moment(400), closed_at=moment(470), closing="contacted")
    | {"disposition": "reached", "disposed_at": moment(465), "disposed_by": "1001", "state": "contacted"},
    _owed("late", moment(300), contacted_at=moment(1000), closed_at=moment(1060), closing="contacted")
    | {"overdue_at": moment(900), "state": "contacted"},
    _owed("owed", moment(400), state="with_human"),
    _owed("yug-2", moment(450), "yug", reason=CANARY),
]
_DIAL: dict[str, Any] = {column.name: None for column in tables.attempts.columns} | {"trunk": "trunk"}
DIALS = [
    _DIAL
    | {"attempt": "a1", "obligation": "ob-kept", "n": 1, "agent": "1002", "e164": "+79160000003"}
    | {"made_at": moment(260), "ended_at": moment(280), "result": "agent_did_not_answer"},
    _DIAL
    | {"attempt": "a2", "obligation": "ob-kept", "n": 2, "agent": "1001", "e164": "+79160000003"}
    | {"made_at": moment(380), "dialled_at": moment(385), "contacted_at": moment(400)}
    | {"ended_at": moment(460), "result": "contacted", "recording": f"{RECORDINGS}/a2.wav"},
]
OFFERS = [
    {"offer": "o1", "call": "passed-on", "agent": "1002", "made_at": moment(103), "rang_at": moment(104)}
    | {"ended_at": moment(123), "result": "no_answer"},
    {"offer": "o2", "call": "passed-on", "agent": "1001", "made_at": moment(180), "rang_at": moment(181)}
    | {"ended_at": moment(190), "result": "answered"},
]


async def told_ledger(url: str, *more: dict[str, Any]) -> None:
    """Make it, with `more` rows of `calls`."""
    engine = create_ledger_engine(ledger_url(url))
    try:
        await upgrade(engine)
        async with engine.begin() as connection:
            await connection.execute(insert(tables.calls), [*CALLS, *more])
            await connection.execute(insert(tables.obligations), OWED)
            joined = [{"node": NODE, "call": one["call"], "obligation": one["obligation"]} for one in OWED]
            await connection.execute(insert(tables.obligation_calls), joined)
            await connection.execute(insert(tables.attempts), DIALS)
            await connection.execute(insert(tables.offers), [{"node": NODE, **one} for one in OFFERS])
            took = {"node": NODE, "call": "passed-on", "at": moment(300), "agent": "1002"}
            await connection.execute(insert(tables.transfers), [took])
            refused: dict[str, Any] = {"obligation": "ob-owed", "reason": "foreign", "at": moment(445)}
            await connection.execute(insert(tables.dial_refusals), [refused])
            task: dict[str, Any] = {
                "obligation": "ob-owed",
                "opened_at": moment(446),
                "reason": "not allowed",
            }
            await connection.execute(insert(tables.human_tasks), [task])
            left: dict[str, Any] = {
                "node": NODE,
                "message": "message",
                "company": "sever",
                "did": "74951234501",
            }
            left |= {"queue": "general", "left_at": moment(530), "due_at": moment(1130)}
            heard = {"opened_at": moment(700), "opened_by": "1001", "path": f"{RECORDINGS}/message.wav"}
            await connection.execute(insert(tables.messages), [left | heard])
    finally:
        await engine.dispose()


async def at_work(engine: AsyncEngine, call: str, at: datetime) -> None:
    """One more call, as an engine commits it."""
    async with engine.begin() as connection:
        await connection.execute(insert(tables.calls), [a_call(call, at)])


TODAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def told_names() -> Names:
    """What the settings call them."""
    return Names(
        companies={"sever": "УК Север", "yug": f"УК {CANARY}"},
        lines=[
            LineName("74951234501", "sever", "general", "general"),
            LineName("74951234502", "sever", "emergency", "lift"),
            LineName(f"{CANARY}-did", "yug", "yug-queue", "general"),
        ],
        queues=["general", "emergency", "yug-queue"],
        agents={"1001": "Иванова", "1002": "Петрова"},
        serves={"1001": frozenset({"general", "emergency"}), "1002": frozenset({"general", "yug-queue"})},
        pauses=PauseNames(),
        answer_limits={_RULES: timedelta(minutes=5)},
    )


@asynccontextmanager
async def told_history(folder: Path, *more: dict[str, Any]) -> AsyncIterator[HistoryPages]:
    """The history's pages over this ledger and an empty database of the desk's; recordings lie in `folder`/rec."""
    await told_ledger(f"sqlite:///{folder}/ledger.db", *more)
    reader = LedgerReader(ledger_url(f"sqlite:///{folder}/ledger.db"), NODE)
    (folder / "rec").mkdir(exist_ok=True)
    sounds = Sounds(folder / "rec", lambda: moment(3600))
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        try:
            zone = ZoneInfo("Europe/Moscow")
            yield HistoryPages(reader, database, told_names(), sounds, zone, lambda: moment(3600))
        finally:
            await reader.close()
