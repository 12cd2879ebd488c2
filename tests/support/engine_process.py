"""Engines as processes of their own, several on one Asterisk: started, frozen, thawed, asked, read."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from ami_adapters.connection.owner import Heartbeat, read_heartbeat
from callengine.demo.centre import write_settings
from tests.support.command import run_program
from tests.support.live_centre import LiveCentre

TAKE_OVER_SECONDS = 7


class EngineProcess:
    """`callengine run` with a settings file, a ledger and a log of its own."""

    def __init__(
        self,
        centre: LiveCentre,
        name: str,
        database: str = "",
        take_over_seconds: int = TAKE_OVER_SECONDS,
    ) -> None:
        folder = centre.folder
        text = write_settings(
            folder,
            centre.plan,
            ami_port=centre.asterisk.ami_port,
            secret_file=centre.asterisk.ami_secret_file,
        ).read_text(encoding="utf-8")
        own = database or f"sqlite:///{folder}/{name}.db"
        text = text.replace(f"sqlite:///{folder}/ledger.db", own).replace("ledger.spool", f"{name}.spool")
        text = text.replace("c.sock", f"{name}.sock")
        text = text.replace("[pbx]\n", f"[pbx]\ntake_over_seconds = {take_over_seconds}\n", 1)
        self.settings = folder / f"{name}.toml"
        self.settings.touch(mode=0o600)
        self.settings.write_text(text, encoding="utf-8")
        self._centre = centre
        self._log_file = folder / f"{name}.log"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run it; nothing is waited for."""
        with self._log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "callengine", "run", "--config", str(self.settings), stderr=log
            )

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    def freeze(self) -> None:
        """It does nothing any more, and does not know it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """As by systemd."""
        if self.process is not None and self.process.returncode is None:
            self.thaw()
            self.process.terminate()
            await self.process.wait()

    async def kill(self) -> None:
        """As by kill -9."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def log(self) -> list[dict[str, Any]]:
        """All that it said."""
        if not self._log_file.exists():
            return []
        lines = self._log_file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def said(self, event: str) -> list[dict[str, Any]]:
        """Every line of this event."""
        return [line for line in self.log() if line["event"] == event]

    async def says(self, event: str, *, seconds: float = 30.0) -> dict[str, Any]:
        """Wait for such a line; the last one. Raises TimeoutError."""
        await self._centre.until(lambda: self.said(event), seconds=seconds)
        return self.said(event)[-1]

    async def in_charge(self, *, seconds: float = 90.0) -> None:
        """Wait until it is. Raises TimeoutError."""
        await self._centre.until(self.is_in_charge, seconds=seconds)
        await self.says("inbox_read", seconds=seconds)

    def is_in_charge(self) -> bool:
        """As the PBX tells."""
        beat = heartbeat(self._centre)
        return beat.seconds > 0 and beat.owner is not None and beat.owner.process == self.pid

    async def get(self, path: str) -> tuple[int, str]:
        """Its HTTP: status and text."""
        port = [line["http_port"] for line in self.log() if "http_port" in line][-1]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    async def metric(self, name: str) -> float:
        """One sample without labels."""
        _, text = await self.get("/metrics")
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def heartbeat(centre: LiveCentre) -> Heartbeat:
    """What stands on the PBX."""
    for line in centre.asterisk.command_line("dialplan show globals").splitlines():
        name, _, value = line.strip().partition("=")
        if name == "CALLENGINE_HEARTBEAT":
            return read_heartbeat(value)
    return Heartbeat()


async def check(settings: Path) -> str:
    """What `callengine check` prints."""
    _, out, _ = await run_program("check", "--config", str(settings))
    return out


@asynccontextmanager
async def two_engines(
    centre: LiveCentre, database: str = "", take_over_seconds: int = TAKE_OVER_SECONDS
) -> AsyncIterator[tuple[EngineProcess, EngineProcess]]:
    """The first is in charge, the second was started later and stands by. `database`: they share it."""
    first = EngineProcess(centre, "first", database, take_over_seconds)
    second = EngineProcess(centre, "second", database, take_over_seconds)
    try:
        await first.start()
        await first.in_charge()
        await second.start()
        await second.says("engine_stands_by")
        yield first, second
    finally:
        await first.kill()
        await second.kill()
