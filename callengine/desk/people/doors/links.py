"""Links by which a password is set: one use, one account, some hours."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.doors.known import Account, find_account
from callengine.desk.people.doors.secret import kept
from callengine.desk.people.tables import accounts, password_links


async def find_link(connection: AsyncConnection, at: datetime, secret: str) -> Account | None:
    """Whose password it sets; None: it is none, was used, is too old, or its account is disabled."""
    links = password_links
    owner = await connection.scalar(
        select(links.c.account_id).where(
            links.c.secret_hash == kept(secret), links.c.used_at.is_(None), links.c.ends_at > at
        )
    )
    if owner is None:
        return None
    return await find_account(connection, and_(accounts.c.id == owner, accounts.c.disabled_at.is_(None)))
