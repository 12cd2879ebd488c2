"""Of which companies somebody may see anything: what every query of personal or company data asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, true

from callengine.desk.people.rights import Right, Role, may


class NotSeen(Exception):
    """There is no such thing for this person; whether there is one for others is not told."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Made from a session or an API token by the gate, for work without a person by `system_scope`; nowhere else."""

    account_id: int | None
    """None: the program itself."""
    name: str
    role: Role
    companies: frozenset[str] | None
    """Ids of the settings; None: all."""
    agent: str | None = None
    """The agent of the settings who sits there."""
    only: frozenset[Right] | None = None
    """A program's token has these of its role's rights; None: all."""

    def may(self, right: Right) -> bool:
        """Whether the role has it, and the token that came was given it."""
        return may(self.role, right) and (self.only is None or right in self.only or right is Right.NOTHING)

    def sees(self, company: str | None) -> bool:
        """Whether what belongs to this company may be seen; what belongs to none (None) is everybody's."""
        return company is None or self.companies is None or company in self.companies

    def require(self, company: str | None) -> None:
        """Raises NotSeen."""
        if not self.sees(company):
            raise NotSeen

    def clause(self, company: ColumnElement[Any], *, with_common: bool = False) -> ColumnElement[bool]:
        """The condition on a table's column of companies; `with_common`: rows of no company (NULL) too."""
        if self.companies is None:
            return true()
        own = company.in_(sorted(self.companies)) if self.companies else false()
        return own | company.is_(None) if with_common else own


def system_scope(why: str) -> Scope:
    """For work that no person asked for: an import's child, retention. `why` is what the trail names."""
    return Scope(None, why, Role.ADMINISTRATOR, None)
