"""A centre that is struck: Asterisk, an engine as a process of its own behind a wire that can be cut, phones."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import sys
from pathlib import Path

from callengine.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, Phones, settings_text
from tests.chaos.blows import Blow, BlowKind
from tests.support.ami_proxy import AmiProxy

START_SECONDS = 30.0


class StruckCentre:
    """What the runner strikes. `down` holds when the engine was away: from the blow until it beat again."""

    def __init__(self, folder: Path, plan: CentrePlan, asterisk: AsteriskProcess) -> None:
        self.folder = folder
        self.asterisk = asterisk
        self.phones = Phones(asterisk)
        self.proxy = AmiProxy(asterisk.ami_port)
        self.down: list[tuple[float, float]] = []
        self._plan = plan
        self._engine: asyncio.subprocess.Process | None = None

    @property
    def ledger(self) -> Path:
        """The SQLite file."""
        return self.folder / "ledger.db"

    async def start(self) -> None:
        """The wire and the engine."""
        await self.proxy.start()
        path = self.folder / "callengine.toml"
        path.touch(mode=0o600)
        path.write_text(
            settings_text(
                self._plan,
                ami_port=self.proxy.port,
                secret_file=self.asterisk.ami_secret_file,
                database=f"sqlite:///{self.ledger}",
            ),
            encoding="utf-8",
        )
        await self._start_engine()

    async def stop(self) -> None:
        """As by SIGTERM, so that everything decided is in the ledger."""
        if self._engine is not None and self._engine.returncode is None:
            self._engine.terminate()
            await self._engine.wait()
        await self.proxy.stop()

    async def strike(self, blow: Blow) -> None:
        """Do it, and return when the engine beats again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        before = await self._beat()
        match blow.kind:
            case BlowKind.KILL_ENGINE:
                await self._kill_engine()
                await asyncio.sleep(blow.for_seconds)
                await self._start_engine()
            case BlowKind.HANG_ENGINE:
                assert self._engine is not None
                os.kill(self._engine.pid, signal.SIGSTOP)
                await asyncio.sleep(blow.for_seconds)
                os.kill(self._engine.pid, signal.SIGCONT)
            case BlowKind.CUT_AMI:
                self.proxy.cut()
            case BlowKind.BLACKHOLE_AMI:
                self.proxy.block()
                await asyncio.sleep(blow.for_seconds)
                self.proxy.unblock()
            case BlowKind.LOSE_LEDGER:
                await self._lock_ledger(blow.for_seconds)
            case BlowKind.KILL_PBX:
                await self._kill_pbx(blow.for_seconds)
        await self.until_it_beats(before)
        if blow.kind is not BlowKind.LOSE_LEDGER:
            self.down.append((began, loop.time()))

    async def until_it_beats(self, before: int) -> None:
        """The dialplan has heard of the engine since. Raises TimeoutError, and says so if the engine died."""
        async with asyncio.timeout(START_SECONDS):
            while await self._beat() <= before:
                if self._engine is not None and self._engine.returncode is not None:
                    raise RuntimeError(f"the engine ended by itself with {self._engine.returncode}")
                await asyncio.sleep(0.1)

    async def _beat(self) -> int:
        """The dialplan's heartbeat variable; 0 before the first, and of a PBX that is dead."""
        told = await asyncio.to_thread(self.asterisk.command_line, "dialplan show globals")
        found = re.search(r"CALLENGINE_HEARTBEAT=(\d+)", told)
        return 0 if found is None else int(found[1])

    async def _start_engine(self) -> None:
        before = await self._beat()
        with (self.folder / "engine.log").open("ab") as log:
            self._engine = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "callengine", "run"),
                *("--config", str(self.folder / "callengine.toml")),
                stderr=log,
            )
        await self.until_it_beats(before)

    async def _kill_engine(self) -> None:
        assert self._engine is not None
        self._engine.kill()
        await self._engine.wait()

    async def _lock_ledger(self, seconds: float) -> None:
        """Another program holds the database's write lock."""
        connection = sqlite3.connect(self.ledger, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    async def _kill_pbx(self, seconds: float) -> None:
        self.asterisk.kill()
        await asyncio.sleep(seconds)
        # It must be started from a thread that outlives it; and nothing else may run meanwhile, as after a reboot.
        self.asterisk.start()
        for phone in self.phones.agents:
            phone.drop_calls()
        await asyncio.gather(*(phone.register() for phone in self.phones.agents))
