"""What was loaded, when, by whom, and how far it is: rows that the page of a load shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.commands.bookkeeping import by_client
from callengine.desk.directory.imports.fields import head_key
from callengine.desk.directory.imports.rows import Fault
from callengine.desk.directory.tables import (
    directory_load_faults,
    directory_loads,
    directory_mappings,
    directory_pending,
)
from callengine.desk.people.scope import NotSeen, Scope

STATES = (
    "looking",
    "columns",
    "checking",
    "checked",
    "applying",
    "applied",
    "refused",
    "interrupted",
    "discarded",
)
_SHOWN = 30


async def create_load(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    company: str,
    file_name: str,
    file: str,
    client_id: str | None = None,
) -> int:
    """A file was uploaded; the load's id. Raises NotSeen."""
    scope.require(company)
    if client_id is not None and (known := await connection.scalar(by_client(directory_loads, client_id))):
        return int(known)
    added = await connection.scalar(
        directory_loads.insert()
        .values(
            company=company,
            account_id=scope.account_id,
            account_name=scope.name,
            file_name=file_name[:200],
            file=file,
            state="looking",
            created_at=at,
            changed_at=at,
            client_id=client_id,
        )
        .returning(directory_loads.c.id)
    )
    return int(added or 0)


async def load_of(connection: AsyncConnection, scope: Scope, load: int) -> RowMapping:
    """Raises NotSeen."""
    rows = await connection.execute(
        select(directory_loads).where(directory_loads.c.id == load, scope.clause(directory_loads.c.company))
    )
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return row


async def list_loads(connection: AsyncConnection, scope: Scope) -> Sequence[RowMapping]:
    """The newest first."""
    rows = await connection.execute(
        select(directory_loads)
        .where(scope.clause(directory_loads.c.company))
        .order_by(directory_loads.c.id.desc())
        .limit(_SHOWN)
    )
    return rows.mappings().all()


async def move(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    load: int,
    state: str,
    *,
    only_from: Sequence[str] = STATES,
    **values: Any,
) -> bool:
    """To another state, from one of these; False when it is in another. Mappings become JSON. Raises NotSeen."""
    await load_of(connection, scope, load)
    texts = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in values.items()
    }
    done = await connection.execute(
        directory_loads.update()
        .where(directory_loads.c.id == load, directory_loads.c.state.in_(only_from))
        .values(state=state, changed_at=at, **texts)
    )
    return done.rowcount == 1


async def remembered(connection: AsyncConnection, scope: Scope, company: str) -> Mapping[str, str]:
    """Head -> field, as the company's last file had it. Raises NotSeen."""
    scope.require(company)
    rows = await connection.execute(
        select(directory_mappings.c.head_key, directory_mappings.c.field).where(
            directory_mappings.c.company == company
        )
    )
    return {row.head_key: row.field for row in rows.all()}


async def remember(
    connection: AsyncConnection,
    scope: Scope,
    company: str,
    heads: Sequence[str],
    mapping: Mapping[str, int],
) -> None:
    """Heads that are not loaded are remembered as such. Raises NotSeen."""
    scope.require(company)
    fields = {column: field for field, column in mapping.items()}
    found = {head_key(head): fields.get(column, "") for column, head in enumerate(heads) if head_key(head)}
    table = directory_mappings
    await connection.execute(table.delete().where(table.c.company == company, table.c.head_key.in_(found)))
    if found:
        rows = [{"company": company, "head_key": head, "field": field} for head, field in found.items()]
        await connection.execute(table.insert(), rows)


async def keep_faults(connection: AsyncConnection, scope: Scope, load: int, faults: Sequence[Fault]) -> None:
    """More of what is wrong. Raises NotSeen."""
    await load_of(connection, scope, load)
    found = {(one.number, one.field): one for one in faults}
    if found:
        await connection.execute(
            directory_load_faults.insert(),
            [
                {"load": load, "row": row, "field": field, "value": one.value, "fault": one.fault}
                for (row, field), one in found.items()
            ],
        )


async def forget_faults(connection: AsyncConnection, scope: Scope, load: int) -> None:
    """Before the file is checked again. Raises NotSeen."""
    await load_of(connection, scope, load)
    await connection.execute(directory_load_faults.delete().where(directory_load_faults.c.load == load))


async def faults_of(
    connection: AsyncConnection, scope: Scope, load: int, limit: int | None = None
) -> Sequence[RowMapping]:
    """In the file's order. Raises NotSeen."""
    await load_of(connection, scope, load)
    table = directory_load_faults
    rows = await connection.execute(
        select(table).where(table.c.load == load).order_by(table.c.row, table.c.field).limit(limit)
    )
    return rows.mappings().all()


async def pend(connection: AsyncConnection, scope: Scope, load: int) -> None:
    """From here on its rows are written, and not seen. Raises NotSeen."""
    await load_of(connection, scope, load)
    await connection.execute(directory_pending.insert().values(load=load))


async def switch(connection: AsyncConnection, scope: Scope, load: int) -> None:
    """All its rows are there with this transaction. Raises NotSeen."""
    await load_of(connection, scope, load)
    await connection.execute(directory_pending.delete().where(directory_pending.c.load == load))


async def unfinished(connection: AsyncConnection, scope: Scope) -> Sequence[RowMapping]:
    """Those that a process that is gone was busy with."""
    rows = await connection.execute(
        select(directory_loads).where(
            directory_loads.c.state.in_(("looking", "checking", "applying")),
            scope.clause(directory_loads.c.company),
        )
    )
    return rows.mappings().all()
