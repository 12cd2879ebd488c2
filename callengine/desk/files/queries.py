"""Reading of files: each by the scope of who asks. A form's files are seen by who uploaded them only."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.files.records import Owner, StoredFile
from callengine.desk.files.tables import stored_files
from callengine.desk.people.scope import NotSeen, Scope


def seen(scope: Scope) -> ColumnElement[bool]:
    """His companies' and those of all; of forms only his own."""
    table = stored_files
    own_form = table.c.uploaded_by == scope.account_id if scope.account_id is not None else table.c.id < 0
    return and_(scope.clause(table.c.company, with_common=True), or_(table.c.owner_id.is_not(None), own_form))


async def files_of(
    connection: AsyncConnection, scope: Scope, kind: str, owner_ids: Collection[int]
) -> tuple[StoredFile, ...]:
    """Of these things, in the order of their coming. Whether he sees the things themselves asks their subject."""
    if not owner_ids:
        return ()
    wanted = select(stored_files).where(
        stored_files.c.owner_kind == kind, stored_files.c.owner_id.in_(sorted(owner_ids)), seen(scope)
    )
    rows = await connection.execute(wanted.order_by(stored_files.c.id))
    return tuple(made(row) for row in rows.mappings())


async def files_of_form(
    connection: AsyncConnection, scope: Scope, kind: str, form: str
) -> tuple[StoredFile, ...]:
    """What he uploaded into a form that is not saved yet."""
    wanted = select(stored_files).where(
        stored_files.c.owner_kind == kind,
        stored_files.c.form == form,
        stored_files.c.owner_id.is_(None),
        seen(scope),
    )
    rows = await connection.execute(wanted.order_by(stored_files.c.id))
    return tuple(made(row) for row in rows.mappings())


async def file_of(connection: AsyncConnection, scope: Scope, file_id: int) -> StoredFile:
    """Raises NotSeen."""
    return await _one(connection, file_id, seen(scope))


async def file_of_address(connection: AsyncConnection, scope: Scope, file_id: int) -> StoredFile:
    """For whom a page gave an address to, of a form's file too. Raises NotSeen."""
    return await _one(connection, file_id, scope.clause(stored_files.c.company, with_common=True))


async def _one(connection: AsyncConnection, file_id: int, condition: ColumnElement[bool]) -> StoredFile:
    rows = await connection.execute(select(stored_files).where(stored_files.c.id == file_id, condition))
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    return made(row)


async def file_of_client(connection: AsyncConnection, scope: Scope, client_id: str) -> StoredFile | None:
    """What this very upload made, when it came before."""
    rows = await connection.execute(
        select(stored_files).where(
            stored_files.c.client_id == client_id,
            stored_files.c.uploaded_by == scope.account_id,
            seen(scope),
        )
    )
    row = rows.mappings().first()
    return None if row is None else made(row)


async def bytes_of(connection: AsyncConnection, scope: Scope, company: str | None) -> int:
    """How much a company's files take; None: those of all companies. Raises NotSeen."""
    scope.require(company)
    whose = stored_files.c.company.is_(None) if company is None else stored_files.c.company == company
    total = await connection.scalar(select(func.sum(stored_files.c.size)).where(whose))
    return int(total or 0)


async def kept_names(connection: AsyncConnection, scope: Scope) -> frozenset[str]:
    """Every name in the folder that a row stands for."""
    rows = await connection.execute(
        select(stored_files.c.stored).where(scope.clause(stored_files.c.company, with_common=True))
    )
    return frozenset(rows.scalars().all())


def made(row: RowMapping) -> StoredFile:
    """A file of its row."""
    owner = Owner(row["owner_kind"], row["owner_id"], row["form"] or "", row["company"])
    return StoredFile(
        row["id"],
        owner,
        row["name"],
        row["kind"],
        row["size"],
        row["sha256"],
        row["stored"],
        row["uploader"],
        row["uploaded_at"],
    )
