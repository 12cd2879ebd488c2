"""All routes of this folder that are behind the door."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from callengine.desk.accounts.account_pages import AccountPages
from callengine.desk.accounts.own_pages import OwnPages
from callengine.desk.accounts.parts import Parts
from callengine.desk.accounts.privacy_pages import PrivacyPages
from callengine.desk.accounts.program_pages import ProgramPages
from callengine.desk.accounts.trail_pages import TrailPages
from callengine.desk.web.routes import DeskRoute


def routes(parts: Parts, zone: ZoneInfo) -> tuple[DeskRoute, ...]:
    """One's own account, everybody's, sessions, tokens of programs, the trail, privacy. `zone`: the centre's."""
    return (
        *OwnPages(parts).routes(),
        *AccountPages(parts).routes(),
        *ProgramPages(parts).routes(),
        *TrailPages(parts, zone).routes(),
        *PrivacyPages(parts).routes(),
    )
