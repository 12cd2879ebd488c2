"""What is done to accounts; each leaves its row in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.account_rules import AccountFields, Refused, Roster, Stale, refuse_wrong
from callengine.desk.people.doors.known import Account, find_account
from callengine.desk.people.doors.second_factor import new_recovery_codes
from callengine.desk.people.doors.secret import kept, new_secret
from callengine.desk.people.doors.sessions import end_sessions
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.tables import (
    account_companies,
    accounts,
    password_links,
    recovery_codes,
    sessions,
)
from callengine.desk.people.trail import record


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    account_id: int
    ended: tuple[int, ...] = ()
    """Sessions that are over with it: their open pages are to be cut."""


async def add_account(
    connection: AsyncConnection, scope: Scope, at: datetime, fields: AccountFields, roster: Roster
) -> int:
    """A new account, which nobody can use before its password is set; its id. Raises Refused, NotSeen."""
    _refuse_others(scope)
    refuse_wrong(fields, roster)
    await _refuse_taken(connection, fields, but=None)
    made = await connection.execute(
        accounts.insert().values(**_row(fields), made_at=at).returning(accounts.c.id)
    )
    account_id = int(made.scalar_one())
    await _write_companies(connection, account_id, fields.companies)
    await record(
        connection, scope, at, "made", ("account", account_id), company=_one(fields), after=_told(fields)
    )
    return account_id


async def change_account(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    account_id: int,
    fields: AccountFields,
    roster: Roster,
    version: int | None,
) -> Done:
    """Other fields. Whose rights change must sign in anew. Raises Refused, Stale, NotSeen."""
    _refuse_others(scope)
    before = await _account(connection, account_id)
    if version is not None and version != before.version:
        raise Stale(told_of(before))
    refuse_wrong(fields, roster)
    await _refuse_taken(connection, fields, but=account_id)
    if account_id == scope.account_id and fields.role != before.role:
        raise Refused({"role": "wrong_role_own"})
    await connection.execute(
        accounts.update()
        .where(accounts.c.id == account_id)
        .values(**_row(fields), version=before.version + 1)
    )
    await _write_companies(connection, account_id, fields.companies)
    was, now = told_of(before), _told(fields)
    await record(
        connection,
        scope,
        at,
        "changed",
        ("account", account_id),
        company=_one(fields),
        before=was,
        after=now,
    )
    rights = ("role", "agent", "companies")
    ended: list[int] = []
    if any(was[name] != now[name] for name in rights):
        ended = await end_sessions(connection, at, scope.name, account_id=account_id)
    return Done(account_id, tuple(ended))


async def disable_account(
    connection: AsyncConnection, scope: Scope, at: datetime, account_id: int, *, disabled: bool = True
) -> Done:
    """Nobody comes in with it any more, and whoever is in is out; or it is as before. Raises Refused, NotSeen."""
    _refuse_others(scope)
    before = await _account(connection, account_id)
    if account_id == scope.account_id:
        raise Refused({"disabled": "wrong_disable_own"})
    if (before.disabled_at is not None) is disabled:
        return Done(account_id)
    if not disabled:
        await _refuse_taken(
            connection, AccountFields(before.name, before.role, agent=before.agent or ""), but=account_id
        )
    await connection.execute(
        accounts.update()
        .where(accounts.c.id == account_id)
        .values(disabled_at=at if disabled else None, version=before.version + 1)
    )
    ended = await end_sessions(connection, at, scope.name, account_id=account_id) if disabled else []
    await _void_links(connection, at, account_id)
    await record(connection, scope, at, "disabled" if disabled else "enabled", ("account", account_id))
    return Done(account_id, tuple(ended))


async def make_password_link(
    connection: AsyncConnection, scope: Scope, at: datetime, account_id: int, lasts: timedelta
) -> str:
    """The secret of a link by which a password is set once; links made before are void. Raises NotSeen."""
    _refuse_others(scope)
    account = await _account(connection, account_id)
    if account.disabled_at is not None:
        raise Refused({"disabled": "wrong_link_disabled"})
    await _void_links(connection, at, account_id)
    secret = new_secret()
    await connection.execute(
        password_links.insert().values(
            account_id=account_id,
            secret_hash=kept(secret),
            made_at=at,
            made_by=scope.name,
            ends_at=at + lasts,
        )
    )
    await record(connection, scope, at, "link made", ("account", account_id))
    return secret


async def set_password(
    connection: AsyncConnection,
    scope: Scope,
    at: datetime,
    account_id: int,
    password_hash: str,
    *,
    stays: int | None = None,
) -> Done:
    """By its owner. Every other browser is out, but `stays`; links are void. Raises NotSeen."""
    _refuse_others(scope, account_id)
    await connection.execute(
        accounts.update()
        .where(accounts.c.id == account_id)
        .values(password_hash=password_hash, password_at=at)
    )
    ended = await end_sessions(connection, at, scope.name, account_id=account_id, but=stays)
    await _void_links(connection, at, account_id)
    await record(connection, scope, at, "password set", ("account", account_id))
    return Done(account_id, tuple(ended))


async def set_second_factor(
    connection: AsyncConnection, scope: Scope, at: datetime, account_id: int, secret: str, step: int
) -> tuple[str, ...]:
    """Confirmed by its owner with the code of that step; his new recovery codes, shown this once. Raises NotSeen."""
    _refuse_others(scope, account_id)
    await connection.execute(
        accounts.update().where(accounts.c.id == account_id).values(totp_secret=secret, totp_step=step)
    )
    codes = tuple(new_recovery_codes())
    await connection.execute(recovery_codes.delete().where(recovery_codes.c.account_id == account_id))
    await connection.execute(
        recovery_codes.insert(),
        [{"account_id": account_id, "secret_hash": kept(code), "made_at": at} for code in codes],
    )
    await record(connection, scope, at, "second factor set", ("account", account_id))
    return codes


async def drop_second_factor(
    connection: AsyncConnection, scope: Scope, at: datetime, account_id: int
) -> Done:
    """By its owner, or for who lost telephone and codes: his browsers are out. Raises NotSeen."""
    _refuse_others(scope, account_id)
    await connection.execute(
        accounts.update().where(accounts.c.id == account_id).values(totp_secret=None, totp_step=None)
    )
    await connection.execute(recovery_codes.delete().where(recovery_codes.c.account_id == account_id))
    ended: list[int] = []
    if account_id != scope.account_id:
        ended = await end_sessions(connection, at, scope.name, account_id=account_id)
    await record(connection, scope, at, "second factor dropped", ("account", account_id))
    return Done(account_id, tuple(ended))


async def end_session(connection: AsyncConnection, scope: Scope, at: datetime, session_id: int) -> Done:
    """One's own, or with the right to it another's. Raises NotSeen."""
    owner = await connection.scalar(
        sessions.select().with_only_columns(sessions.c.account_id).where(sessions.c.id == session_id)
    )
    if owner is None or (owner != scope.account_id and not scope.may(Right.SESSIONS_END)):
        raise NotSeen
    ended = await end_sessions(connection, at, scope.name, session_id=session_id)
    if ended:
        await record(connection, scope, at, "session ended", ("account", owner))
    return Done(owner, tuple(ended))


async def end_all_sessions(
    connection: AsyncConnection, scope: Scope, at: datetime, account_id: int, *, but: int | None = None
) -> Done:
    """Of an account: one's own, or with the right to it another's. Raises NotSeen."""
    if account_id != scope.account_id and not scope.may(Right.SESSIONS_END):
        raise NotSeen
    ended = await end_sessions(connection, at, scope.name, account_id=account_id, but=but)
    if ended:
        await record(connection, scope, at, "sessions ended", ("account", account_id))
    return Done(account_id, tuple(ended))


def told_of(account: Account) -> dict[str, str]:
    """An account's fields in words, for the trail and for who finds his form stale."""
    return _told(
        AccountFields(
            account.name,
            account.role,
            account.full_name,
            account.agent or "",
            account.companies,
            account.language or "",
        )
    )


def _told(fields: AccountFields) -> dict[str, str]:
    return {
        "name": fields.name,
        "full_name": fields.full_name,
        "role": str(fields.role),
        "agent": fields.agent,
        "companies": ", ".join(sorted(fields.companies)),
        "language": fields.language,
    }


def _row(fields: AccountFields) -> Mapping[str, Any]:
    return {
        "name": fields.name,
        "name_key": fields.name_key,
        "full_name": fields.full_name,
        "role": fields.role,
        "agent": fields.agent or None,
        "language": fields.language or None,
    }


def _one(fields: AccountFields) -> str | None:
    """The company it belongs to, when it is one."""
    return next(iter(fields.companies)) if len(fields.companies) == 1 else None


def _refuse_others(scope: Scope, account_id: int | None = None) -> None:
    """Accounts are the administrator's; one's own password and second factor are one's own. Raises NotSeen."""
    is_own = account_id is not None and scope.account_id == account_id
    if not is_own and not (scope.may(Right.ACCOUNTS) and scope.companies is None):
        raise NotSeen


async def _account(connection: AsyncConnection, account_id: int) -> Account:
    found = await find_account(connection, accounts.c.id == account_id)
    if found is None:
        raise NotSeen
    return found


async def _refuse_taken(connection: AsyncConnection, fields: AccountFields, but: int | None) -> None:
    """A name stands once; an agent sits at one account that is in use. Raises Refused."""
    other = accounts.c.id != (but if but is not None else -1)
    errors = {}
    if await find_account(connection, and_(accounts.c.name_key == fields.name_key, other)) is not None:
        errors["name"] = "wrong_name_taken"
    if fields.agent:
        same = and_(accounts.c.agent == fields.agent, accounts.c.disabled_at.is_(None), other)
        if await find_account(connection, same) is not None:
            errors["agent"] = "wrong_agent_taken"
    if errors:
        raise Refused(errors)


async def _write_companies(connection: AsyncConnection, account_id: int, companies: frozenset[str]) -> None:
    await connection.execute(account_companies.delete().where(account_companies.c.account_id == account_id))
    if companies:
        rows = [{"account_id": account_id, "company": one} for one in sorted(companies)]
        await connection.execute(account_companies.insert(), rows)


async def _void_links(connection: AsyncConnection, at: datetime, account_id: int) -> None:
    links = password_links
    await connection.execute(
        links.update().where(links.c.account_id == account_id, links.c.used_at.is_(None)).values(used_at=at)
    )
