"""A desk with two companies, every text of whose rows is a canary: whatever is shown tells whose it is.

New tables and columns are planted by themselves. What must be one of some words stands in WORDS; a page that fails on a
planted row says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, LargeBinary, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.control import live_messages as live
from callengine.desk.engine_link.picture import Picture, begun
from callengine.desk.web.wording import shown_number
from tests.support.manual_clock import NOON

OURS, THEIRS = "sever", "yug"
IDS: Mapping[str, int] = {OURS: 1111, THEIRS: 7777}
"""Of every row of a company, in every table; what refers to it has the same."""
CANARY: Mapping[str, str] = {OURS: "синица", THEIRS: "канарейка"}
NUMBER: Mapping[str, str] = {OURS: "+79161111111", THEIRS: "+79167777777"}
NODE = "pbx1"
WORDS: Mapping[str, Any] = {
    "born": 0,
    "version": 1,
    "language": "ru",
    "houses.kind": "flats",
    "houses.zone": "",
    "premises.kind": "flat",
    "residencies.role": "owner",
    "cards.kind": "incoming",
    "contractors.kind": "contractor",
    "contractors.trade": "lift",
    "directory_words.place": "surname",
    "articles.state": "published",
    "article_votes.verdict": "helped",
    "article_proposals.state": "open",
    "contractor_phones.kind": "phone",
    "device_numbers.kind": "lift",
    "stored_files.kind": "pdf",
    "stored_files.owner_kind": "article",
    "topic": "shut_off_water",
    "articles.published_at": NOON,
    "node": NODE,
    "calls.outcome": "answered",
    "calls.served_by": "engine",
    "calls.answered_at": NOON,
    "calls.queued_at": NOON,
    "calls.ended_at": NOON,
    **dict.fromkeys(["verdict", "rules", "choice", "queue_exit", "cause", "agent", "unlisted"]),
    "priority": 0,
    "epoch": 1,
}
"""By table.column, or by column: what a row may have there."""
NOT_PLANTED = frozenset(
    {
        # Without them nobody could come, so the test has real ones; of them canaries stand in names and browsers.
        *("accounts", "account_companies", "sessions", "password_links", "recovery_codes", "api_tokens"),
        # The engine's own, of no company and on no page.
        *("runs", "journal", "leases", "rollup_marks", "switches", "link_gaps", "deletions", "audit"),
        # A load that is being written hides what it brings.
        *("directory_pending", "directory_loads", "directory_counters"),
    }
)


def canaries(company: str) -> tuple[str, ...]:
    """What of a company no other may read."""
    number = NUMBER[company]
    return CANARY[company], number, number[1:], number[-7:], shown_number(number)


def planted_row(table: Table, company: str) -> dict[str, Any]:
    """One row of this company."""
    row = {column.name: _value(table, column, company) for column in table.columns}
    return {name: value for name, value in row.items() if value is not _USUAL}


async def plant(connection: AsyncConnection, tables: Iterable[Table], company: str) -> list[str]:
    """A row of this company in each table; the tables' names."""
    planted = []
    for table in tables:
        if table.name not in NOT_PLANTED:
            await connection.execute(table.insert().values(planted_row(table, company)))
            planted.append(table.name)
    return planted


_USUAL = object()
"""The column's own default."""


def _value(table: Table, column: Column[Any], company: str) -> Any:
    for name in (f"{table.name}.{column.name}", column.name):
        if name in WORDS and (WORDS[name] is not None or column.nullable):
            return WORDS[name]
    kind, name, comment = column.type, column.name, column.comment or ""
    if name in {"company", "queue"}:
        return company
    if type(kind).__name__ == "Instant":
        return None if column.nullable else NOON
    if isinstance(kind, Boolean):
        return _USUAL if column.server_default is not None else False
    if isinstance(kind, Date):
        return date(2026, 11, 1)
    if isinstance(kind, Integer | BigInteger):
        is_key = column.primary_key or name == "id" or name.endswith("_id") or bool(column.foreign_keys)
        return IDS[company] if is_key else _USUAL if column.server_default is not None else 1
    if isinstance(kind, Float):
        return 1.0
    if isinstance(kind, LargeBinary):
        return CANARY[company].encode()
    if table.name == "trail" and name in {"before", "after"}:
        return f'{{"note": "{CANARY[company]}-{name}"}}'
    if comment.startswith("JSON"):
        return _USUAL if column.server_default is not None else None if column.nullable else "{}"
    if name in {"phone", "number", "caller", "e164"} and getattr(kind, "length", 20) not in {None, 400}:
        return NUMBER[company][: getattr(kind, "length", None) or 20]
    return f"{CANARY[company]}-{name}"[: getattr(kind, "length", None) or 80]


def live_picture(companies: Sequence[str]) -> Picture:
    """What the engine tells of this moment: a call of each company, an agent who speaks with each."""
    calls = tuple(
        live.LiveCall(
            call=f"{CANARY[one]}-live",
            company=one,
            queue=one,
            label=f"{CANARY[one]}-label",
            number=NUMBER[one],
            state="waiting",
            arrived_at=NOON,
            answered_at=None,
            agent=None,
            caller_name=f"{CANARY[one]}-name",
            queued_at=NOON,
        )
        for one in companies
    )
    return begun(
        live.Snapshot(n=0, at=NOON, synced=True, calls=calls, agents=(), owed=(), messages=(), dials=())
    )
