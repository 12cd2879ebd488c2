"""The settings' schema: every key, its default, its unit and its limits. `example.toml` shows each of them."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
)

from config.schema.app_queue import MemberText, Watch
from config.schema.base import DidText, Section
from queues.policy import Dispatch
from queues.terms.outcomes import Disposition
from queues.terms.phone_numbers import NumberFormat
from sla.promises import ClockStart, ReviewMeans

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


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError('is no time zone; one is "Europe/Moscow"') from problem
    return text


def _own_address(text: str) -> str:
    """An address to listen on; a name could be looked up to something else at the next start."""
    if text != "localhost":
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError(
                'must be an address of this machine: "127.0.0.1" for this machine only, "0.0.0.0" for all networks'
            ) from None
    return text


def _host(text: str) -> str:
    if text.count(":") == 1:
        raise ValueError("holds a port; write host and port apart")
    return text


def _hours(text: str) -> str:
    """`08:00-21:00`; empty: around the clock."""
    if text and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must be like "08:00-21:00", or "" for around the clock')
    if text and text[:5] == text[6:]:
        raise ValueError('opens when it closes; write "" for around the clock')
    return text


def _clock_time(text: str) -> str:
    """`04:30`."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must be like "04:30"')
    return text


def _ledger_url(text: str) -> str:
    """Neither another database nor a password where it would be shown."""
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError as problem:
        raise ValueError(f"is no URL; {_LEDGER_URLS}") from problem
    if parts.scheme not in _LEDGER_SCHEMES:
        raise ValueError(f"is of no supported database; {_LEDGER_URLS}")
    if password:
        raise ValueError("holds a password; put it into password_file or CALLENGINE_DATABASE__PASSWORD")
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
EndpointText = Annotated[str, StringConstraints(pattern=r"^PJSIP/[A-Za-z0-9_-]{1,40}$")]
ShownText = Annotated[str, Field(max_length=40), AfterValidator(_name_for_a_phone)]
Days = Annotated[int, Field(ge=0, le=36500)]
Seconds = Annotated[int, Field(ge=1, le=3600)]
ReportForm = Literal["html", "csv"]
_REPORT_FORMS: tuple[ReportForm, ...] = ("html", "csv")
SecondsOrZero = Annotated[int, Field(ge=0, le=3600)]


class Centre(Section):
    """The centre as a whole."""

    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
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

    url: Annotated[str, AfterValidator(_ledger_url)] = Field(
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

    host: Annotated[str, AfterValidator(_own_address)] = Field(
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


class Choice(Section):
    """What a resident who waits too long is offered: a callback that keeps his place, or a message."""

    after_seconds: SecondsOrZero = Field(180, description="from his arrival; 0: never")
    callback_before_due_seconds: Seconds = Field(
        180, description="who left a message is called so long before his deadline, unless it was reviewed"
    )


class Rules(Section):
    """The law's limits and how its unclear points are read, from a date on; several tables when they change."""

    name: Id = Field(description="shown next to each verdict")
    since: date = Field(description="first day in force")
    answer_limit_seconds: Seconds = Field(300, description="a human answers within, from arrival")
    contact_limit_seconds: Seconds = Field(
        600, description="else he is reached by phone within, from arrival"
    )
    message_limit_seconds: Seconds = Field(600, description="a message is reviewed within, from its arrival")
    clock: ClockStart = Field(ClockStart.ARRIVAL, description="the limits run from: arrival, queue")
    pick_up_is_answer: bool = Field(False, description="a machine that picks up has answered")
    early_hang_up_owes: bool = Field(True, description="who hangs up early is owed a contact all the same")
    early_hang_up_seconds: Seconds = Field(5, description="early means within this of the arrival")
    attempt_is_contact: bool = Field(False, description="a dial that nobody answered counts as contact")
    review: ReviewMeans = Field(
        ReviewMeans.DISPOSITION,
        description="a message is reviewed by: disposition (said what became of it), opened",
    )


class Retention(Section):
    """How long personal data is kept; every night at 3 what is older is forgotten. 0: for ever."""

    numbers_days: Days = Field(0, description="phone numbers and caller names of calls; figures stay")
    recordings_days: Days = Field(
        0, description="recordings and reviewed messages whose files are on this machine"
    )
    journal_days: Days = Field(0, description="the engine's journal of every event, with numbers in it")


class Reconcile(Section):
    """Every night at 3:30 yesterday's figures are counted again from the ledger, and compared with these."""

    nightly: bool = Field(True, description="exports callengine_accounting_mismatch")
    cdr: Path | None = Field(
        None, description="Asterisk's CDR, with loguniqueid=yes: /var/log/asterisk/cdr-csv/Master.csv"
    )


class Reports(Section):
    """Reports that are written by themselves, each as soon as its day, week or month is over."""

    folder: Path = Field(Path("reports"), description="where to; a folder of their own is made for each kind")
    at: Annotated[str, AfterValidator(_clock_time)] = Field(
        "04:30", description="when, by the centre's clock; what was missed is made up at the next start"
    )
    day: list[Id] = Field(
        default_factory=list, description='every day, of these companies; "all": of the whole centre'
    )
    week: list[Id] = Field(default_factory=list, description="every week, of these companies")
    month: list[Id] = Field(default_factory=list, description='every month, of these: ["all", "sever"]')
    formats: list[ReportForm] = Field(
        default_factory=lambda: list(_REPORT_FORMS), description="a page to print, a table for a spreadsheet"
    )
    language: Literal["ru", "en"] | None = Field(None, description="default: the centre's")


class Company(Section):
    """A management company."""

    id: Id = Field(description="short name, for reports and metrics")
    name: ShownText = Field(description="as the agent's phone shows it")
    numbers_days: Days | None = Field(None, description="instead of [retention]'s")
    recordings_days: Days | None = Field(None, description="instead of [retention]'s")
    journal_days: Days | None = Field(None, description="instead of [retention]'s")
    legal_hold: bool = Field(
        False, description="nothing of this company is forgotten, nor what the journal has of it"
    )


class LineCallbackSection(Section):
    """How residents of a line are called back."""

    trunk: Id = Field(description="the PJSIP endpoint to dial through")
    caller_id: NumberText = Field(description="the number of this line that residents see")
    number_format: NumberFormat = Field(
        NumberFormat.E164, description="as the trunk wants numbers: e164, 8, 7, national"
    )
    other_trunks: list[Id] = Field(
        default_factory=list, description="tried in turn when the network failed on the first"
    )
    hours: Annotated[str, AfterValidator(_hours)] = Field(
        "", description='dialled only within, centre\'s time: "08:00-21:00"; default: around the clock'
    )


class Line(Section):
    """A number that residents dial."""

    did: DidText = Field(description="exactly as the trunk delivers it")
    company: Id = Field(description="whose residents")
    queue: Id = Field(description="who serves them")
    kind: Id = Field("general", description="general, emergency, lift, gas, …: free, for rules and reports")
    label: ShownText | None = Field(None, description="what the phone shows; default: company and kind")
    language: Literal["ru", "en"] | None = Field(None, description="of the prompts")
    recording_notice: bool = Field(True, description="the resident hears that calls are recorded")
    owes_contact: bool = Field(True, description="a missed call must be followed by a contact")
    choice: bool | None = Field(
        None, description="[choice] is offered here; default: yes, but for kinds emergency, lift, gas, flood"
    )
    rules: Id | None = Field(
        None, description="the name of its rules; default: the first, or the law's as built in"
    )
    callback: LineCallbackSection | None = Field(None, description="without it nobody can be called back")


class Queue(Section):
    """A waiting line and its promise."""

    name: Id = Field(description="short name")
    target_seconds: Seconds = Field(30, description="answered within …")
    goal_ratio: float = Field(0.88, gt=0, le=1, description="… this share of all offered calls")
    clock: ClockStart = Field(
        ClockStart.ARRIVAL, description="the target runs from: arrival, queue (entry into the waiting line)"
    )
    priority: int = Field(10, ge=0, le=1000, description="smaller is served first")
    ring_seconds: Seconds = Field(20, description="how long an agent's phone rings")
    wrap_up_seconds: SecondsOrZero = Field(10, description="rest after a conversation")
    decline_pause_seconds: SecondsOrZero = Field(5, description="rest after a call not taken")
    record: bool = Field(True, description="conversations are recorded")
    dispatch: Dispatch = Field(
        Dispatch.ENGINE,
        description="who gives the calls to agents: engine, asterisk (app_queue; we only watch)",
    )
    watch: Watch | None = Field(None, description="needed with dispatch = asterisk")


class AgentSection(Section):
    """An agent and his softphone."""

    id: Id = Field(description="short name; also the phone's account where endpoint is left out")
    name: ShownText = Field(description="for screens and reports")
    endpoint: EndpointText | None = Field(None, description="default: PJSIP/<id>")
    queues: Annotated[list[Id], Field(min_length=1)] = Field(description="the queues he serves")
    member: MemberText | None = Field(
        None, description="his interface in watched queues, if neither endpoint nor Local/<phone>@…"
    )


class Callbacks(Section):
    """When and how often missed residents are called back."""

    enabled: bool = Field(True, description="false: every one becomes a task for a human")
    settle_seconds: SecondsOrZero = Field(15, description="time to call again by himself, after hanging up")
    max_attempts: int = Field(3, ge=1, le=10, description="dials of one obligation inside its deadline")
    late_attempts: int = Field(2, ge=0, le=10, description="further dials after the deadline")
    last_start_seconds: SecondsOrZero = Field(
        45, description="the last dial inside the deadline starts so long before it"
    )
    retry_late_seconds: Seconds = Field(300, description="pause between dials after the deadline")
    retry_busy_seconds: Seconds = Field(40, description="pause after busy")
    retry_no_answer_seconds: Seconds = Field(120, description="pause after no answer")
    retry_failure_seconds: Seconds = Field(20, description="pause after a network failure")
    max_network_failures: int = Field(
        6, ge=1, le=100, description="dials of one obligation that the network did not carry"
    )
    agent_ring_seconds: Seconds = Field(20, description="how long the agent's phone rings")
    resident_ring_seconds: Seconds = Field(30, description="how long the resident's phone rings")
    network_answer_seconds: Seconds = Field(
        12, description="a trunk that says nothing of ringing by then has failed"
    )
    max_per_number_and_day: int = Field(6, ge=1, le=100, description="rings of one number in 24 hours")
    max_per_hour: int = Field(
        300, ge=1, le=10000, description="rings of the whole centre's callbacks in an hour"
    )
    max_in_flight: int = Field(0, ge=0, le=1000, description="dials at a time; 0: as agents are free")
    trunk_channels: int = Field(
        0, ge=0, le=10000, description="calls that the trunks carry together; 0: not known, no limit"
    )
    keep_for_arrivals: int = Field(2, ge=0, le=1000, description="of these, left to residents who call")
    max_talk_seconds: int = Field(3600, ge=60, le=36000, description="a callback is cut after this")
    disposition_seconds: SecondsOrZero = Field(
        120, description="after a callback, time for the agent to say whom he reached; 0: none"
    )
    disposition_default: Disposition = Field(
        Disposition.REACHED, description="taken when he says nothing: reached, answering_machine, …"
    )
    listen_for_machines: bool = Field(
        False, description="keep a detector's hint whether a machine answered; it decides nothing"
    )
    do_not_call: list[NumberText] = Field(
        default_factory=list, description="residents who asked never to be called"
    )
    own_numbers: list[NumberText] = Field(
        default_factory=list, description="never dialled, besides DIDs and caller ids"
    )
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        "RU", description="the only country dialled"
    )
