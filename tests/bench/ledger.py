"""The batch writer against the raw driver: rows per second on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import select

from queues.messages import events
from queues.messages.decision import Decision
from queues.messages.events import Event
from queues.terms.identifiers import AgentId, CallId, ChannelName
from storage.ledger import Ledger, open_ledger
from storage.schema.tables import Instant, agent_states, calls, journal, offers
from tests.support.centre import NOON, Desk, agent_ready, arrived, holding, moment, small_centre

CALLS = 4000
CHUNK = 500
AHEAD = 10 * CHUNK
TABLES = (journal, calls, offers, agent_states)
Recorded = list[tuple[Event, Decision]]


def a_days_decisions() -> Recorded:
    """One agent's answered calls, one after the other: five events each, as the engine sees them."""
    desk = Desk(small_centre(1, wrap_up=0))
    agent = AgentId("1001")
    stream: list[Event] = [events.PbxSnapshot(moment(0), (), ()), *agent_ready("1001")]
    for number in range(CALLS):
        at, call = 10.0 * (number + 1), CallId(f"c{number}")
        leg = ChannelName(f"PJSIP/1001-{number}")
        stream += [
            arrived(call, at),
            holding(call, at),
            events.AgentRang(moment(at), call, agent, leg),
            events.CallAnswered(moment(at + 1), call, agent),
            events.CallEnded(moment(at + 5), call, 16),
        ]
    return [(event, desk.tell(event)) for event in stream]


async def measure() -> dict[str, object]:
    """Rows per second, and how much of the raw driver's that is."""
    recorded = a_days_decisions()
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        rows, ours = await _through_the_writer(f"sqlite:///{folder}/ours.db", recorded)
        found: dict[str, object] = {
            "ledger_rows": sum(map(len, rows.values())),
            "sqlite_writer_rows_per_s": round(ours),
            "sqlite_raw_rows_per_s": round(await _raw_sqlite(folder, rows)),
        }
    return found


async def measure_postgres(url: str) -> dict[str, object]:
    """The same on a PostgreSQL whose database is empty."""
    rows, ours = await _through_the_writer(url, a_days_decisions())
    return {
        "postgresql_writer_rows_per_s": round(ours),
        "postgresql_raw_rows_per_s": round(await _raw_postgres(url, rows)),
    }


Rows = dict[str, list[tuple[Any, ...]]]


async def _through_the_writer(url: str, recorded: Recorded) -> tuple[Rows, float]:
    ledger = await open_ledger(url, "pbx1", NOON)
    ledger.writer.start()
    began = time.perf_counter()
    for number, (event, decision) in enumerate(recorded):
        ledger.writer.append(event, decision, event.at)
        if number % CHUNK == 0:
            await asyncio.sleep(0)
            while ledger.writer.pending_rows > AHEAD:  # The writer takes only so many before it drops them.
                await asyncio.sleep(0.001)
    await ledger.writer.flush()
    seconds = time.perf_counter() - began
    rows = await _rows_of(ledger)
    await ledger.close()
    return rows, sum(map(len, rows.values())) / seconds


async def _rows_of(ledger: Ledger) -> Rows:
    def plain(row: Sequence[Any], kinds: list[bool]) -> tuple[Any, ...]:
        instants = Instant()
        return tuple(
            instants.process_bind_param(value, None) if is_instant else value
            for value, is_instant in zip(row, kinds, strict=True)
        )

    found: Rows = {}
    async with ledger.reader.connect() as connection:
        for table in TABLES:
            kinds = [isinstance(column.type, Instant) for column in table.columns]
            found[table.name] = [plain(row, kinds) for row in await connection.execute(select(table))]
    return found


async def _raw_sqlite(folder: Path, rows: Rows) -> float:
    """The same rows by sqlite3's executemany, a transaction each CHUNK, same durability."""
    path = folder / "raw.db"
    ledger = await open_ledger(f"sqlite:///{path}", "pbx1", NOON)
    await ledger.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=FULL")
    began = time.perf_counter()
    for table, content in rows.items():
        marks = ",".join("?" * len(content[0]))
        for start in range(0, len(content), CHUNK):
            with connection:
                connection.executemany(
                    f"INSERT INTO {table} VALUES ({marks})", content[start : start + CHUNK]
                )
    seconds = time.perf_counter() - began
    connection.close()
    return sum(map(len, rows.values())) / seconds


async def _raw_postgres(url: str, rows: Rows) -> float:
    """The same rows by asyncpg's executemany, a transaction each CHUNK."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("TRUNCATE " + ",".join(rows))
        began = time.perf_counter()
        for table, content in rows.items():
            marks = ",".join(f"${n + 1}" for n in range(len(content[0])))
            for start in range(0, len(content), CHUNK):
                async with connection.transaction():
                    await connection.executemany(
                        f"INSERT INTO {table} VALUES ({marks})", content[start : start + CHUNK]
                    )
        seconds = time.perf_counter() - began
    finally:
        await connection.close()
    return sum(map(len, rows.values())) / seconds
