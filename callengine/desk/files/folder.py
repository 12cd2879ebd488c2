"""The folder of files: bytes come in parts to a name of their own, and are there whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from callengine.desk.files.records import FileRefused

MEBIBYTE = 1024 * 1024
_PART = ".part"
_KEY = "key"
_KEY_BYTES = 32
_OLD_SECONDS = 24 * 3600.0
"""What no row stands for is thrown away when it is older: an upload takes minutes."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is kept under a name."""

    stored: str
    size: int
    sha256: str


class FileFolder:
    """`prepare` first. Names in it are random; who reads the folder learns nothing of them."""

    def __init__(self, path: Path, free_mb: int = 0) -> None:
        self.path = path
        self._free_mb = free_mb

    def prepare(self) -> bytes:
        """Make it where there is none; the key of its addresses. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = self.path / _KEY
        try:
            descriptor = os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            found = key.read_bytes()
            if len(found) == _KEY_BYTES:
                return found
            descriptor = os.open(key, os.O_TRUNC | os.O_WRONLY)
        made = secrets.token_bytes(_KEY_BYTES)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
            _to_disk(file)
        return made

    def at(self, stored: str) -> Path:
        """Where one is."""
        return self.path / stored

    def refuse_when_full(self, coming: int = 0) -> None:
        """Raises FileRefused when so little would be left that calls or the ledger could be hurt."""
        if shutil.disk_usage(self.path).free - coming < self._free_mb * MEBIBYTE:
            raise FileRefused("disk", self._free_mb)

    async def receive(self, parts: AsyncIterator[bytes], most_mb: int) -> Path:
        """All of it into a temporary file, never in memory. Raises FileRefused, OSError."""
        path, size = self.temporary(), 0
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                async for part in parts:
                    size += len(part)
                    if size > most_mb * MEBIBYTE:
                        raise FileRefused("too_big", most_mb)
                    await asyncio.to_thread(file.write, part)
            if not size:
                raise FileRefused("empty")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def temporary(self) -> Path:
        """A name that nobody has."""
        return self.path / f"{secrets.token_hex(16)}{_PART}"

    def keep(self, temporary: Path) -> Bytes:
        """Under its own name from now on, on the disk before this returns. Raises OSError."""
        stored, digest = secrets.token_hex(16), hashlib.sha256()
        with temporary.open("rb+") as file:
            while part := file.read(MEBIBYTE):
                digest.update(part)
            _to_disk(file)
        size = temporary.stat().st_size
        temporary.rename(self.at(stored))
        _folder_to_disk(self.path)
        return Bytes(stored, size, digest.hexdigest())

    def throw_away(self, stored: str) -> None:
        """Its row is gone."""
        self.at(stored).unlink(missing_ok=True)

    def sweep(self, kept: Collection[str], now: float) -> int:
        """Throw away what no row stands for and no upload still needs; how many."""
        old, gone = now - _OLD_SECONDS, 0
        for path in self.path.iterdir():
            if path.name == _KEY or path.name in kept or not path.is_file() or path.stat().st_mtime > old:
                continue
            path.unlink(missing_ok=True)
            gone += 1
        return gone


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _folder_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
