"""What a role may do: the one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is at the desk."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    EDITOR = "editor"
    """Of the knowledge base."""
    COMPANY = "company"
    """Sees its own company only."""


class Right(StrEnum):
    """What a route needs of whoever comes."""

    NOTHING = "nothing"
    """Nobody needs to be signed in."""
    SIGNED_IN = "signed_in"
    ACCOUNTS = "accounts"
    SESSIONS_END = "sessions_end"
    """Sees who is signed in, and signs another out."""
    TRAIL = "trail"
    PRIVACY = "privacy"
    """A resident's data told to him, or erased."""
    DIRECTORY_READ = "directory_read"
    DIRECTORY_EDIT = "directory_edit"
    DIRECTORY_IMPORT = "directory_import"
    DIRECTORY_EXPORT = "directory_export"
    KNOWLEDGE_READ = "knowledge_read"
    KNOWLEDGE_PROPOSE = "knowledge_propose"
    KNOWLEDGE_EDIT = "knowledge_edit"
    AGENT_PAGE = "agent_page"
    CARDS_WRITE = "cards_write"
    FLOOR_SEE = "floor_see"
    FLOOR_ACT = "floor_act"
    CALLS_SEE = "calls_see"
    CALLS_EXPORT = "calls_export"
    WHOLE_NUMBERS = "whole_numbers"
    """Of callers: others see their last digits, and cannot search by a number."""
    RECORDINGS = "recordings"
    COMPANY_PAGE = "company_page"
    FIGURES = "figures"
    """Of contacts: settled at once, and the time to the closed card; a company's without agents."""
    DIAL = "dial"


_WORK = frozenset(
    {
        Right.SIGNED_IN,
        Right.DIRECTORY_READ,
        Right.KNOWLEDGE_READ,
        Right.CARDS_WRITE,
        Right.CALLS_SEE,
        Right.WHOLE_NUMBERS,
    }
)
_LEAD = _WORK | {
    Right.SESSIONS_END,
    Right.TRAIL,
    Right.PRIVACY,
    Right.DIRECTORY_EDIT,
    Right.DIRECTORY_IMPORT,
    Right.DIRECTORY_EXPORT,
    Right.KNOWLEDGE_PROPOSE,
    Right.FLOOR_SEE,
    Right.FLOOR_ACT,
    Right.CALLS_EXPORT,
    Right.RECORDINGS,
    Right.FIGURES,
    Right.DIAL,
}
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: _LEAD | {Right.ACCOUNTS, Right.KNOWLEDGE_EDIT},
    Role.SUPERVISOR: _LEAD,
    Role.AGENT: _WORK | {Right.AGENT_PAGE, Right.KNOWLEDGE_PROPOSE, Right.DIRECTORY_EDIT, Right.DIAL},
    Role.EDITOR: frozenset(
        {
            Right.SIGNED_IN,
            Right.KNOWLEDGE_READ,
            Right.KNOWLEDGE_PROPOSE,
            Right.KNOWLEDGE_EDIT,
            Right.DIRECTORY_READ,
        }
    ),
    Role.COMPANY: frozenset(
        {
            Right.SIGNED_IN,
            Right.COMPANY_PAGE,
            Right.FIGURES,
            Right.DIRECTORY_READ,
            Right.DIRECTORY_EDIT,
            Right.DIRECTORY_IMPORT,
            Right.DIRECTORY_EXPORT,
            Right.KNOWLEDGE_READ,
            Right.KNOWLEDGE_PROPOSE,
            Right.CALLS_SEE,
            Right.CALLS_EXPORT,
            Right.RECORDINGS,
        }
    ),
}
"""In which company is said by the scope."""


def may(role: Role | None, right: Right) -> bool:
    """Whether somebody of this role, or nobody known (None), is let through to what needs this."""
    return right is Right.NOTHING or (role is not None and right in RIGHTS[role])
