"""`callengine db backup`: ledger, the desk's database and its files as one folder, also while all of it is written.

Both databases are held at one moment before the first byte is copied, the desk's a moment earlier: what it took for
done by the engine is then in the ledger's copy, and what is not yet done is asked for again by the same id. Files come
last: the desk writes a file before the row that names it.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from callengine.cli.db import ledger_file, ledger_place
from callengine.desk.data.place import database_file, database_url, files_folder
from config.settings import Settings
from storage.schema import servers
from storage.schema.copies import Pinned, digest_of, pinned, to_disk
from storage.schema.errors import LedgerError

LEDGER, DESK, FILES, CONTENTS = "ledger.db", "desk.db", "files", "backup.json"
"""What the folder holds."""
POSTGRESQL: Final = "postgresql"
_PART: Final = ".part"
"""Of an upload that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One database in the folder. `kind` is postgresql for one that has to be copied by pg_dump."""

    kind: str
    revision: str = ""
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What backup.json says."""

    callengine: str
    at: str
    databases: dict[str, Copied] = field(default_factory=dict)
    files: int = 0
    """How many; their digests are in the desk's database."""


def backup(settings: Settings, target: Path, at: datetime, *, with_files: bool) -> list[str]:
    """Into the new folder `target`, there whole or not at all; what was done, told. Raises LedgerError, OSError."""
    if target.exists():
        raise LedgerError(f"{target} exists already: nothing was written")
    _refuse_too_little_room(settings, target, with_files=with_files)
    making = target.with_name(f".{target.name}{_PART}")
    shutil.rmtree(making, ignore_errors=True)
    try:
        making.mkdir(mode=0o700)
        contents, told = _filled(settings, making, at, with_files=with_files)
        file = making / CONTENTS
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(contents), indent=2) + "\n", encoding="utf-8")
        to_disk(file)
        to_disk(making)
        making.rename(target)
        to_disk(target.absolute().parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return [one.replace(str(making), str(target)) for one in told]


def ledger_alone(settings: Settings, target: Path) -> None:
    """A SQLite ledger into the new file `target`. Raises LedgerError, OSError, sqlite3.Error."""
    file = ledger_file(settings)
    if file is None:
        raise LedgerError(f"this ledger is no file: {_by_hand([ledger_place(settings)], target)}")
    if target.exists():
        raise LedgerError(f"{target} exists already: nothing was written")
    with pinned(_there(file)) as ledger:
        try:
            ledger.copy_to(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _filled(
    settings: Settings, folder: Path, at: datetime, *, with_files: bool
) -> tuple[Contents, list[str]]:
    contents, told, elsewhere = Contents(version("callengine"), at.isoformat()), list[str](), list[URL]()
    with ExitStack() as stack:
        held: list[tuple[str, Pinned]] = []
        for name, file, place in (
            (DESK, database_file(settings), database_url(settings)),
            (LEDGER, ledger_file(settings), ledger_place(settings)),
        ):
            if place.drivername.startswith(POSTGRESQL):
                elsewhere.append(place)
                contents.databases[name] = Copied(POSTGRESQL)
            elif file is not None and file.exists():
                held.append((name, stack.enter_context(pinned(file))))
            else:
                told.append(f"{name}: not there yet, nothing to copy")
        if not held and not elsewhere:
            raise LedgerError(f"neither ledger nor desk database is there: {ledger_file(settings)}")
        for name, one in held:
            copy = folder / name
            one.copy_to(copy)
            size = copy.stat().st_size
            contents.databases[name] = Copied("sqlite", one.revision, size, digest_of(copy))
            told.append(f"{name}: {one.file} at revision {one.revision or 'none'}, {size:,} bytes, in {copy}")
    number = _copy_files(files_folder(settings), folder / FILES) if with_files else 0
    if number:
        told.append(f"{FILES}: {number} in {folder / FILES}")
    if elsewhere:
        told.append(f"still to do: {_by_hand(elsewhere, folder / 'postgresql.dump')}")
    return Contents(contents.callengine, contents.at, contents.databases, number), told


def _copy_files(source: Path, target: Path) -> int:
    """Files that are thrown away meanwhile are not wanted in the copy either."""
    if not source.is_dir():
        return 0
    target.mkdir(mode=0o700)
    number = 0
    for path in _files(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            copy.unlink(missing_ok=True)
            continue
        copy.chmod(0o600)
        to_disk(copy)
        number += 1
    to_disk(target)
    return number


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix != _PART and not path.is_symlink() and path.is_file():
            yield path


def _refuse_too_little_room(settings: Settings, target: Path, *, with_files: bool) -> None:
    """A copy must not take from the ledger's disk what calls need. Raises LedgerError."""
    folder, left_mb = target.absolute().parent, settings.desk.disk_free_mb
    if not folder.is_dir():
        raise LedgerError(f"{folder} does not exist: mkdir -p {folder}")
    databases = [one for one in (ledger_file(settings), database_file(settings)) if one is not None]
    paths = [*databases, *(one.with_name(f"{one.name}-wal") for one in databases)]
    shelf = files_folder(settings)
    if with_files and shelf.is_dir():
        paths += _files(shelf)
    wanted = sum(path.stat().st_size for path in paths if path.exists())
    free = shutil.disk_usage(folder).free
    if free - wanted < left_mb << 20:
        raise LedgerError(
            f"{folder} has {free >> 20:,} MB free: the copy takes {wanted >> 20:,} MB, and {left_mb:,} MB must be left "
            "(desk.disk_free_mb): name a folder on another disk"
        )


def _there(file: Path) -> Path:
    if not file.exists():
        raise LedgerError(f"there is no ledger at {file}")
    return file


def _by_hand(places: list[URL], target: Path) -> str:
    """The command for what only PostgreSQL's own tools copy; its password is asked for, or in ~/.pgpass."""
    lines = []
    for place in dict.fromkeys(one.set(password=None) for one in places):
        server = servers.places(place)[0]
        words = ["pg_dump", "--format=custom", f"--file={target}"]
        words += [f"--host={server.host}"] if server.host else []
        words += [f"--port={server.port}"] if server.port else []
        words += [f"--username={place.username}"] if place.username else []
        lines.append(shlex.join([*words, place.database or "callengine"]))
    return "; ".join(lines)
