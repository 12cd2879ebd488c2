"""At which revision a database is, and whether this version can work with it; the same for ledger and desk.

Only `callengine db upgrade` migrates one that has rows. An engine or a desk that starts makes an empty one, refuses an
older one, and goes on with a newer one in which everything is that it knows: what was added there is none of its
business. Whether that is so, the tables themselves tell, not a promise of whoever wrote the newer version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from storage.schema.errors import LedgerError, OlderSchema, UnknownRevision

COMMAND = "callengine db upgrade"


class Fit(Enum):
    """How a database's revision compares with this version's."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    """Made by a newer version, and all that this one knows is there."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a database told."""

    subject: str
    fit: Fit
    revision: str
    """Empty for an empty one."""
    newest: str
    """This version's."""

    def told(self) -> str:
        """In one clause, for a log or a person."""
        match self.fit:
            case Fit.EMPTY:
                return f"{self.subject} is empty"
            case Fit.CURRENT:
                return f"{self.subject} is at revision {self.revision}"
            case Fit.OLDER:
                return (
                    f"{self.subject} is at revision {self.revision}, of an older version; this one works with "
                    f"{self.newest}: `{COMMAND}` brings it there, every row stays"
                )
            case Fit.NEWER:
                return (
                    f"{self.subject} is at revision {self.revision}, of a newer version; all that this one knows "
                    f"({self.newest}) is there"
                )


@dataclass(frozen=True, slots=True)
class Revisions:
    """One database's migrations, and the tables as this version has them."""

    subject: str
    """As a sentence begins: "the ledger"."""
    folder: Path
    tables: MetaData
    afterwards: Callable[[Connection], None] = lambda connection: None
    """What an upgrade fills in, in the same transaction."""

    @property
    def newest(self) -> str:
        """The revision this version works with."""
        return str(self._scripts().get_current_head())

    def known(self) -> list[str]:
        """All that this version can migrate from, the first one first."""
        return [str(one.revision) for one in self._scripts().walk_revisions()][::-1]

    def look(self, connection: Connection) -> Found:
        """Raises UnknownRevision for one of a newer version that lacks what this one needs."""
        revision, newest = MigrationContext.configure(connection).get_current_revision(), self.newest
        if revision is None:
            return Found(self.subject, Fit.EMPTY, "", newest)
        if revision == newest:
            return Found(self.subject, Fit.CURRENT, revision, newest)
        if revision in self.known():
            return Found(self.subject, Fit.OLDER, revision, newest)
        lacks = list(self._lacks(connection))
        if lacks:
            raise UnknownRevision(
                f"{self.subject} is at revision {revision}, of a newer callengine, and this version cannot work with "
                f"it: {lacks[0]}. Start that version, or let it take the schema back (`callengine db downgrade`)"
            )
        return Found(self.subject, Fit.NEWER, revision, newest)

    def begin(self, connection: Connection) -> Found:
        """For a start: an empty one is made. Raises OlderSchema, UnknownRevision."""
        found = self.look(connection)
        if found.fit is Fit.OLDER:
            raise OlderSchema(found.told())
        if found.fit is Fit.EMPTY:
            command.upgrade(self.alembic(connection), "head")
        self.afterwards(connection)
        return found

    def refuse_other(self, connection: Connection) -> Found:
        """For whoever only reads or writes rows. Raises OlderSchema, also for an empty one, and UnknownRevision."""
        found = self.look(connection)
        if found.fit in {Fit.OLDER, Fit.EMPTY}:
            raise OlderSchema(found.told())
        return found

    def upgrade(self, connection: Connection) -> Found:
        """Bring it to this version's revision; what was there before is returned. Raises UnknownRevision."""
        found = self.look(connection)
        if found.fit in {Fit.OLDER, Fit.EMPTY}:
            command.upgrade(self.alembic(connection), "head")
        self.afterwards(connection)
        return found

    def downgrade(self, connection: Connection, revision: str) -> None:
        """Back to an older version's; rows stay, newer columns go. Raises LedgerError for one that is not known."""
        known = self.known()
        if revision not in known:
            raise LedgerError(f"there is no revision {revision!r}; known are {', '.join(known)}")
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in known:
            raise UnknownRevision(
                f"{self.subject} is at revision {present}, of a newer callengine: only that version can take it back"
            )
        command.downgrade(self.alembic(connection), revision)

    def alembic(self, connection: Connection) -> Config:
        """Alembic's settings for one connection; no alembic.ini is needed."""
        config = Config()
        config.set_main_option("script_location", str(self.folder))
        config.attributes["connection"] = connection
        return config

    def _scripts(self) -> ScriptDirectory:
        return ScriptDirectory(str(self.folder))

    def _lacks(self, connection: Connection) -> Iterator[str]:
        """What this version would stumble over: gone, or wanted in a row that it writes."""
        looking = inspect(connection)
        for table in self.tables.sorted_tables:
            if not looking.has_table(table.name):
                yield f"the table {table.name} is gone"
                continue
            there = {one["name"]: one for one in looking.get_columns(table.name)}
            yield from (
                f"the column {table.name}.{one.name} is gone"
                for one in table.columns
                if one.name not in there
            )
            yield from (
                f"the column {table.name}.{name} is new and must be filled"
                for name, column in there.items()
                if name not in table.columns and _must_be_filled(column)
            )


def _must_be_filled(column: Any) -> bool:
    return not column["nullable"] and column.get("default") is None and "computed" not in column
