"""Texts and numbers that settings are made of, each with its limits."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
)

_LEDGER_SCHEMES = frozenset({"sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg"})
_LEDGER_URLS = "use sqlite:///FILE or postgresql://USER@HOST/NAME"
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\",;|<>\[\]{}$\\]+")


def _name_for_a_phone(text: str) -> str:
    """A text that travels through AMI and the dialplan to a phone's display."""
    if not _PRINTABLE.fullmatch(text):
        raise ValueError(
            "must not be empty nor hold line ends, quotes, commas or any of ; | < > [ ] { } $ \\"
        )
    return text


def valid_time_zone(text: str) -> str:
    """`Europe/Moscow`."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError('is no time zone; one is "Europe/Moscow"') from problem
    return text


def valid_own_address(text: str) -> str:
    """An address to listen on; a name could be looked up to something else at the next start."""
    if text != "localhost":
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError(
                'must be an address of this machine: "127.0.0.1" for this machine only, "0.0.0.0" for all networks'
            ) from None
    return text


def valid_public_address(text: str) -> str:
    """Empty, or scheme and host as a browser shows them, without a path."""
    if not text:
        return text
    parts = urlsplit(text)
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise ValueError('must be scheme and host: "https://desk.example.ru"')
    return text.rstrip("/")


def _host(text: str) -> str:
    if text.count(":") == 1:
        raise ValueError("holds a port; write host and port apart")
    return text


def valid_hours(text: str) -> str:
    """`08:00-21:00`; empty: around the clock."""
    if text and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must be like "08:00-21:00", or "" for around the clock')
    if text and text[:5] == text[6:]:
        raise ValueError('opens when it closes; write "" for around the clock')
    return text


def valid_clock_time(text: str) -> str:
    """`04:30`."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must be like "04:30"')
    return text


def valid_ledger_url(text: str) -> str:
    """Neither another database nor a password where it would be shown."""
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError as problem:
        raise ValueError(f"is no URL; {_LEDGER_URLS}") from problem
    if parts.scheme not in _LEDGER_SCHEMES:
        raise ValueError(f"is of no supported database; {_LEDGER_URLS}")
    if password:
        raise ValueError(
            "holds a password; put it into a password_file, or into the environment: "
            "CALLENGINE_DATABASE__PASSWORD, CALLENGINE_DESK__DATABASE_PASSWORD"
        )
    if parts.scheme.startswith("sqlite") and parts.netloc:
        raise ValueError("has two slashes; write sqlite:///FILE with three, and four before an absolute path")
    if parts.scheme.startswith("sqlite") and (parts.query or parts.fragment):
        raise ValueError("has ? or # in the name of its file; " + _LEDGER_URLS)
    if parts.scheme.startswith("postgresql") and not parts.path.strip("/"):
        raise ValueError("names no database; use postgresql://USER@HOST/NAME")
    return text


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
HostText = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.:_-]{1,253}$"), AfterValidator(_host)]
NumberText = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,15}$")]
ServiceNumberText = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,15}$")]
"""Also short: 112."""
EndpointText = Annotated[str, StringConstraints(pattern=r"^PJSIP/[A-Za-z0-9_-]{1,40}$")]
ShownText = Annotated[str, Field(max_length=40), AfterValidator(_name_for_a_phone)]
Days = Annotated[int, Field(ge=0, le=36500)]
Seconds = Annotated[int, Field(ge=1, le=3600)]
ReportForm = Literal["html", "csv"]
REPORT_FORMS: tuple[ReportForm, ...] = ("html", "csv")
SecondsOrZero = Annotated[int, Field(ge=0, le=3600)]
