"""Questions to the desk's database from a process that is not the desk: read-only, within a time, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.engine import URL

from storage.desk.file import DeskFile
from storage.desk.schema import DeskSchema

Row = Sequence[Any]


class DeskReader(Protocol):
    """One question at a time; more wait their turn within their own time."""

    async def rows(self, statement: str, values: Sequence[object], seconds: float) -> Sequence[Row]:
        """The answer to a statement whose parameters are `$1`, `$2`. Raises DeskAway, DeskLate."""

    async def close(self) -> None:
        """Wait for nothing that hangs."""


def desk_reader(url: URL, *folders: Path) -> DeskReader:
    """Nothing is opened yet. `folders`: where a file with a relative path may be besides."""
    if url.drivername.startswith("sqlite"):
        file = Path(url.database or "")
        return DeskFile(file, *([] if file.is_absolute() else [folder / file for folder in folders]))
    return DeskSchema(url)
