"""How long a month's report takes on a year of calls: `python -m tests.bench.reports [--calls N] [--postgres]`.

Calls, obligations and agents' quarters of an hour of a centre with 20 companies, 2 queues and 60 agents are poured
into the database by its own driver; each call is one of some hundred patterns, so that its sums are known at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import select

from callengine.reports.collect import collect
from callengine.reports.period import month_of
from callengine.reports.period_html import as_html
from callengine.reports.subject import KnownSubject, Subject
from sla.call_facts import Promise
from sla.quarters import QUARTER
from storage.ledger import open_ledger
from storage.queries.intervals import Scope
from storage.rows.interval_rebuild import rebuild
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.interval_columns import SUM_COLUMNS
from storage.schema.interval_tables import agent_quarters, call_quarters
from storage.schema.tables import calls, obligations
from tests.bench.call_patterns import PATTERNS, START, Pattern, patterns
from tests.support.postgres import running_postgres

END = datetime(2026, 12, 31, 21, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Moscow")
COMPANIES = tuple(f"company{number:02}" for number in range(20))
QUEUES = ("general", "emergency")
AGENTS = tuple(str(1000 + number) for number in range(60))
ROUNDS = 5
_BY_HOUR = (3, 2, 2, 2, 3, 6, 14, 26, 34, 36, 33, 30, 27, 26, 26, 27, 29, 33, 34, 29, 22, 15, 9, 5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START_US, _END_US = ((moment - _EPOCH) // timedelta(microseconds=1) for moment in (START, END))
_CHUNK = 50_000
_POURED = 1_000_000
"""More calls than these are copies of them."""
_CALL_COLUMNS = (
    *("node", "call", "arrived_at", "offered_at", "did", "company", "line_kind", "queue", "number"),
    *(
        "caller_name",
        "queued_at",
        "answered_at",
        "agent",
        "ended_at",
        "outcome",
        "served_by",
        "verdict",
        "rules",
    ),
)
_OWED_COLUMNS = (
    *("obligation", "node", "call", "company", "did", "queue", "number", "arrived_at", "due_at", "opened_at"),
    *("closed_at", "closing", "state", "contacted_at"),
)
_SUM_KEYS = ("node", "quarter", "queue", "company", *SUM_COLUMNS)
Rows = list[tuple[Any, ...]]


@dataclass
class Year:
    """Rows in chunks: calls, what is owed, sums."""

    number: int
    seed: int = 1
    sums: Rows = field(default_factory=list)

    def chunks(self) -> Iterator[tuple[Rows, Rows]]:
        """Calls in the order of their arrival, and obligations; `sums` grows meanwhile."""
        draw = random.Random(self.seed)
        kinds = patterns(draw)
        quarters = [START + QUARTER * n for n in range((END - START) // QUARTER)]
        weight = sum(_BY_HOUR[one.astimezone(ZONE).hour] for one in quarters)
        told: Rows = []
        owed: Rows = []
        serial, due = 0, 0.0
        for quarter in quarters:
            due += self.number * _BY_HOUR[quarter.astimezone(ZONE).hour] / weight
            start = (quarter - _EPOCH) // timedelta(microseconds=1)
            buckets: dict[tuple[str, str], Counter[str]] = {}
            for _ in range(min(int(due), self.number - serial)):
                serial += 1
                arrived = start + draw.randrange(900_000_000)
                company, queue = COMPANIES[draw.randrange(20)], QUEUES[draw.random() < 0.2]
                kind = kinds[draw.randrange(PATTERNS)]
                buckets.setdefault((queue, company), Counter()).update(kind.sums)
                told.append(_call(serial, arrived, company, queue, kind))
                if kind.answered is None:
                    owed.append(_owed(serial, arrived, company, queue, kind))
            due -= int(due)
            node = ("pbx1", start)
            self.sums += [
                (*node, *key, *(sums.get(name, 0) for name in SUM_COLUMNS)) for key, sums in buckets.items()
            ]
            if len(told) >= _CHUNK:
                yield told, owed
                told, owed = [], []
        yield told, owed


def _call(serial: int, arrived: int, company: str, queue: str, kind: Pattern) -> tuple[Any, ...]:
    answered = None if kind.answered is None else arrived + kind.answered
    agent = None if answered is None else AGENTS[serial % 60]
    return (
        *(
            "pbx1",
            f"c{serial:09}",
            arrived,
            arrived,
            "74951234501",
            company,
            "general",
            queue,
            "+79161234567",
            "",
        ),
        *(arrived + kind.queued, answered, agent, arrived + kind.ended, kind.outcome, "engine", kind.verdict),
        "RU-416/2019-03-01",
    )


def _owed(serial: int, arrived: int, company: str, queue: str, kind: Pattern) -> tuple[Any, ...]:
    closed = arrived + (300_000_000 if kind.verdict == "contacted_in_time" else 900_000_000)
    return (
        *(
            f"ob-c{serial:09}",
            "pbx1",
            f"c{serial:09}",
            company,
            "74951234501",
            queue,
            "+79161234567",
            arrived,
        ),
        *(arrived + 600_000_000, arrived + kind.ended, closed, "contacted", "contacted", closed),
    )


def agents_rows() -> Rows:
    """Sixty agents, twenty at a time: ten minutes of work in each quarter of an hour of a shift."""
    columns = [column.name for column in agent_quarters.columns][4:]
    times = {
        "free_us": 280_000_000,
        "offered_us": 20_000_000,
        "talking_us": 500_000_000,
        "wrap_up_us": 100_000_000,
    }
    rest = tuple(times.get(name, 0) for name in columns)
    return [
        ("pbx1", int((START + QUARTER * n - _EPOCH).total_seconds()) * 1_000_000, agent, 4, *rest)
        for n in range((END - START) // QUARTER)
        for agent in AGENTS[n // 32 % 3 :: 3]
    ]


async def pour(url: str, year: Year) -> float:
    """Fill a new ledger; seconds."""
    ledger = await open_ledger(url, "pbx1", START)
    await ledger.close()
    began = time.perf_counter()
    if url.startswith("sqlite"):
        await asyncio.to_thread(_pour_sqlite, url.removeprefix("sqlite:///"), year)
    else:
        await _pour_postgres(url, year)
    return time.perf_counter() - began


def _of_all_companies() -> str:
    """SQL: the sums of all companies together, of those by company."""
    key, names = "node, quarter, queue", ", ".join(SUM_COLUMNS)
    added = ", ".join(f"sum({name})" for name in SUM_COLUMNS)
    return (
        f"INSERT INTO queue_quarters ({key}, {names}) SELECT {key}, {added} FROM call_quarters GROUP BY {key}"
    )


def _pour_sqlite(file: str, year: Year) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")

    def put(table: str, columns: tuple[str, ...], rows: Rows) -> None:
        marks = ",".join("?" * len(columns))
        with connection:
            connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)

    for told, owed in year.chunks():
        put(calls.name, _CALL_COLUMNS, told)
        put(obligations.name, _OWED_COLUMNS, owed)
        put(call_quarters.name, _SUM_KEYS, year.sums)
        year.sums.clear()
    put(agent_quarters.name, tuple(column.name for column in agent_quarters.columns), agents_rows())
    connection.execute(_of_all_companies())
    connection.execute("UPDATE runs SET seen_at = ?", (_END_US,))
    connection.execute("INSERT INTO link_gaps VALUES ('pbx1', 1, 0, ?, 1)", (_START_US,))
    connection.commit()
    connection.close()


async def _pour_postgres(url: str, year: Year) -> None:
    connection = await asyncpg.connect(url)
    try:
        for told, owed in year.chunks():
            await connection.copy_records_to_table(calls.name, records=told, columns=_CALL_COLUMNS)
            await connection.copy_records_to_table(obligations.name, records=owed, columns=_OWED_COLUMNS)
            await connection.copy_records_to_table(call_quarters.name, records=year.sums, columns=_SUM_KEYS)
            year.sums.clear()
        await connection.copy_records_to_table(
            agent_quarters.name,
            records=agents_rows(),
            columns=[column.name for column in agent_quarters.columns],
        )
        await connection.execute(_of_all_companies())
        await connection.execute("UPDATE runs SET seen_at = $1", _END_US)
        await connection.execute("INSERT INTO link_gaps VALUES ('pbx1', 1, 0, $1, true)", _START_US)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def copying(copy: int, *, postgres: bool) -> Iterator[str]:
    """SQL that adds all calls poured once more, each as one of another company, a microsecond later."""
    number = "CAST(substr(company, 8) AS INTEGER)"
    other = f"(({number} + {copy}) % 20)"
    padded = f"lpad({other}::text, 2, '0')" if postgres else f"printf('%02d', {other})"
    company = f"'company' || {padded}"

    def put(table: str, source: str, columns: tuple[str, ...], changed: dict[str, str]) -> str:
        values = ",".join(changed.get(name, name) for name in columns)
        return f"INSERT INTO {table} ({','.join(columns)}) SELECT {values} FROM {source} WHERE 1 = 1"

    of_first = {"call": f"call || '-{copy}'", "company": company}
    moments = ("arrived_at", "queued_at", "answered_at", "ended_at")
    later = {name: f"{name} + {copy}" for name in moments}
    yield put("calls", "calls", _CALL_COLUMNS, of_first | later) + " AND call NOT LIKE '%-%'"
    owed = of_first | {"obligation": f"obligation || '-{copy}'"}
    yield put("obligations", "obligations", _OWED_COLUMNS, owed) + " AND call NOT LIKE '%-%'"
    added = ",".join(f"{name} = call_quarters.{name} + excluded.{name}" for name in SUM_COLUMNS)
    sums = put("call_quarters", "poured", _SUM_KEYS, {"company": company})
    yield f"{sums} ON CONFLICT (node, quarter, queue, company) DO UPDATE SET {added}"


async def copied(url: str, copies: int) -> None:
    """Make so many times as many calls of those that are there: quicker than to pour them."""
    postgres = not url.startswith("sqlite")
    statements = ["CREATE TABLE poured AS SELECT * FROM call_quarters"]
    statements += [sql for copy in range(1, copies) for sql in copying(copy, postgres=postgres)]
    statements += ["DROP TABLE poured", "DELETE FROM queue_quarters", _of_all_companies()]
    statements += ["ANALYZE"] * postgres
    if postgres:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()
        return

    def in_thread() -> None:
        ledger = sqlite3.connect(url.removeprefix("sqlite:///"))
        ledger.execute("PRAGMA synchronous=OFF")
        for statement in statements:
            with ledger:
                ledger.execute(statement)
        ledger.close()

    await asyncio.to_thread(in_thread)


async def report_seconds(url: str, company: str | None) -> dict[str, object]:
    """October's report, ROUNDS times: the median seconds to read it, and to write the page."""
    promises = dict.fromkeys(QUEUES, Promise())
    names = dict(zip(AGENTS, AGENTS, strict=True))
    subject = KnownSubject(Subject(company), Scope("pbx1", company), company, QUEUES, names, promises)
    period = month_of(date(2026, 10, 1), ZONE)
    read, used, told, offered = [], [], [], 0
    for _ in range(ROUNDS):
        engine = create_ledger_engine(ledger_url(url), read_only=True)
        try:
            began, cpu = time.perf_counter(), time.process_time()
            report = await collect(engine, subject, period, END)
            read.append(time.perf_counter() - began)
            used.append(time.process_time() - cpu)
            began = time.perf_counter()
            as_html(report, "ru")
            told.append(time.perf_counter() - began)
            offered = report.offered
        finally:
            await engine.dispose()
    return {
        "calls_in_the_month": offered,
        "read_s": round(sorted(read)[ROUNDS // 2], 3),
        "read_worst_s": round(max(read), 3),
        "read_cpu_s": round(sorted(used)[ROUNDS // 2], 3),
        "page_s": round(sorted(told)[ROUNDS // 2], 3),
    }


async def sums_are_made_again(url: str) -> dict[str, object]:
    """`callengine db rollup` on the calls poured in: the same sums, and how long it takes."""
    engine = create_ledger_engine(ledger_url(url))
    try:
        query = select(call_quarters).order_by(*call_quarters.primary_key.columns)
        async with engine.connect() as connection:
            poured = (await connection.execute(query)).all()
        began = time.perf_counter()
        async with engine.begin() as connection:
            made = await connection.run_sync(rebuild, "pbx1")
        seconds = time.perf_counter() - began
        async with engine.connect() as connection:
            if (await connection.execute(query)).all() != poured:
                raise AssertionError("the sums made again differ")
    finally:
        await engine.dispose()
    return {"rollup_calls_per_s": round(made.calls / seconds)}


async def measure(url: str, number: int, *, again: bool) -> dict[str, object]:
    """Everything on one database."""
    copies = max(1, number // _POURED)
    found: dict[str, object] = {"calls": number, "pour_s": round(await pour(url, Year(number // copies)))}
    if copies > 1:
        await copied(url, copies)
    found["company"] = await report_seconds(url, COMPANIES[3])
    found["centre"] = await report_seconds(url, None)
    if again:
        found |= await sums_are_made_again(url)
    return found


def bench(number: int, *, postgres: bool, again: bool = False) -> dict[str, object]:
    """On a new SQLite file or a new PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        if not postgres:
            return asyncio.run(measure(f"sqlite:///{name}/ledger.db", number, again=again))
        with running_postgres(Path(name)) as server:
            return asyncio.run(measure(server.get_uri(), number, again=again))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reports", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="in the year (default %(default)s)")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument(
        "--again", action="store_true", help="make the sums again from the calls, and compare"
    )
    options = parser.parse_args()
    print(json.dumps(bench(options.calls, postgres=options.postgres, again=options.again), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
