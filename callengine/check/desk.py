"""What `callengine check` looks at of the desk, where the settings speak of one: would it start and find its places?"""

from __future__ import annotations

import grp
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from callengine.check.files import Look, Surroundings
from callengine.check.finding import Finding
from callengine.http.auth.middleware import is_loopback
from callengine.platform.paths import in_state_folder
from callengine.platform.start_errors import Seen, what_is
from config.errors import ConfigError
from config.loading import load_desk_settings
from config.settings import Settings

_SQLITE: Final = "sqlite:///"


def group_of_the_socket(settings: Settings, _around: Surroundings) -> Iterator[Finding]:
    """The engine gives its socket to it, and does not start without it."""
    group = settings.desk.group
    if not group:
        return
    try:
        grp.getgrnam(group)
    except KeyError:
        how = f"groupadd {group}, with the engine's and the desk's users in it; or leave the key out"
        yield Finding("error", f"desk.group: there is no group {group!r} here", how)


def secrets(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """The desk is handed its own and none of the engine's."""
    if not _is_wanted(settings):
        return
    try:
        load_desk_settings(around.settings_file)
    except ConfigError as mistakes:
        for one in mistakes.problems:
            yield Finding("error", f"{one.place}: {one.what}", one.right)


def places(settings: Settings, around: Surroundings) -> Iterator[Finding]:
    """Its database, its files; the ledger and the recordings that it reads."""
    if not _is_wanted(settings):
        return
    desk = settings.desk
    if desk.database.startswith(_SQLITE):
        file = Path(desk.database.removeprefix(_SQLITE))
        if what_is(file) is Seen.FOLDER:
            yield Finding(
                "error", f"desk.database: {file} is a folder", f"name a file in it: {file / 'desk.db'}"
            )
        else:
            yield from _to_write("desk.database", file, file.parent, around)
    if what_is(desk.files) is Seen.FILE:
        yield Finding("error", f"desk.files: {desk.files} is a file", "name a folder")
    else:
        yield from _to_write("desk.files", desk.files, _nearest(desk.files), around)
    if desk.ledger is not None and desk.ledger.startswith(_SQLITE):
        file = in_state_folder(Path(desk.ledger.removeprefix(_SQLITE)))
        if what_is(file) is not Seen.FILE:
            yield Finding(
                "error", f"desk.ledger: {file} is no file", "name the engine's, or leave the key out"
            )
    if "recordings" in desk.model_fields_set and what_is(desk.recordings) is not Seen.FOLDER:
        how = "name the folder in which Asterisk's dialplan records; without it nothing can be listened to"
        yield Finding("warning", f"desk.recordings: {desk.recordings} is no folder here", how)


def address(settings: Settings, _around: Surroundings) -> Iterator[Finding]:
    """Another machine's, one for root only, or open to the network without HTTPS."""
    desk = settings.desk
    if not _is_wanted(settings):
        return
    family = socket.AF_INET6 if ":" in desk.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((desk.host, 0))
        except OSError:
            how = '"127.0.0.1" behind a proxy, or one that `ip address` shows'
            yield Finding("error", f"desk.host: {desk.host} is no address of this machine", how)
    if 0 < desk.port < 1024:
        how = "take one from 1024 on; a proxy in front may listen on the low one"
        yield Finding("error", f"desk.port: {desk.port} may be listened on by root only", how)
    if not is_loopback(desk.host) and not desk.https:
        how = 'host = "127.0.0.1" behind a proxy with HTTPS, and https = true'
        yield Finding("warning", f"desk.host: passwords pass {desk.host} in clear", how)


LOOKS: Final[tuple[Look, ...]] = (group_of_the_socket, secrets, places, address)


def _is_wanted(settings: Settings) -> bool:
    return bool(settings.desk.model_fields_set)


def _nearest(folder: Path) -> Path:
    return next(one for one in (folder, *folder.absolute().parents) if what_is(one) is not Seen.NOTHING)


def _to_write(key: str, path: Path, folder: Path, around: Surroundings) -> Iterator[Finding]:
    """Of the desk's own unit only its folder is known: what is relative lies in it."""
    if around.service is not None and not path.is_absolute():
        return
    if what_is(folder) is not Seen.FOLDER:
        yield Finding("error", f"{key}: {folder} is no folder", f"mkdir -p {folder}, or name another place")
    elif around.service is None and not os.access(folder, os.W_OK):
        how = "run it as the desk's user, or name another place"
        yield Finding("error", f"{key}: {path} may not be written", how)
