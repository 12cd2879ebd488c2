"""Where the desk keeps what is its own: the database of the settings, folders beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from config.settings import Settings
from storage.schema.database import ledger_url

STATE_FOLDER: Final = Path("/var/lib/callengine-desk")
"""Where the desk's systemd unit keeps its files: a command that is typed elsewhere finds them there."""
_SQLITE: Final = "sqlite:///"


def own(path: Path) -> Path:
    """The path itself, unless it is relative, not here, and the desk's service has a folder."""
    if not path.is_absolute() and not path.exists() and STATE_FOLDER.is_dir():
        return STATE_FOLDER / path
    return path


def database_file(settings: Settings) -> Path | None:
    """The file of an embedded database; None for one on PostgreSQL, or in memory."""
    url = settings.desk.database
    name = url.removeprefix(_SQLITE)
    if not url.startswith("sqlite") or name in {url, "", ":memory:"}:
        return None
    return own(Path(name))


def files_folder(settings: Settings) -> Path:
    """Where files are that were uploaded to stay; it may not be there yet."""
    return own(settings.desk.files)


def data_folder(settings: Settings) -> Path:
    """On the disk that may fill up: its database's, where that is a file, else that of the files it keeps."""
    return (database_file(settings) or files_folder(settings)).absolute().parent


def database_url(settings: Settings) -> URL:
    """With password, and as a command that is typed elsewhere finds it. Raises LedgerError."""
    file = database_file(settings)
    if file is not None:
        return ledger_url(f"{_SQLITE}{file}")
    return ledger_url(settings.desk.database, settings.desk.database_password.get_secret_value())
