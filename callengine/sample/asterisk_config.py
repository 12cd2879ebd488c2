"""Writes an Asterisk configuration from the templates of `asterisk-sample/etc`, with passwords of its own.

Placeholders look like `@NAME@`. A placeholder without a value, or a value with a line break, is an error,
so that no half-filled configuration can be written.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callengine.sample.provisioned_tools import sample_folder
from config.schema.codes import Codes

FIRST_AGENT: Final = 1001
AMI_USER: Final = "callengine"
AMI_SECRET_FILE: Final = "callengine_ami.secret"  # noqa: S105 - a file's name
"""Holds the AMI user's secret alone: what callengine.toml's secret file points at."""

EVENTS_READ: Final = (
    "UserEvent",
    "Hangup",
    "BridgeEnter",
    "BridgeLeave",
    "Hold",
    "Unhold",
    "BlindTransfer",
    "AttendedTransfer",
    "DialBegin",
    "DialEnd",
    "DeviceStateChange",
    "OriginateResponse",
    "FullyBooted",
    "Shutdown",
    "Reload",
    "Rename",
    "QueueMemberAdded",
    "QueueMemberRemoved",
    "QueueMemberPause",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "AgentConnect",
    "AgentComplete",
    "MixMonitorStart",
    "ContactStatus",
    "Registry",
)
"""The AMI events that pass the engine's eventfilter; answers to actions and their lists always do."""

WATCH_EVENTS_READ: Final = (
    "name(Newchannel)",
    "name(AgentDump)",
    "name(QueueMemberStatus)",
    "name(VarSet),header(Variable),method(exact)",
    "name(Newexten),header(Application),method(exact)",
)
"""Those that watching app_queue's queues needs besides. Of VarSet and Newexten only these values pass:"""
_WATCH_VALUES: Final = {"VarSet": "QUEUESTATUS", "Newexten": "Queue"}

_CUT_IN_TWO: Final = "[[:cntrl:]]{4}."
"""An event with an empty line in it, as a caller's number may hold one: two events to whoever reads it."""

_PLACEHOLDER = re.compile(r"@([A-Z][A-Z_]*)@")
_AGENTS_FILE = "callengine_agents.conf"
_EACH_AGENT = "callengine_agents.conf.each"
_LINES_FILE = "callengine_lines.conf"


class SampleError(Exception):
    """The configuration was not written; the text says why."""


@dataclass(frozen=True, slots=True)
class Directories:
    """Asterisk's `[directories]`: where it keeps what it reads and writes."""

    etc: Path
    modules: Path
    data: Path
    spool: Path
    run: Path
    log: Path
    state: Path
    """AstDB (astdbdir) and other variable data."""

    @classmethod
    def under(cls, root: Path, *, modules: Path, data: Path) -> Directories:
        """Everything that Asterisk writes under one folder: a run that leaves no trace elsewhere."""
        return cls(
            etc=root / "etc",
            modules=modules,
            data=data,
            spool=root / "spool",
            run=root / "run",
            log=root / "log",
            state=root / "state",
        )

    def as_section(self) -> str:
        """The lines of asterisk.conf."""
        places = {
            "astetcdir": self.etc,
            "astmoddir": self.modules,
            "astvarlibdir": self.state,
            "astdbdir": self.state,
            "astkeydir": self.state,
            "astdatadir": self.data,
            "astagidir": self.state,
            "astspooldir": self.spool,
            "astrundir": self.run,
            "astlogdir": self.log,
        }
        return "\n".join(["[directories]", *(f"{name} => {path}" for name, path in places.items())])


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What differs from one Asterisk to another."""

    sip_port: int = 5060
    ami_port: int = 5038
    rtp_start: int = 10000
    rtp_end: int = 20000
    bind: str = "127.0.0.1"
    """The address of SIP and RTP."""
    ami_bind: str = "127.0.0.1"
    """The address of AMI: who reaches it and knows the secret moves calls."""
    ami_permit: Sequence[str] = ()
    """Networks that may log in besides this machine."""
    directories: Directories | None = None
    """None: the folders the Asterisk was built with (`/etc/asterisk`, `/var/lib/asterisk` …)."""
    agents: int = 20
    """Phones 1001, 1002, …"""
    trunk_match: str = "127.0.0.1"
    """Address (or network) calls of residents come from."""
    trunk_contact: str = "sip:127.0.0.1:5070"
    """Where callbacks are dialled to."""
    lines: str | None = None
    """Text of callengine_lines.conf (context callengine-lines); None leaves the template without lines."""
    language: str = "ru"
    notice: bool = True
    """Whether lines that do not say otherwise play the recording notice."""
    record: bool = True
    recordings: str = "/var/spool/asterisk/monitor/callengine"
    max_calls: int = 0
    """Residents let in at once; 0 is no limit."""
    stale_seconds: int = 6
    """A heartbeat older than this sends the waiting residents to the fallback queue."""
    qualify_seconds: int = 30
    trunk_qualify_seconds: int = 30
    """How often the trunk is asked whether it is alive; 0: never."""
    """Seconds between questions to a phone whether it is alive; 0 never asks."""
    event_filter: bool = True
    """Off for an Asterisk before 20.11, 21.6 and 22.1, which does not know filters by name."""
    watch: bool = False
    """Whether app_queue's own queues are to be watched: a few more events, and of the class `dialplan` two."""
    codes: Codes = field(default_factory=Codes)
    """What agents dial."""
    agent_dial: str = "^PJSIP/[0-9]+$"
    """What an agent's phone looks like to Dial (POSIX regular expression); anything else is never dialled."""


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What was written. The secrets are in files of mode 0600 and here, nowhere else."""

    files: tuple[Path, ...]
    ami_user: str
    ami_secret: str = field(repr=False)
    agent_passwords: Mapping[str, str] = field(repr=False)
    """By agent's phone: `1001` and so on."""


def write_sample(
    target: Path, *, options: SampleOptions, force: bool = False, keep_passwords: bool = False
) -> SampleResult:
    """Write a complete configuration into the folder `target`, every file readable by its owner alone.

    `keep_passwords`: those of the files that are there go on; what has none gets a new one.

    Raises SampleError when one of the files exists already (unless `force`), when a value would break out of its
    line, or when the templates are missing.
    """
    templates = find_templates()
    old_secret, old_passwords = _passwords_of(target) if keep_passwords else ("", {})
    ami_secret = old_secret or secrets.token_urlsafe(24)
    phones = [str(FIRST_AGENT + n) for n in range(options.agents)]
    passwords = {phone: old_passwords.get(phone) or secrets.token_urlsafe(18) for phone in phones}
    texts = {
        path.name: _fill(path.read_text(encoding="utf-8"), _values(options, ami_secret), path.name)
        for path in sorted(templates.glob("*.conf"))
    }
    each = (templates / _EACH_AGENT).read_text(encoding="utf-8")
    texts[_AGENTS_FILE] = "; The agents' phones: written once with passwords of their own.\n" + "".join(
        _fill(each, {"AGENT": agent, "PASSWORD": password}, _EACH_AGENT)
        for agent, password in passwords.items()
    )
    texts[AMI_SECRET_FILE] = ami_secret + "\n"
    if options.lines is not None:
        texts[_LINES_FILE] = options.lines
    files = _write(target, texts, force=force)
    return SampleResult(files, AMI_USER, ami_secret, passwords)


def engine_reaches(ami_bind: str) -> str:
    """Where the engine connects to an AMI that listens there: for all addresses, on this machine."""
    return "127.0.0.1" if ipaddress.ip_address(ami_bind).is_unspecified else ami_bind


def _passwords_of(folder: Path) -> tuple[str, dict[str, str]]:
    """The AMI user's and the phones', as an earlier run wrote them; nothing where there are none."""
    secret, phones = folder / AMI_SECRET_FILE, folder / _AGENTS_FILE
    text = phones.read_text(encoding="utf-8") if phones.exists() else ""
    found = re.findall(r"^username = (\S+)\npassword = (\S+)$", text, re.MULTILINE)
    return secret.read_text(encoding="utf-8").strip() if secret.exists() else "", dict(found)


SERVICE_FILES: Final = ("callengine.service", "callengine-desk.service", "callengine.sysusers")


def write_services(folder: Path, *, program: Path, settings: Path) -> None:
    """Write systemd's units and their users: `program` is what they start, `settings` the folder of callengine.toml."""
    places = {"PROGRAM": str(program), "SETTINGS": str(settings)}
    texts = {}
    for name in SERVICE_FILES:
        template = (Path(__file__).parent.parent / name).read_text(encoding="utf-8")
        texts[name] = _fill(template, {key: places[key] for key in places if f"@{key}@" in template}, name)
    _write(folder, texts, force=True)


def dialplan_text(codes: Codes) -> str:
    """Our dialplan as it would be written with these codes, for whoever compares."""
    values = _values(SampleOptions(codes=codes), "")
    name = "callengine_extensions.conf"
    return _fill((find_templates() / name).read_text(encoding="utf-8"), values, name)


def find_templates() -> Path:
    """The folder of templates: package data of an installed callengine, else the checkout's `asterisk-sample`."""
    folder = sample_folder() / "etc"
    if (folder / "asterisk.conf").is_file():
        return folder
    raise SampleError("the templates (asterisk-sample/etc) are missing from this installation of callengine")


def _values(options: SampleOptions, ami_secret: str) -> dict[str, str]:
    directories = options.directories
    filters = [f"eventfilter(action(include),name({name})) =" for name in EVENTS_READ]
    for what in WATCH_EVENTS_READ if options.watch else ():
        value = _WATCH_VALUES.get(what.partition("(")[2].partition(")")[0], "")
        filters.append(f"eventfilter(action(include),{what}) = {value}".rstrip())
    filters.append(f"eventfilter(action(exclude),method(regex)) = {_CUT_IN_TWO}")
    return {
        "DIRECTORIES": "; The folders this Asterisk was built with."
        if directories is None
        else directories.as_section(),
        "SIP_PORT": str(options.sip_port),
        "AMI_PORT": str(options.ami_port),
        "RTP_START": str(options.rtp_start),
        "RTP_END": str(options.rtp_end),
        "BIND": options.bind,
        "TRUNK_MATCH": options.trunk_match,
        "TRUNK_CONTACT": options.trunk_contact,
        "LANGUAGE": options.language,
        "NOTICE": str(int(options.notice)),
        "RECORD": str(int(options.record)),
        "RECORDINGS": options.recordings,
        "MAX_CALLS": str(options.max_calls),
        "STALE_SECONDS": str(options.stale_seconds),
        "QUALIFY_SECONDS": str(options.qualify_seconds),
        "TRUNK_QUALIFY_SECONDS": str(options.trunk_qualify_seconds),
        "AGENT_DIAL": options.agent_dial,
        "AMI_BIND": options.ami_bind,
        "AMI_PERMIT": "\n".join(f"permit = {one}" for one in _permitted(options)),
        "AMI_SECRET": ami_secret,
        **{f"CODE_{key.upper()}": code for key, code in options.codes.dialled().items()},
        **{f"CODE_{key.upper()}_LENGTH": str(len(code)) for key, code in options.codes.dialled().items()},
        "READ_ALSO": ",dialplan" if options.watch else "",
        "EVENT_FILTERS": "\n".join(filters)
        if options.event_filter
        else "; No filter: this Asterisk knows none by name.",
    }


def _permitted(options: SampleOptions) -> list[str]:
    """This machine by each way it can reach its own AMI, and whoever was named."""
    own = [] if engine_reaches(options.ami_bind) == "127.0.0.1" else [options.ami_bind]
    networks = [ipaddress.ip_network(one) for one in ("127.0.0.1", *own, *options.ami_permit)]
    return [f"{one.network_address}/{one.netmask}" for one in dict.fromkeys(networks)]


_BLOCKS = {"DIRECTORIES", "EVENT_FILTERS", "AMI_PERMIT"}
"""The only values of several lines; all others come from outside and must stay on theirs."""


def _fill(template: str, values: Mapping[str, str], file: str) -> str:
    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise SampleError(f"{file}: nothing is known for @{name}@")
        if name not in _BLOCKS and re.search(r"[\r\n\0]", values[name]):
            raise SampleError(f"{file}: the value for @{name}@ has a line break")
        return values[name]

    return _PLACEHOLDER.sub(value_of, template)


def _write(target: Path, texts: Mapping[str, str], *, force: bool) -> tuple[Path, ...]:
    there = sorted(name for name in texts if (target / name).exists())
    if there and not force:
        raise SampleError(f"{target} already has {', '.join(there)}: nothing was written")
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in texts.items():
        path = target / name
        path.unlink(missing_ok=True)
        # The mode is given on creation: at no moment can another user read a password.
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        written.append(path)
    return tuple(written)
