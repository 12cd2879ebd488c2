"""Addresses of files: good for some minutes, for whoever has one, without a cookie. Pure.

Which file, until when, and a proof that the desk made it. It ends at a whole half hour, so that a page which is
drawn again names the same address and the browser need not fetch the picture twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

PATH: Final = "/desk/files/"
STEP: Final = timedelta(minutes=30)
"""An address is good for one of these at least, for two at most."""
_TOKEN: Final = re.compile(r"([0-9]{1,10})-([0-9]{1,12})-([A-Za-z0-9_-]{43})")


class Signer:
    """`key`: known to the desk's processes only."""

    def __init__(self, key: bytes, host: str = "") -> None:
        self._key = key
        self.host = host.rstrip("/")

    def address(self, file_id: int, name: str, now: datetime) -> str:
        """Of one file. Whoever asks has seen to it that the reader may have it."""
        step = int(STEP.total_seconds())
        until = (int(now.timestamp()) // step + 2) * step
        return f"{self.host}{PATH}{file_id}-{until}-{self._proof(file_id, until)}/{quote(name, safe='')}"

    def opened(self, token: str, now: datetime) -> int | None:
        """The file's id; None: it is none of ours, or its time is over."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        file_id, until = int(parts[1]), int(parts[2])
        if not hmac.compare_digest(parts[3], self._proof(file_id, until)):
            return None
        return file_id if now < datetime.fromtimestamp(until, UTC) else None

    def _proof(self, file_id: int, until: int) -> str:
        digest = hmac.digest(self._key, f"file {file_id} until {until}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
