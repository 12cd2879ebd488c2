"""What the pages of accounts are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from callengine.desk.accounts.doorkeeper import DeskDoorkeeper
from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.account_rules import Refused, Roster
from callengine.desk.people.doors.passwords import Passwords
from callengine.desk.people.doors.signing_in import SigningIn
from callengine.desk.people.privacy import Privacy
from callengine.desk.web.open_requests import OpenRequests
from callengine.desk.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Parts:
    """Built by the composition root, shared by all pages of this folder."""

    database: DeskDatabase
    doorkeeper: DeskDoorkeeper
    signing_in: SigningIn
    passwords: Passwords
    open_requests: OpenRequests
    roster: Roster
    privacy: Privacy
    now: Callable[[], datetime]
    public_address: str
    """As links begin; no slash at the end."""

    def cut(self, visit: Visit, ended: tuple[int, ...]) -> None:
        """These sessions are over: their open pages too, but not the answer to this request."""
        self.open_requests.cut((str(one) for one in ended), but=visit.request)


def number_in(visit: Visit, name: str) -> int:
    """An id in the path. Raises HTTPNotFound for what is none."""
    text = visit.request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise web.HTTPNotFound
    return int(text)


def version_in(visit: Visit) -> int | None:
    """Which version a form was drawn of."""
    text = visit.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def texts_for(visit: Visit, problem: Refused) -> Mapping[str, Any]:
    """What is wrong, by field, in the visitor's language."""
    texts = visit.texts("accounts")
    return {name: texts[text] for name, text in problem.errors.items()}
