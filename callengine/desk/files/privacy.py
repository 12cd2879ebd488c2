"""Files that belong to a resident: told to him, and erased with him."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.files.commands import remove
from callengine.desk.files.queries import files_of
from callengine.desk.people.privacy import Erased, Share, Told
from callengine.desk.people.scope import Scope

RESIDENT = "resident"
"""The owner's kind of such files."""


async def tell(connection: AsyncConnection, scope: Scope, resident_id: int) -> Told:
    """One record for each file; of what an article shows nothing is a resident's."""
    return [
        {"name": one.name, "size": one.size, "sha256": one.sha256, "uploaded_at": one.uploaded_at.isoformat()}
        for one in await files_of(connection, scope, RESIDENT, [resident_id])
    ]


async def erase(connection: AsyncConnection, scope: Scope, at: datetime, resident_id: int) -> Erased:
    """The rows now: no address leads to the bytes any more. These go the next night, as all that no row stands for."""
    found = await files_of(connection, scope, RESIDENT, [resident_id])
    for one in found:
        await remove(connection, scope, at, one.id)
    return Erased(len(found))


SHARE = Share("files", tell, erase)
"""The files' part of a resident's data."""
