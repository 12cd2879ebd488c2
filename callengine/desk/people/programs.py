"""Tokens of programs: made, shown once, revoked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.account_rules import Refused, Roster
from callengine.desk.people.doors.secret import TOKEN_PREFIX, kept, new_secret
from callengine.desk.people.rights import RIGHTS, Right, Role
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.people.tables import api_tokens
from callengine.desk.people.trail import record

LONGEST_DAYS = 730
NEVER_A_PROGRAMS = frozenset({Right.ACCOUNTS, Right.SESSIONS_END, Right.AGENT_PAGE})
"""A program makes no accounts, and sits at no telephone."""


@dataclass(frozen=True, slots=True)
class ProgramFields:
    """A token as a person asks for it."""

    name: str
    role: str
    companies: frozenset[str]
    rights: frozenset[str]
    days: str


def rights_of_programs(role: Role) -> list[Right]:
    """Which a token of this role may have."""
    return sorted(RIGHTS[role] - NEVER_A_PROGRAMS - {Right.SIGNED_IN})


async def make_program(
    connection: AsyncConnection, scope: Scope, at: datetime, fields: ProgramFields, roster: Roster
) -> str:
    """The token, which is kept nowhere. Raises Refused, NotSeen."""
    _refuse_others(scope)
    _refuse_wrong(fields, roster)
    token = f"{TOKEN_PREFIX}{new_secret()}"
    companies = sorted(fields.companies) or None
    made = await connection.execute(
        api_tokens.insert()
        .values(
            name=fields.name,
            secret_hash=kept(token),
            role=fields.role,
            companies=json.dumps(companies),
            rights=json.dumps(sorted({*fields.rights, Right.SIGNED_IN})),
            made_at=at,
            made_by=scope.name,
            ends_at=at + timedelta(days=int(fields.days)),
        )
        .returning(api_tokens.c.id)
    )
    after = {
        "name": fields.name,
        "role": fields.role,
        "companies": companies,
        "rights": sorted(fields.rights),
    }
    await record(connection, scope, at, "made", ("token", made.scalar_one()), after=after)
    return token


async def revoke_program(connection: AsyncConnection, scope: Scope, at: datetime, token_id: int) -> None:
    """It opens nothing any more. Raises NotSeen."""
    _refuse_others(scope)
    done = await connection.execute(
        api_tokens.update()
        .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if done.rowcount:
        await record(connection, scope, at, "revoked", ("token", token_id))


def _refuse_others(scope: Scope) -> None:
    if not scope.may(Right.ACCOUNTS) or scope.companies is not None:
        raise NotSeen


def _refuse_wrong(fields: ProgramFields, roster: Roster) -> None:
    errors: dict[str, str] = {}
    if not 1 <= len(fields.name) <= 60:
        errors["name"] = "wrong_program_name"
    if not (fields.days.isascii() and fields.days.isdigit() and 1 <= int(fields.days[:6]) <= LONGEST_DAYS):
        errors["days"] = "wrong_days"
    if fields.role not in set(Role):
        errors["role"] = "wrong_role"
    elif not fields.rights or fields.rights - set(rights_of_programs(Role(fields.role))):
        errors["rights"] = "wrong_rights"
    if fields.companies - set(roster.companies):
        errors["companies"] = "wrong_company_unknown"
    elif fields.role == Role.COMPANY and not fields.companies:
        errors["companies"] = "wrong_company_none"
    if errors:
        raise Refused(errors)
