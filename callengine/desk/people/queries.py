"""What pages show of accounts and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.doors.known import Account, find_account, list_of_accounts
from callengine.desk.people.doors.sessions import Stage, is_live
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.tables import accounts, api_tokens, recovery_codes, sessions, trail

PAGE = 100
"""Rows of the trail that one page shows."""


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What is looked for; what is empty does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    """A part of the name."""
    action: str = ""
    kind: str = ""
    subject_id: str = ""
    company: str = ""
    before_id: int | None = None
    """Rows older than this one."""


async def list_accounts(connection: AsyncConnection, scope: Scope) -> Sequence[Account]:
    """All, by name. Raises NotSeen for who may not see accounts."""
    _refuse(scope, Right.ACCOUNTS)
    return await list_of_accounts(connection, true())


async def account(connection: AsyncConnection, scope: Scope, account_id: int) -> Account:
    """One: one's own, or any for who may see accounts. Raises NotSeen."""
    if account_id != scope.account_id:
        _refuse(scope, Right.ACCOUNTS)
    found = await find_account(connection, accounts.c.id == account_id)
    if found is None:
        raise NotSeen
    return found


async def own_sessions(
    connection: AsyncConnection, scope: Scope, at: datetime, idle: timedelta
) -> Sequence[RowMapping]:
    """Of whoever asks, the newest first."""
    rows = await connection.execute(
        select(sessions)
        .where(
            sessions.c.account_id == scope.account_id,
            sessions.c.stage == Stage.WHOLE,
            is_live(at, idle),
        )
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    )
    return rows.mappings().all()


async def all_sessions(
    connection: AsyncConnection, scope: Scope, at: datetime, idle: timedelta
) -> Sequence[RowMapping]:
    """Of everybody, with whose it is. Raises NotSeen."""
    _refuse(scope, Right.SESSIONS_END)
    rows = await connection.execute(
        select(sessions, accounts.c.name, accounts.c.full_name, accounts.c.role)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(sessions.c.stage == Stage.WHOLE, is_live(at, idle))
        .order_by(accounts.c.name_key, sessions.c.seen_at.desc())
    )
    return rows.mappings().all()


async def recovery_codes_left(connection: AsyncConnection, scope: Scope) -> int:
    """Of whoever asks."""
    rows = await connection.execute(
        select(recovery_codes.c.id).where(
            recovery_codes.c.account_id == scope.account_id, recovery_codes.c.used_at.is_(None)
        )
    )
    return len(rows.all())


async def list_programs(connection: AsyncConnection, scope: Scope) -> Sequence[RowMapping]:
    """Tokens of programs, the newest first. Raises NotSeen."""
    _refuse(scope, Right.ACCOUNTS)
    rows = await connection.execute(select(api_tokens).order_by(api_tokens.c.id.desc()))
    return rows.mappings().all()


async def find_in_trail(
    connection: AsyncConnection, scope: Scope, wanted: TrailFilter
) -> Sequence[RowMapping]:
    """The newest first, one more than PAGE when there are more. Raises NotSeen."""
    if not scope.may(Right.TRAIL):
        raise NotSeen
    columns = trail.c
    which = [scope.clause(columns.company)]
    if wanted.since is not None:
        which.append(columns.at >= wanted.since)
    if wanted.until is not None:
        which.append(columns.at < wanted.until)
    if wanted.who:
        which.append(columns.account_name.contains(wanted.who, autoescape=True))
    for column, value in (
        (columns.action, wanted.action),
        (columns.subject_kind, wanted.kind),
        (columns.subject_id, wanted.subject_id),
        (columns.company, wanted.company),
    ):
        if value:
            which.append(column == value)
    if wanted.before_id is not None:
        which.append(columns.id < wanted.before_id)
    rows = await connection.execute(select(trail).where(*which).order_by(columns.id.desc()).limit(PAGE + 1))
    return rows.mappings().all()


def _refuse(scope: Scope, right: Right) -> None:
    if not scope.may(right) or scope.companies is not None:
        raise NotSeen
