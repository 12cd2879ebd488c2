"""Changes of the table of files, each with its row in the trail. The bytes are the folder's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.files.queries import file_of, seen
from callengine.desk.files.records import Owner, StoredFile
from callengine.desk.files.tables import stored_files
from callengine.desk.people.scope import Scope
from callengine.desk.people.trail import record


async def add(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    one: StoredFile,
    client_id: str | None = None,
) -> int:
    """A file whose bytes are kept already; its id. Raises NotSeen."""
    scope.require(one.owner.company)
    added = await connection.scalar(
        stored_files.insert()
        .values(
            client_id=client_id,
            company=one.owner.company,
            owner_kind=one.owner.kind,
            owner_id=one.owner.id,
            form=one.owner.form or None,
            name=one.name,
            kind=one.kind,
            size=one.size,
            sha256=one.sha256,
            stored=one.stored,
            uploaded_by=scope.account_id,
            uploader=one.uploader,
            uploaded_at=at,
        )
        .returning(stored_files.c.id)
    )
    identity = int(added or 0)
    after = {
        "name": one.name,
        "size": one.size,
        "sha256": one.sha256,
        "of": f"{one.owner.kind} {one.owner.id}",
    }
    await record(connection, scope, at, "added", ("file", identity), company=one.owner.company, after=after)
    return identity


async def adopt(connection: AsyncConnection, scope: Scope, owner: Owner, *, form: str | None = None) -> None:
    """What was uploaded into this form is the thing's that it made; all of the thing's files are its company's."""
    scope.require(owner.company)
    table = stored_files
    own = and_(table.c.owner_kind == owner.kind, table.c.owner_id == owner.id)
    if form:
        waiting = and_(table.c.owner_kind == owner.kind, table.c.form == form, table.c.owner_id.is_(None))
        await connection.execute(table.update().where(waiting, seen(scope)).values(owner_id=owner.id))
    await connection.execute(table.update().where(own, seen(scope)).values(company=owner.company))


async def remove(connection: AsyncConnection, scope: Scope, at: datetime, file_id: int) -> StoredFile:
    """Nobody refers to it; the caller throws its bytes away after the commit. Raises NotSeen."""
    one = await file_of(connection, scope, file_id)
    await connection.execute(stored_files.delete().where(stored_files.c.id == file_id))
    before = {"name": one.name, "sha256": one.sha256}
    await record(
        connection, scope, at, "removed", ("file", file_id), company=one.owner.company, before=before
    )
    return one


async def forget_unsaved(connection: AsyncConnection, scope: Scope, before: datetime) -> int:
    """Files of forms that were never saved; how many."""
    table = stored_files
    done = await connection.execute(
        table.delete().where(
            table.c.owner_id.is_(None),
            table.c.uploaded_at < before,
            scope.clause(table.c.company, with_common=True),
        )
    )
    return done.rowcount
