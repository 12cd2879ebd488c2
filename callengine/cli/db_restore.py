"""`callengine db restore`: what `db backup` copied, put in the place of what is there; never under a running centre.

Everything is copied beside its place and looked at before anything is moved; what was there is moved aside, not
deleted. The spool stays where it is: decisions that the ledger never got are brought over by the engine's next start.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from callengine.cli.db import ledger_file
from callengine.cli.db_copies import CONTENTS, DESK, FILES, LEDGER, POSTGRESQL, Copied
from callengine.control.places import desk_socket
from callengine.desk.data.migrate import DESK as DESK_REVISIONS
from callengine.desk.data.place import database_file, files_folder
from callengine.platform.paths import in_state_folder
from config.settings import Settings
from storage.migrate import LEDGER as LEDGER_REVISIONS
from storage.schema.copies import BESIDE, digest_of, is_whole, to_disk, unused
from storage.schema.database import keep_private, ledger_url
from storage.schema.errors import LedgerError
from storage.schema.revisions import COMMAND

_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Move:
    """A file or folder of the copy, and where it belongs."""

    name: str
    source: Path
    place: Path

    @property
    def ready(self) -> Path:
        """Beside its place, until all are ready."""
        return self.place.with_name(f"{self.place.name}.restoring")


def restore(settings: Settings, folder: Path, at: datetime) -> list[str]:
    """What was done, told. Raises LedgerError, OSError, sqlite3.Error; nothing is changed then."""
    contents = _contents(folder)
    refuse_running(settings)
    moves, told = _moves(settings, folder, contents)
    with ExitStack() as stack:
        for move in moves:
            if move.source.is_file():
                stack.enter_context(unused(move.place))
        try:
            for move in moves:
                _make_ready(move)
        except BaseException:
            for move in moves:
                _throw_away(move.ready)
            raise
        for move in moves:
            aside = _put(move, f"before-restore-{at:%Y%m%dT%H%M%S}")
            told.append(f"{move.place}: restored" + (f"; what was there is {aside}" if aside else ""))
    return [*told, *_what_is_left(contents)]


def refuse_running(settings: Settings) -> None:
    """Raises LedgerError when engine or desk answers; who has a file open is seen when it is taken."""
    control = in_state_folder(settings.http.control_socket)
    for path in (control, in_state_folder(desk_socket(settings.http.control_socket))):
        if _answers(socket.AF_UNIX, str(path)):
            raise LedgerError(f"an engine answers on {path}: stop callengine first, nothing was changed")
    host, port = settings.desk.host, settings.desk.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port and _answers(family, (host, port)):
        raise LedgerError(f"a desk answers on {host}:{port}: stop callengine-desk first, nothing was changed")


def _contents(folder: Path) -> Mapping[str, Copied]:
    """Looked at whole: a copy that was damaged is no copy."""
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        databases = {str(name): Copied(**one) for name, one in contents["databases"].items()}
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerError(
            f"{folder} is no copy made by `callengine db backup`: it has no {CONTENTS}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LedgerError(f"{folder / CONTENTS} cannot be read") from None
    for name, one in databases.items():
        file = folder / name
        if one.kind == POSTGRESQL:
            continue
        if not file.is_file():
            raise LedgerError(f"{file} is not there, though {CONTENTS} names it: nothing was changed")
        if digest_of(file) != one.sha256 or not is_whole(file):
            raise LedgerError(
                f"{file} is not what was copied: it was damaged or changed; nothing was changed"
            )
    return databases


def _moves(settings: Settings, folder: Path, contents: Mapping[str, Copied]) -> tuple[list[_Move], list[str]]:
    moves, told = [], []
    for name, place, key in (
        (DESK, database_file(settings), "desk.database"),
        (LEDGER, ledger_file(settings), "database.url"),
    ):
        one = contents.get(name)
        if one is None:
            told.append(f"{name}: not in the copy; what is there stays")
        elif one.kind == POSTGRESQL:
            told.append(f"{name}: PostgreSQL's own tools bring it back (pg_restore --clean --if-exists)")
        elif place is None:
            raise LedgerError(f"{name} of the copy is a SQLite file, and {key} of the settings is none")
        else:
            moves.append(_Move(name, folder / name, place.absolute()))
    if (folder / FILES).is_dir():
        moves.append(_Move(FILES, folder / FILES, files_folder(settings).absolute()))
    return moves, told


def _make_ready(move: _Move) -> None:
    _throw_away(move.ready)
    if not move.place.parent.is_dir():
        raise LedgerError(f"{move.place.parent} does not exist: mkdir -p {move.place.parent}")
    if move.source.is_dir():
        shutil.copytree(move.source, move.ready)
        _as_its_folder(move.ready)
        return
    keep_private(ledger_url(f"sqlite:///{move.ready}"))
    shutil.copyfile(move.source, move.ready)
    to_disk(move.ready)


def _put(move: _Move, word: str) -> Path | None:
    """In its place; where that which was there is now."""
    aside = None
    if move.place.exists():
        aside = move.place.with_name(f"{move.place.name}.{word}")
        move.place.rename(aside)
    for ending in BESIDE:
        # Of a file that SQLite could not read: it must not be taken for the new one's.
        beside = move.place.with_name(f"{move.place.name}{ending}")
        if move.source.is_file() and beside.exists():
            beside.rename(f"{aside or beside.with_suffix('.old')}{ending}")
    move.ready.rename(move.place)
    to_disk(move.place.parent)
    return aside


def _as_its_folder(folder: Path) -> None:
    """Root's command, the service's files."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        to_disk(path)
    if os.geteuid() == 0:
        owner = folder.parent.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)


def _throw_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _what_is_left(contents: Mapping[str, Copied]) -> list[str]:
    newest = {LEDGER: LEDGER_REVISIONS.newest, DESK: DESK_REVISIONS.newest}
    older = [
        name for name, one in contents.items() if one.kind != POSTGRESQL and one.revision != newest.get(name)
    ]
    return [f"{', '.join(older)}: of another version; before the start: `{COMMAND}`"] if older else []


def _answers(family: int, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(_CONNECT_SECONDS)
        try:
            caller.connect(address)
        except OSError:
            return False
    return True
