"""What is needed of a log here: a structlog logger, as far as it is used."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """`event` is a stable name, its facts are fields."""

    def info(self, event: str, **fields: object) -> object:
        """An ordinary fact."""

    def warning(self, event: str, **fields: object) -> object:
        """A fact somebody should look at."""

    def error(self, event: str, **fields: object) -> object:
        """An alert."""
