"""What `callengine check` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `severity`: ok, warning or error."""

    severity: str
    what: str
    help: str = ""
