"""What the auditor reads of the ledger, on either database.

`python -m tests.chaos.ledger_rows URL` prints it as JSON: run where the ledger's disk is seen.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.tables import calls, human_tasks, obligation_calls, obligations


@dataclass(frozen=True, slots=True)
class LedgerCall:
    """One row of `calls` with what is owed for it; times are epoch seconds."""

    call: str
    number: str
    arrived_at: float
    answered_at: float | None
    outcome: str | None
    served_by: str | None
    obligations: int


@dataclass(frozen=True, slots=True)
class LedgerRows:
    """One look at it."""

    calls: tuple[LedgerCall, ...]
    closings: Mapping[str, int]
    """How the obligations ended; of those that are open, their state."""
    unsettled: int
    """Obligations that neither ended nor became a human's task."""

    @classmethod
    def from_json(cls, text: str | bytes) -> LedgerRows:
        """What `main` printed."""
        told = json.loads(text)
        return cls(tuple(LedgerCall(**call) for call in told["calls"]), told["closings"], told["unsettled"])


async def look(url: str) -> LedgerRows:
    """Read it, beside a running engine too."""
    engine = create_ledger_engine(ledger_url(url), read_only=True)
    try:
        return LedgerRows(tuple(await _calls(engine)), await _closings(engine), await _unsettled(engine))
    finally:
        await engine.dispose()


async def _calls(engine: AsyncEngine) -> list[LedgerCall]:
    owed = (
        select(func.count())
        .select_from(obligation_calls)
        .where(obligation_calls.c.node == calls.c.node, obligation_calls.c.call == calls.c.call)
        .scalar_subquery()
    )
    columns = (
        calls.c.call,
        calls.c.number,
        calls.c.arrived_at,
        calls.c.answered_at,
        calls.c.outcome,
        calls.c.served_by,
        owed.label("obligations"),
    )
    async with engine.connect() as connection:
        rows = await connection.execute(select(*columns).order_by(calls.c.arrived_at))
        return [
            LedgerCall(
                row.call,
                row.number,
                row.arrived_at.timestamp(),
                _epoch(row.answered_at),
                row.outcome,
                row.served_by,
                row.obligations,
            )
            for row in rows
        ]


async def _closings(engine: AsyncEngine) -> Mapping[str, int]:
    how = func.coalesce(obligations.c.closing, obligations.c.state)
    async with engine.connect() as connection:
        return dict(Counter((await connection.execute(select(how))).scalars()))


async def _unsettled(engine: AsyncEngine) -> int:
    tasks = select(human_tasks.c.obligation)
    query = select(func.count()).where(
        obligations.c.closed_at.is_(None), obligations.c.obligation.not_in(tasks)
    )
    async with engine.connect() as connection:
        return int(await connection.scalar(query) or 0)


def _epoch(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(look(sys.argv[1])))))
