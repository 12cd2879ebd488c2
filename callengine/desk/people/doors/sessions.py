"""Browsers that are signed in, kept by the server: each request asks whether its session still is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.doors.known import Account, find_account
from callengine.desk.people.doors.secret import kept, new_secret
from callengine.desk.people.tables import accounts, sessions

HALF_WAY = timedelta(minutes=10)
"""How long somebody whose password was right may look for his second factor."""
_SEEN_EVERY = timedelta(minutes=1)
"""So often at most is written that somebody is there."""


class Stage(StrEnum):
    """How far somebody is in."""

    WHOLE = "whole"
    SECOND_FACTOR = "second_factor"
    """The password was right; the code is still to come."""
    ENROLMENT = "enrolment"
    """The password was right; his role wants a second factor, and he has none yet."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A session that is one."""

    id: int
    stage: Stage
    account: Account
    made_at: datetime
    seen_at: datetime
    offered_totp: str | None


async def begin_session(
    connection: AsyncConnection, at: datetime, account_id: int, stage: Stage, origin: Origin, lasts: timedelta
) -> str:
    """A new one, whatever the browser had before; what its cookie is to hold, which is kept nowhere."""
    secret = new_secret()
    await connection.execute(
        sessions.insert().values(
            account_id=account_id,
            secret_hash=kept(secret),
            stage=stage,
            made_at=at,
            seen_at=at,
            ends_at=at + (lasts if stage is Stage.WHOLE else HALF_WAY),
            address=origin.address[:60],
            browser=origin.browser[:200],
        )
    )
    return secret


def is_live(at: datetime, idle: timedelta) -> ColumnElement[bool]:
    """The condition on a session at that moment."""
    return and_(sessions.c.ended_at.is_(None), sessions.c.ends_at > at, sessions.c.seen_at > at - idle)


async def find_session(
    connection: AsyncConnection, at: datetime, secret: str, idle: timedelta
) -> Found | None:
    """Whose cookie it is; None: of nobody, ended, too old, not used for too long, or his account is disabled."""
    rows = await connection.execute(
        select(sessions).where(sessions.c.secret_hash == kept(secret), is_live(at, idle))
    )
    row = rows.mappings().first()
    if row is None:
        return None
    account = await find_account(
        connection, and_(accounts.c.id == row["account_id"], accounts.c.disabled_at.is_(None))
    )
    if account is None:
        return None
    return Found(row["id"], Stage(row["stage"]), account, row["made_at"], row["seen_at"], row["totp_secret"])


def wants_seen(found: Found, at: datetime) -> bool:
    """Whether it is time to write that he is there."""
    return at - found.seen_at >= _SEEN_EVERY


async def note_seen(connection: AsyncConnection, at: datetime, session_id: int) -> None:
    """He is there."""
    await connection.execute(sessions.update().where(sessions.c.id == session_id).values(seen_at=at))


async def offer_totp(connection: AsyncConnection, session_id: int, secret: str | None) -> None:
    """This browser is shown a second factor, which its owner is to confirm."""
    await connection.execute(sessions.update().where(sessions.c.id == session_id).values(totp_secret=secret))


async def end_sessions(
    connection: AsyncConnection,
    at: datetime,
    by: str,
    *,
    session_id: int | None = None,
    account_id: int | None = None,
    but: int | None = None,
) -> list[int]:
    """End one, or all of an account `but` one; the ids of those that were not over."""
    which: list[ColumnElement[bool]] = [sessions.c.ended_at.is_(None)]
    if session_id is not None:
        which.append(sessions.c.id == session_id)
    if account_id is not None:
        which.append(sessions.c.account_id == account_id)
    if but is not None:
        which.append(sessions.c.id != but)
    if session_id is None and account_id is None:
        raise ValueError("whose?")
    rows = await connection.execute(
        sessions.update().where(*which).values(ended_at=at, ended_by=by).returning(sessions.c.id)
    )
    return [row.id for row in rows]
