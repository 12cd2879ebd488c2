"""Programs that come with a token of the desk's: recognised by its hash."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.doors.secret import TOKEN_PREFIX, kept
from callengine.desk.people.rights import Right, Role
from callengine.desk.people.scope import Scope
from callengine.desk.people.tables import api_tokens

_USED_EVERY = timedelta(minutes=1)


async def find_program(
    connection: AsyncConnection, at: datetime, token: str
) -> tuple[int, Scope, bool] | None:
    """The token's id, what it may see, and whether it is time to write that it was used; None: it is none now."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    rows = await connection.execute(
        select(api_tokens).where(
            api_tokens.c.secret_hash == kept(token),
            api_tokens.c.revoked_at.is_(None),
            api_tokens.c.ends_at > at,
        )
    )
    row = rows.mappings().first()
    if row is None:
        return None
    companies = json.loads(row["companies"])
    scope = Scope(
        None,
        row["name"],
        Role(row["role"]),
        None if companies is None else frozenset(companies),
        only=frozenset(Right(one) for one in json.loads(row["rights"])),
    )
    used = row["used_at"]
    return row["id"], scope, used is None or at - used >= _USED_EVERY


async def note_used(connection: AsyncConnection, at: datetime, token_id: int) -> None:
    """It came."""
    await connection.execute(api_tokens.update().where(api_tokens.c.id == token_id).values(used_at=at))
