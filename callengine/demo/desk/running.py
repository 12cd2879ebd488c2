"""`callengine desk` beside the demo's engine: the real process, on a free port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

_START_SECONDS = 30.0
_END_SECONDS = 10.0
_LOOK_SECONDS = 0.05


class DeskDidNotStart(Exception):
    """What its log says last."""


class RunningDesk:
    """`start`, then `stop`."""

    def __init__(self, settings: Path, log: Path) -> None:
        self._settings = settings
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.address = ""

    async def start(self) -> None:
        """Until it takes browsers. Raises DeskDidNotStart."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "callengine", "desk", "--config", str(self._settings)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while (port := self._port()) is None:
                    if self._process.returncode is not None:
                        raise DeskDidNotStart(self._last_words())
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise DeskDidNotStart(self._last_words()) from None
        self.address = f"http://127.0.0.1:{port}/desk/"

    async def stop(self) -> None:
        """It ends as it should, or is ended."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def _port(self) -> int | None:
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict) and told.get("event") == "desk_started":
                    return int(told["http_port"])
        return None

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"
