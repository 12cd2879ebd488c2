"""Writing the access trail: in the transaction of what it tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.scope import Scope
from callengine.desk.people.tables import trail


async def record(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    action: str,
    subject: tuple[str, int | str],
    *,
    company: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """One row: who did what to which subject (kind, id). Of `before` and `after` only what differs is kept."""
    kind, identity = subject
    was, now = dict(before or {}), dict(after or {})
    alike = {name for name in was.keys() & now.keys() if was[name] == now[name]}
    await connection.execute(
        trail.insert().values(
            at=at,
            account_id=scope.account_id,
            account_name=scope.name,
            action=action,
            subject_kind=kind,
            subject_id=str(identity),
            company=company,
            before=_as_json(was, alike) if before is not None else None,
            after=_as_json(now, alike) if after is not None else None,
        )
    )


def _as_json(fields: Mapping[str, Any], left_out: set[str]) -> str:
    kept = {name: value for name, value in fields.items() if name not in left_out}
    return json.dumps(kept, ensure_ascii=False, default=str, sort_keys=True)
