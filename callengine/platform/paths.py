"""Where the engine's own files are, for commands that are typed elsewhere."""

from __future__ import annotations

from pathlib import Path

STATE_FOLDER = Path("/var/lib/callengine")
"""Where the systemd unit keeps the engine's files: a relative path is looked for there after the present folder."""


DESK_STATE_FOLDER = Path("/var/lib/callengine-desk")
"""The same of the desk's unit."""


def in_state_folder(path: Path) -> Path:
    """The path itself, unless it is relative, not here, and there in the service's own folder."""
    there = STATE_FOLDER / path
    return there if not path.is_absolute() and not path.exists() and there.exists() else path
