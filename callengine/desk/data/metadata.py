"""What the tables of every subject stand on: one MetaData, instants as whole microseconds, words folded for search."""

from __future__ import annotations

from sqlalchemy import MetaData

from storage.schema.tables import Instant

__all__ = ["Instant", "folded", "metadata"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def folded(text: str) -> str:
    """As it is compared and ordered: without case, ё as е. SQLite's lower() and LIKE know ASCII only."""
    return " ".join(text.casefold().replace("ё", "е").split())
