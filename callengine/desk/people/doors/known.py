"""Who was recognised: the account as it is now, and the scope that it gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope
from callengine.desk.people.tables import account_companies, accounts


@dataclass(frozen=True, slots=True)
class Account:
    """An account."""

    id: int
    name: str
    full_name: str
    role: Role
    agent: str | None
    language: str | None
    companies: frozenset[str]
    password_hash: str | None
    totp_secret: str | None
    totp_step: int | None
    disabled_at: datetime | None
    version: int

    @property
    def shown(self) -> str:
        """What others see."""
        return self.full_name or self.name

    @property
    def scope(self) -> Scope:
        """What it may see. A company's account sees its own only, also when it has none."""
        everything = not self.companies and self.role is not Role.COMPANY
        return Scope(self.id, self.shown, self.role, None if everything else self.companies, self.agent)


async def find_account(connection: AsyncConnection, condition: ColumnElement[bool]) -> Account | None:
    """The one account for which that is true."""
    found = await list_of_accounts(connection, condition)
    return found[0] if found else None


async def list_of_accounts(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Account]:
    """Those for which that is true, by name."""
    rows = (
        (await connection.execute(select(accounts).where(condition).order_by(accounts.c.name_key)))
        .mappings()
        .all()
    )
    if not rows:
        return []
    owners = [row["id"] for row in rows]
    of_whom: dict[int, set[str]] = {}
    pairs = await connection.execute(
        select(account_companies.c.account_id, account_companies.c.company).where(
            account_companies.c.account_id.in_(owners)
        )
    )
    for owner, company in pairs:
        of_whom.setdefault(owner, set()).add(company)
    return [_account(row, of_whom.get(row["id"], ())) for row in rows]


def _account(row: RowMapping, companies: Iterable[str]) -> Account:
    names = ("id", "name", "full_name", "agent", "language", "password_hash", "totp_secret", "totp_step")
    return Account(
        **{name: row[name] for name in names},
        role=Role(row["role"]),
        companies=frozenset(companies),
        disabled_at=row["disabled_at"],
        version=row["version"],
    )
