"""What `callengine check` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `severity`: ok, warning or error."""

    severity: str
    what: str
    help: str = ""
    line: int | None = None
    """Of the settings file, where what is found is a key of it."""
