"""Why the desk's database gave no answer."""

from __future__ import annotations


class DeskAway(Exception):
    """It cannot be read now; the text says why and holds nothing of anybody."""


class DeskAbsent(DeskAway):
    """There is none: no file, no schema."""


class DeskLate(DeskAway):
    """It did not answer in time."""
