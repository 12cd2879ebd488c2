"""What the engine's ledger has of a telephone number: told to whom it belongs, never changed by the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import Scope
from storage.schema.tables import calls

STAYS = (
    "the ledger's calls with their times, outcomes and recordings: evidence of what the law asks of the centre; "
    "they go by [retention] of the settings"
)
_MOST = 10_000


async def calls_of_numbers(
    reader: LedgerReader, scope: Scope, numbers: Sequence[str]
) -> list[dict[str, Any]]:
    """Each call that came from one of them (E.164). Raises LedgerAway."""
    told = (
        "arrived_at",
        "number",
        "company",
        "did",
        "answered_at",
        "ended_at",
        "outcome",
        "recording",
        "message_at",
    )
    columns = [calls.c[name] for name in told]
    mine = select(*columns).where(
        calls.c.node == reader.node, calls.c.number.in_(numbers), scope.clause(calls.c.company)
    )
    async with reader.reading() as connection:
        rows = await connection.execute(mine.order_by(calls.c.arrived_at).limit(_MOST))
    return [
        {name: _plain(value) for name, value in row.items() if value is not None} for row in rows.mappings()
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
