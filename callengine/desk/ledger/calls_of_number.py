"""What the engine's ledger has of a telephone number: told to whom it belongs, never changed by the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.people.scope import Scope
from storage.schema.desk_tables import outgoing_calls
from storage.schema.tables import calls

STAYS = (
    "the ledger's calls with their times, outcomes and recordings: evidence of what the law asks of the centre; "
    "they go by [retention] of the settings"
)
_MOST = 10_000


async def calls_of_numbers(
    reader: LedgerReader, scope: Scope, numbers: Sequence[str]
) -> list[dict[str, Any]]:
    """Each call that came from one of them (E.164), or was made to one by hand. Raises LedgerAway."""
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
    of = outgoing_calls.c
    made = select(
        *(of.made_at, of.e164.label("number"), of.company, of.did, of.contacted_at, of.ended_at, of.result),
        *(of.purpose, of.recording),
    ).where(of.node == reader.node, of.e164.in_(numbers), scope.clause(of.company))
    found: list[dict[str, Any]] = []
    async with reader.reading() as connection:
        for query in (mine.order_by(calls.c.arrived_at), made.order_by(of.made_at)):
            rows = await connection.execute(query.limit(_MOST))
            found += [
                {name: _plain(value) for name, value in row.items() if value is not None}
                for row in rows.mappings()
            ]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
