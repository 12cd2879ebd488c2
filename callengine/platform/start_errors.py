"""Why the engine cannot start, with the key to change: the same words in `run` and in `check`."""

from __future__ import annotations

import errno
import stat
from enum import Enum
from pathlib import Path
from typing import Final

from storage.schema.errors import LedgerError, OlderSchema, UnknownRevision

MIGRATE: Final = "nothing else migrates: make a copy (`callengine db backup DIR`), run it, start again"
_LONGEST_SOCKET: Final = 107
"""Bytes of a Unix socket's path (sun_path less its end, unix(7))."""


class Seen(Enum):
    """What stands at a path, as far as one may look."""

    FOLDER = "folder"
    FILE = "file"
    NOTHING = "nothing"


def what_is(path: Path) -> Seen:
    """Nothing also where one may not look: a question must not end in an error."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return Seen.NOTHING
    return Seen.FOLDER if stat.S_ISDIR(mode) else Seen.FILE


class StartError(OSError):
    """The engine did not start; the text names key, file and remedy."""

    def __init__(self, what: str, right: str) -> None:
        super().__init__(f"{what} → {right}")


def port_problem(host: str, port: int, problem: OSError) -> tuple[str, str]:
    """What is wrong with [http], and what would be right."""
    match problem.errno:
        case errno.EADDRINUSE:
            right = (
                f"end what listens there (`ss -ltnp 'sport = :{port}'` names it), or set another http.port"
            )
            return f"http.port: {host}:{port} is taken by another program", right
        case errno.EADDRNOTAVAIL:
            right = 'take one that `ip address` shows, "127.0.0.1", or "0.0.0.0" for all'
            return f"http.host: {host} is no address of this machine", right
        case errno.EACCES:
            right = "take one from 1024 on; a proxy in front may listen on the low one"
            return f"http.port: {port} may be listened on by root only", right
        case _:
            return (
                f"http.host: {host}:{port} cannot be listened on: {problem.strerror or problem}",
                "set another",
            )


def socket_problem(path: Path) -> tuple[str, str] | None:
    """What keeps the control socket from being opened there; None when nothing is seen."""
    if len(str(path).encode()) > _LONGEST_SOCKET:
        return f"http.control_socket: {path} is longer than {_LONGEST_SOCKET} bytes", "take a shorter path"
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if stat.S_ISSOCK(mode) or stat.S_ISDIR(mode):
        return None
    return f"http.control_socket: {path} is a file, no socket", "remove it, or name another path"


def ledger_problem(url: str, problem: Exception) -> tuple[str, str]:
    """`url` has no password in it: the settings refuse one."""
    if isinstance(problem, LedgerError):
        said = str(problem)
    else:
        reason = getattr(problem, "orig", None) or problem
        said = f"{type(reason).__name__}: {reason}"
    what = f"database.url: {url}: {said}"
    if isinstance(problem, OlderSchema):
        return what, MIGRATE
    if isinstance(problem, UnknownRevision):
        return what, "start the newer callengine, or restore the copy made before its upgrade"
    if url.startswith("sqlite"):
        file = Path(url.partition("://")[2].removeprefix("/")).absolute()
        what = f"database.url: {file}: {said}"
        if what_is(file) is Seen.FOLDER:
            return (
                f"database.url: {file} is a folder",
                f"name a file in it: sqlite:///{file / 'callengine.db'}",
            )
        if what_is(file.parent) is not Seen.FOLDER:
            folder = file.parent
            return f"database.url: {folder} does not exist", f"mkdir -p {folder}, or name a file elsewhere"
        return what, "is it a callengine ledger, and may this user write it and its folder?"
    return what, "is PostgreSQL running there, and do user, password_file and database fit? (docs/install.md)"
