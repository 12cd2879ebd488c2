"""What an account may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from callengine.desk.data.metadata import folded
from callengine.desk.people.rights import Role
from callengine.platform.language import LANGUAGES

_NAME = re.compile(r"[\w][\w.@-]{1,59}")


class Refused(Exception):
    """Something typed is not right; `errors` has for each field the name of the text that says so."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = dict(errors)


class Stale(Exception):
    """It was changed since the form was drawn; `now` is how it is."""

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__("changed meanwhile")
        self.now = dict(now)


@dataclass(frozen=True, slots=True)
class Roster:
    """Whom the settings name: id to name."""

    agents: Mapping[str, str] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountFields:
    """An account as a person writes it."""

    name: str
    role: str
    full_name: str = ""
    agent: str = ""
    companies: frozenset[str] = frozenset()
    language: str = ""

    @property
    def name_key(self) -> str:
        """As it is compared."""
        return folded(self.name)

    @property
    def shown(self) -> str:
        """What others see."""
        return self.full_name or self.name


def refuse_wrong(fields: AccountFields, roster: Roster) -> None:
    """Raises Refused."""
    errors: dict[str, str] = {}
    if not _NAME.fullmatch(fields.name):
        errors["name"] = "wrong_name"
    if len(fields.full_name) > 200:
        errors["full_name"] = "wrong_full_name"
    if fields.role not in set(Role):
        errors["role"] = "wrong_role"
    if fields.language and fields.language not in LANGUAGES:
        errors["language"] = "wrong_language"
    if fields.role == Role.AGENT and not fields.agent:
        errors["agent"] = "wrong_agent_none"
    elif fields.agent and fields.agent not in roster.agents:
        errors["agent"] = "wrong_agent_unknown"
    elif fields.agent and fields.role == Role.COMPANY:
        errors["agent"] = "wrong_agent_of_company"
    if fields.companies - set(roster.companies):
        errors["companies"] = "wrong_company_unknown"
    elif fields.role == Role.COMPANY and not fields.companies:
        errors["companies"] = "wrong_company_none"
    if errors:
        raise Refused(errors)
