"""The settings' table about the desk, the process that serves people's browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from config.schema.base import Section
from config.schema.values import valid_ledger_url, valid_own_address, valid_public_address

DeskRole = Literal["administrator", "supervisor", "agent", "editor", "company"]


class Desk(Section):
    """`callengine desk`, a process of its own; the engine does not need it."""

    host: Annotated[str, AfterValidator(valid_own_address)] = Field(
        "127.0.0.1",
        description="an address of this machine to listen on; browsers elsewhere come through a proxy with HTTPS",
    )
    port: int = Field(8791, ge=0, le=65535, description="0 takes a free one")
    group: str = Field(
        "",
        max_length=32,
        description="users of this group may open the engine's socket for the desk; empty: the group that shares the "
        "socket's folder (its set-group-id bit), as the services' users do; else the engine's own user only",
    )
    https: bool = Field(False, description="a proxy in front speaks HTTPS: cookies are sent over it only")
    database: Annotated[str, AfterValidator(valid_ledger_url)] = Field(
        "sqlite:///callengine-desk.db",
        description="the desk's own: a file that is not the ledger's, or a PostgreSQL database (schema desk)",
    )
    database_password: SecretStr = Field(
        SecretStr(""), description="for PostgreSQL; better in database_password_file"
    )
    database_password_file: Path | None = Field(
        None, description="a file that holds the password and nothing else"
    )
    ledger: Annotated[str, AfterValidator(valid_ledger_url)] | None = Field(
        None,
        description="the engine's ledger, to be read; default: database.url, on PostgreSQL desk.database",
    )
    recordings: Path = Field(
        Path("/var/spool/asterisk/monitor"),
        description="recordings are played from below this folder and from nowhere else",
    )
    public_address: Annotated[str, AfterValidator(valid_public_address)] = Field(
        "",
        description='as browsers call the desk: "https://desk.example.ru"; links begin with it, and a name that is '
        "neither this nor an address is refused",
    )
    files: Path = Field(
        Path("callengine-desk-files"),
        description="the folder of uploaded files and pictures, beside the desk's database",
    )
    files_address: Annotated[str, AfterValidator(valid_public_address)] = Field(
        "",
        description='a second name of the desk for uploaded files only: "https://files.example.ru"; recommended, and '
        "the proxy's example has it. Empty: they are served by the desk's own name",
    )
    file_mb: int = Field(20, ge=1, le=512, description="MB that one uploaded file has at most")
    company_files_mb: int = Field(
        2048, ge=1, description="MB that all files of one company have at most, and those of no company"
    )
    disk_free_mb: int = Field(
        1024,
        ge=0,
        description="uploads are refused when fewer MB would be left on their disk, so that calls and the ledger have "
        "their place",
    )
    house_on_display: bool = Field(
        True,
        description="phones show the caller's house and flat where the directory knows exactly one of that company; "
        "the engine reads it from the desk's database within 20 ms, or shows company and line alone",
    )
    session_idle_minutes: int = Field(
        720, ge=5, le=43200, description="who does nothing for so long must sign in again"
    )
    session_days: int = Field(7, ge=1, le=365, description="and whatever he does after so many days")
    link_hours: int = Field(48, ge=1, le=720, description="how long a link holds by which a password is set")
    second_factor: list[DeskRole] = Field(
        default_factory=list,
        description='roles that must have a second factor (TOTP): ["administrator", "supervisor"]',
    )
