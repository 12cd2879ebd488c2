"""A centre that is struck: Asterisk, an engine as a process of its own behind a wire that can be cut, phones."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import IO, Any

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, Phones, settings_text
from tests.chaos.blows import NOT_AWAY, Blow, BlowKind
from tests.chaos.disk import LimitedFiles, small_disk
from tests.chaos.ledger_rows import LedgerRows
from tests.support.ami_proxy import AmiProxy

_LOCK = """
import sqlite3, sys
ledger = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
ledger.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
ledger.execute("ROLLBACK")
"""
START_SECONDS = 30.0
DISK_MIB = 512
"""An hour of chaos takes some tens of them."""


class StruckCentre:
    """What the runner strikes. `down` holds when the engine was away: from the blow until it beat again.

    The ledger is a file on a small disk, with its spool; or a database of `postgres`, a server that can be stopped.
    """

    def __init__(
        self, folder: Path, plan: CentrePlan, asterisk: AsteriskProcess, postgres: Any = None
    ) -> None:
        self.folder = folder
        self.asterisk = asterisk
        self.phones = Phones(asterisk)
        self.proxy = AmiProxy(asterisk.ami_port)
        self.down: list[tuple[float, float]] = []
        self._plan = plan
        self._postgres = postgres
        self._settings = folder / "callengine.toml"
        # From within a namespace the server's socket, another user's, could not be reached.
        self._disk = LimitedFiles(folder / "disk") if postgres else small_disk(folder / "disk", DISK_MIB)
        self._engine: asyncio.subprocess.Process | None = None

    async def ledger_rows(self) -> LedgerRows:
        """What is in the ledger now, read where its disk is seen."""
        reading = await self._where_the_disk_is("-m", "tests.chaos.ledger_rows", self._ledger_url)
        told, _ = await reading.communicate()
        return LedgerRows.from_json(told)

    @property
    def _ledger_url(self) -> str:
        if self._postgres is not None:
            return str(self._postgres.get_uri())
        return f"sqlite:///{self._disk.inside / 'ledger.db'}"

    async def _where_the_disk_is(
        self, *arguments: str, errors: IO[bytes] | None = None
    ) -> asyncio.subprocess.Process:
        """A Python there."""
        return await asyncio.create_subprocess_exec(
            *self._disk.command([sys.executable, *arguments]),
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            process_group=0,  # Ctrl-C on a terminal is for the runner alone.
        )

    async def start(self) -> None:
        """The wire and the engine."""
        await self.proxy.start()
        self._settings.touch(mode=0o600)
        settings = settings_text(
            self._plan,
            ami_port=self.proxy.port,
            secret_file=self.asterisk.ami_secret_file,
            database=self._ledger_url,
        )
        spool = f'spool_file = "{self._disk.inside}/ledger.spool"'
        self._settings.write_text(re.sub('spool_file = ".*"', spool, settings), encoding="utf-8")
        await self._start_engine()

    async def stop(self) -> None:
        """As by SIGTERM, so that everything decided is in the ledger."""
        if self._engine is not None and self._engine.returncode is None:
            self._engine.terminate()
            await self._engine.wait()
        await self.proxy.stop()

    def close(self) -> None:
        """The disk goes, and all that is on it."""
        self._disk.close()

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
            case BlowKind.FULL_DISK:
                await self._fill_disk(blow.for_seconds)
            case BlowKind.STOP_POSTGRES:
                await self._stop_postgres(blow.for_seconds, kill_engine=False)
            case BlowKind.STOP_POSTGRES_KILL_ENGINE:
                await self._stop_postgres(blow.for_seconds, kill_engine=True)
            case BlowKind.KILL_PBX:
                await self._kill_pbx(blow.for_seconds)
        await self.until_it_beats(before)
        if blow.kind not in NOT_AWAY:
            self.down.append((began, loop.time()))

    async def until_it_beats(self, before: int) -> None:
        """The dialplan has heard of the engine since. Raises TimeoutError, and says so if the engine died."""
        async with asyncio.timeout(START_SECONDS):
            while await self._beat() <= before:
                if self._engine is not None and self._engine.returncode is not None:
                    last = (self.folder / "engine.log").read_text(errors="replace")[-500:]
                    raise RuntimeError(f"the engine ended with {self._engine.returncode}: {last}")
                await asyncio.sleep(0.1)

    async def _beat(self) -> int:
        """The dialplan's heartbeat variable; 0 before the first, and of a PBX that is dead."""
        told = await asyncio.to_thread(self.asterisk.command_line, "dialplan show globals")
        found = re.search(r"CALLENGINE_HEARTBEAT=(\d+)", told)
        return 0 if found is None else int(found[1])

    async def _start_engine(self) -> None:
        before = await self._beat()
        with (self.folder / "engine.log").open("ab") as log:
            self._engine = await self._where_the_disk_is(
                "-m", "callengine", "run", "--config", str(self._settings), errors=log
            )
        await self.until_it_beats(before)

    async def _kill_engine(self) -> None:
        assert self._engine is not None
        self._engine.kill()
        await self._engine.wait()

    async def _lock_ledger(self, seconds: float) -> None:
        """Another program holds the database's write lock."""
        other = await self._where_the_disk_is("-c", _LOCK, str(self._disk.inside / "ledger.db"))
        assert other.stdout is not None
        await other.stdout.readline()
        await asyncio.sleep(seconds)
        await other.communicate(b"")

    async def _fill_disk(self, seconds: float) -> None:
        assert self._engine is not None
        self._disk.fill(self._engine.pid)
        await asyncio.sleep(seconds)
        self._disk.make_room(self._engine.pid)

    async def _stop_postgres(self, seconds: float, *, kill_engine: bool) -> None:
        """The engine is killed, and must start, while its database is away."""
        await asyncio.to_thread(self._postgres.stop)
        try:
            await asyncio.sleep(seconds)
            if kill_engine:
                await self._kill_engine()
                await self._start_engine()
        finally:
            await asyncio.to_thread(self._postgres.ensure_postgres_running)

    async def _kill_pbx(self, seconds: float) -> None:
        self.asterisk.kill()
        await asyncio.sleep(seconds)
        # It must be started from a thread that outlives it; and nothing else may run meanwhile, as after a reboot.
        self.asterisk.start()
        for phone in self.phones.agents:
            phone.drop_calls()
        await asyncio.gather(*(phone.register() for phone in self.phones.agents))
