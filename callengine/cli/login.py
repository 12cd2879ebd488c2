"""Who types."""

from __future__ import annotations

import getpass


def login_name() -> str:
    """Who runs the command, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
