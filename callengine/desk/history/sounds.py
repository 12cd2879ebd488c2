"""Recordings as files: found below one folder only, played through addresses that live for a while."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

LIVES = timedelta(minutes=20)
"""An address: somebody who stops in the middle and listens on finds it alive."""
_MOST = 5_000
"""Addresses that are alive at once; then the oldest dies."""
_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
}


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A recording that is there."""

    path: Path
    content_type: str


class Sounds:
    """Below `root`. Addresses are drawn by chance, 192 bits each: nobody makes one, and each opens one file."""

    def __init__(self, root: Path, now: Callable[[], datetime]) -> None:
        self._root = root
        self._now = now
        self._handed: dict[str, tuple[SoundFile, datetime]] = {}

    def find(self, path: str) -> SoundFile | None:
        """The file, links followed, if it is a sound below the root. Asks the disk."""
        content_type = _TYPES.get(Path(path).suffix.lower())
        if content_type is None or "\0" in path:
            return None
        try:
            root = self._root.resolve(strict=True)
            real = (root / path).resolve(strict=True)
        except OSError:
            return None
        if not real.is_relative_to(root) or not real.is_file():
            return None
        return SoundFile(real, content_type)

    def hand_out(self, file: SoundFile) -> str:
        """A key that opens it for LIVES."""
        now = self._now()
        for key in [key for key, (_, until) in self._handed.items() if until <= now]:
            del self._handed[key]
        while len(self._handed) >= _MOST:
            del self._handed[next(iter(self._handed))]
        key = secrets.token_urlsafe(24)
        self._handed[key] = (file, now + LIVES)
        return key

    def opened_by(self, key: str) -> SoundFile | None:
        """What it opens; None when it is none, or too old."""
        file, until = self._handed.get(key, (None, None))
        return file if until is not None and self._now() < until else None
