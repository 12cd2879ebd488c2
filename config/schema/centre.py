"""The settings' tables about the centre itself: time zone, PBX, ledger, HTTP, log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
)

from config.schema.base import DidText, Section
from config.schema.values import (
    HostText,
    Id,
    SecondsOrZero,
    valid_ledger_url,
    valid_own_address,
    valid_time_zone,
)


class Centre(Section):
    """The centre as a whole."""

    time_zone: Annotated[str, AfterValidator(valid_time_zone)] = Field(
        "Europe/Moscow", description="where a day begins"
    )
    language: Literal["ru", "en"] = Field("ru", description="of screens and prompts where a line names none")
    missed_offers_before_pause: int = Field(
        2,
        ge=0,
        le=20,
        description="an agent whose phone rings in vain, or refuses, so often in a row is paused; 0: never",
    )
    refused_phone_retry_seconds: SecondsOrZero = Field(
        60, description="a phone that refused by itself is tried again after this, then ever later; 0: never"
    )
    unlisted_line: DidText | None = Field(
        None, description="the did of the line that calls to a number of no line belong to; default: none's"
    )


class Pbx(Section):
    """The Asterisk to work with."""

    name: Id = Field("pbx1", description="names this Asterisk in the ledger; never change it later")
    host: HostText = Field("127.0.0.1", description="where its manager interface (AMI) listens")
    port: int = Field(5038, ge=1, le=65535, description="AMI's TCP port")
    username: Id = Field("callengine", description="the AMI user of manager.conf")
    secret: SecretStr = Field(SecretStr(""), description="his secret; better in secret_file or environment")
    secret_file: Path | None = Field(None, description="a file that holds the secret and nothing else")
    take_over_seconds: int = Field(30, ge=7, le=3600, description="a standby waits so long for the other")


class Database(Section):
    """The ledger."""

    url: Annotated[str, AfterValidator(valid_ledger_url)] = Field(
        "sqlite:///callengine.db",
        description="sqlite:///FILE or postgresql://USER@HOST/NAME; "
        "a primary and its standbys: HOST1:5432,HOST2:5432",
    )
    password: SecretStr = Field(SecretStr(""), description="for PostgreSQL; better in password_file")
    password_file: Path | None = Field(None, description="a file that holds the password and nothing else")
    spool_file: Path | None = Field(
        None,
        description="keeps decisions while the database is away; default: beside a SQLite ledger, "
        "else callengine-PBX.spool beside http.tokens_file, PBX being pbx.name",
    )
    spool_max_mb: int = Field(512, ge=1, le=1_000_000, description="it grows no further")


class Http(Section):
    """Metrics, health, the wallboard, what is owed."""

    host: Annotated[str, AfterValidator(valid_own_address)] = Field(
        "127.0.0.1", description="listened on; off loopback every request needs a token (docs/wallboard.md)"
    )
    port: int = Field(8790, ge=0, le=65535, description="0 takes a free one")
    connections: int = Field(
        512,
        ge=8,
        le=20_000,
        description="at once, half of a request or open boards; fewer where the process may not open as many files "
        "(LimitNOFILE)",
    )
    control_socket: Path = Field(
        Path("callengine.sock"), description="`callengine callbacks …` speaks to the engine through this file"
    )
    tokens_file: Path = Field(
        Path("callengine.tokens"),
        description="`callengine token` writes it; it holds only the tokens' SHA-256",
    )
    sign_in: Literal["off_loopback", "always"] = Field(
        "off_loopback", description="when a token is wanted; always: also on loopback, behind a proxy"
    )
    https: bool = Field(False, description="a proxy in front speaks HTTPS: cookies are sent over it only")
    sign_in_days: int = Field(90, ge=1, le=365, description="a browser that is used stays signed in so long")


class Log(Section):
    """What is logged, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="from this level on")
    format: Literal["json", "console"] = Field("json", description="json: one object a line")
