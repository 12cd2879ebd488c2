"""What `callengine check` looks at on this machine: would the service find, read and write its files, and its port?"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callengine.check.finding import Finding
from callengine.check.unit_file import Service
from callengine.http.auth.middleware import is_loopback
from callengine.platform.paths import in_state_folder
from callengine.platform.start_errors import Seen, port_problem, socket_problem, what_is
from config.settings import Settings
from storage.schema.database import ledger_url
from storage.schema.errors import LedgerError
from storage.schema.servers import places

_DROP_IN: Final = "`systemctl edit callengine`, [Service]"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the engine would run: as the installed service, or as whoever calls."""

    settings_file: Path
    service: Service | None

    def path(self, path: Path) -> Path:
        """A file of the settings as the engine would find it."""
        if path.is_absolute():
            return path
        return self.service.folder / path if self.service is not None else in_state_folder(path).absolute()


Look = Callable[[Settings, Surroundings], Iterator[Finding]]


def ledger_file(settings: Settings) -> Path | None:
    """The file of an embedded ledger; None for one on PostgreSQL, or in memory."""
    scheme, _, rest = settings.database.url.partition("://")
    file = rest.removeprefix("/")
    return Path(file) if scheme.startswith("sqlite") and file not in {"", ":memory:"} else None


def written_files(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Files that the engine makes: a name that is a folder's, a folder that is not there or not to be written in."""
    for key, path, _ in _written(settings):
        yield from _file_problem(key, around.path(path), around)
    reports = settings.reports
    if reports.day or reports.week or reports.month:
        yield from _folder_problem("reports.folder", around.path(reports.folder), around)


def one_file_for_two(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Two of them written over one another."""
    seen: dict[Path, str] = {around.settings_file.absolute(): "the settings file"}
    for key, path, what in _written(settings):
        place = Path(os.path.normpath(around.path(path)))
        if place in seen:
            yield Finding(
                "error", f"{key}: {place} is {seen[place]} already", f"name another file for {what}"
            )
        seen.setdefault(place, what)


def read_files(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Asterisk's own records, where the settings name them."""
    for key, path in (("reconcile.cdr", settings.reconcile.cdr), ("queue_log.file", settings.queue_log.file)):
        if path is not None:
            yield from _reading_problem(key, around.path(path), around)


def secrets_handed_over(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Under systemd a secret that root alone may read reaches the engine as a credential, or not at all."""
    service = around.service
    if service is None:
        return
    for name, source in service.credentials.items():
        if what_is(source) is not Seen.FILE:
            how = f"make the file, or take the line LoadCredential={name}:… out of the unit"
            yield Finding(
                "error", f"the service cannot start: {source}, which it is handed, is not there", how
            )
    for key, file in (
        ("pbx.secret_file", settings.pbx.secret_file),
        ("database.password_file", settings.database.password_file),
    ):
        if file is None or file.name in service.credentials:
            continue
        source = (around.settings_file.absolute().parent / file).resolve()
        if not file.is_absolute() or (
            what_is(source) is not Seen.NOTHING and service.cannot_read(source) is not None
        ):
            how = f"{_DROP_IN}: LoadCredential={file.name}:{source}"
            yield Finding("error", f"{key}: the service is not handed {file}", how)


def hosts_within_reach(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """The unit lets the engine speak to this machine only, unless it says otherwise."""
    service = around.service
    if service is None:
        return
    wanted = [("pbx.host", settings.pbx.host)]
    if settings.database.url.startswith("postgresql"):
        # Those it cannot read are told where the ledger is opened.
        with suppress(LedgerError):
            wanted += [
                ("database.url", one.host)
                for one in places(ledger_url(settings.database.url))
                if one.host is not None and not one.host.startswith("/")
            ]
    for key, host in wanted:
        for address in _addresses(host):
            if not service.may_speak_to(address):
                how = f"{_DROP_IN}: IPAddressAllow={address}"
                yield Finding("error", f"{key}: the service may not speak to {host}", how)
                break
    listens = settings.http.host
    if not is_loopback(listens) and not service.may_speak_to("192.0.2.1"):
        others = [one for one in service.words("IPAddressAllow") if one != "localhost"]
        if not others:
            how = f"{_DROP_IN}: IPAddressAllow=192.168.0.0/16, your network"
            yield Finding("warning", f"http.host = {listens}: no other machine may reach the service", how)


def port_to_listen_on(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Taken, another machine's, or too low: the engine would not start."""
    host, port = settings.http.host, settings.http.port
    if around.service is not None and port and not around.service.may_listen_on(port):
        how = "take one from 1024 on; a proxy in front may listen on the low one"
        yield Finding("error", f"http.port: the service may not listen on {port}", how)
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the engine does: what an ended connection left behind is not in its way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if _engine_answers(around.path(settings.http.control_socket)):
                yield Finding("ok", f"an engine is running, and listens on {host}:{port}")
            else:
                what, right = port_problem(host, port, problem)
                yield Finding("error", what, right)


def control_socket(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """A path the kernel does not take, or a file that is no socket."""
    path = around.path(settings.http.control_socket)
    found = socket_problem(path)
    if found is not None:
        yield Finding("error", *found)


def recordings_to_forget(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Personal data that is to be deleted and cannot be."""
    days = [settings.retention.recordings_days, *(one.recordings_days for one in settings.companies)]
    service = around.service
    folder = Path("/var/spool/asterisk/monitor/callengine")
    # Where they are, the dialplan says; a unit that was opened for some folder was opened for that one.
    opened = service is not None and bool(service.words("ReadWritePaths"))
    if service is not None and any(days) and not opened and not service.may_write(folder):
        how = f"{_DROP_IN}: ReadWritePaths={folder} and SupplementaryGroups=asterisk (or where yours are)"
        yield Finding("error", "retention.recordings_days: the service may not delete recordings", how)


LOOKS: Final[tuple[Look, ...]] = (
    secrets_handed_over,
    written_files,
    one_file_for_two,
    control_socket,
    read_files,
    hosts_within_reach,
    port_to_listen_on,
    recordings_to_forget,
)


def _written(settings: Settings) -> Iterator[tuple[str, Path, str]]:
    ledger, spool = ledger_file(settings), settings.spool_path
    if ledger is not None:
        yield "database.url", ledger, "the ledger"
    if spool is not None:
        yield "database.spool_file", spool, "the spool"
    yield "http.control_socket", settings.http.control_socket, "the control socket"
    yield "http.tokens_file", settings.http.tokens_file, "the tokens"


def _file_problem(key: str, path: Path, around: Surroundings) -> Iterator[Finding]:
    if what_is(path) is Seen.FOLDER:
        yield Finding("error", f"{key}: {path} is a folder", f"name a file in it: {path / 'callengine'}")
        return
    if around.service is not None and what_is(path) is Seen.FILE and owner_of(path) != owner_of(path.parent):
        how = f"chown --reference={path.parent} {path}: a command of root's has made it"
        yield Finding("error", f"{key}: {path} is not the service's own", how)
        return
    yield from _folder_problem(key, path.parent, around, file=path)


def owner_of(path: Path) -> int:
    """The user id; systemd gives the state folder to the service's user."""
    return path.stat().st_uid


def _folder_problem(
    key: str, folder: Path, around: Surroundings, *, file: Path | None = None
) -> Iterator[Finding]:
    service, path = around.service, file or folder
    if service is not None:
        if not service.may_write(path):
            how = f"a relative path is in {service.folder}; or {_DROP_IN}: ReadWritePaths={folder}"
            yield Finding("error", f"{key}: the service may not write {path}", how)
        return
    if file is None and what_is(folder) is Seen.NOTHING:
        folder = next(one for one in folder.parents if what_is(one) is not Seen.NOTHING)
    if what_is(folder) is not Seen.FOLDER:
        how = (
            "name a folder"
            if what_is(folder) is not Seen.NOTHING
            else f"mkdir -p {folder}, or name a file elsewhere"
        )
        what = "is a file, no folder" if what_is(folder) is not Seen.NOTHING else "does not exist"
        yield Finding("error", f"{key}: {folder} {what}", how)
    elif not os.access(file if file is not None and what_is(file) is not Seen.NOTHING else folder, os.W_OK):
        yield Finding(
            "error", f"{key}: {path} may not be written", "run it as the engine's user, or name another"
        )


def _reading_problem(key: str, path: Path, around: Surroundings) -> Iterator[Finding]:
    if what_is(path) is Seen.NOTHING:
        yield Finding(
            "error", f"{key}: {path} does not exist", "name Asterisk's own file, or leave the key out"
        )
    elif what_is(path) is Seen.FOLDER:
        yield Finding("error", f"{key}: {path} is a folder", "name the file in it")
    elif around.service is not None:
        obstacle = around.service.cannot_read(path)
        if obstacle is not None:
            where, group = obstacle
            how = f"{_DROP_IN}: SupplementaryGroups={group}" if group else f"chmod g+rX {where}"
            yield Finding("error", f"{key}: the service may not read {path}, because of {where}", how)
    elif not os.access(path, os.R_OK):
        yield Finding("error", f"{key}: {path} may not be read", "run it as root, or as the engine's user")


def _engine_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return False
    return True


def _addresses(host: str) -> list[str]:
    try:
        return [
            str(found[4][0]) for found in socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
        ]
    except OSError:
        return []
