"""Where the engine's sockets are."""

from __future__ import annotations

from pathlib import Path


def desk_socket(control: Path) -> Path:
    """Beside the control socket, which is the owner's: callengine.sock → callengine-desk.sock."""
    return control.with_name(f"{control.stem}-desk{control.suffix}")
