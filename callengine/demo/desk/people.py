"""The demo's accounts: one of each kind, each with a link that works once."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.account_rules import AccountFields
from callengine.desk.people.commands import add_account, make_password_link
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import system_scope
from callengine.desk.process import door_rules, roster_of
from config.settings import Settings

ACCOUNTS: Final = (
    AccountFields("agent", Role.AGENT, "Иванова Анна", agent="1001"),
    AccountFields("supervisor", Role.SUPERVISOR, "Старшая смены"),
    AccountFields("company", Role.COMPANY, "УК Заря", companies=frozenset({"zarya"})),
    AccountFields("editor", Role.EDITOR, "Редактор базы знаний"),
    AccountFields("administrator", Role.ADMINISTRATOR, "Администратор"),
)


async def invite(database: DeskDatabase, settings: Settings, at: datetime) -> list[tuple[str, str]]:
    """The name that is typed at the door, and the secret of its link, for each."""
    scope, roster, lasts = system_scope("demo"), roster_of(settings), door_rules(settings).link_lasts
    found = []
    async with database.writing() as connection:
        for fields in ACCOUNTS:
            account = await add_account(connection, scope, at, fields, roster)
            found.append((fields.name, await make_password_link(connection, scope, at, account, lasts)))
    return found
