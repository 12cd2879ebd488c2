"""A whole centre for a test: a real Asterisk, the engine in this process, real SIP phones."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ami_adapters.connection.link import LinkTimes
from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, Phones, settings_for, start_asterisk, write_settings
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging
from callengine.run.application import Application
from config.settings import Settings
from storage.schema.database import create_ledger_engine, ledger_url


class LiveCentre:
    """What a test has at hand."""

    def __init__(self, folder: Path, plan: CentrePlan, asterisk: AsteriskProcess) -> None:
        self.folder = folder
        self.plan = plan
        self.asterisk = asterisk
        self.phones = Phones(asterisk)
        self.link_times = LinkTimes(first_pause=0.1, longest_pause=0.5)
        self.ami_port: int | None = None
        """Where the engine of this process finds AMI, if it is not Asterisk itself (tests.support.ami_proxy)."""
        self.application: Application | None = None
        self.log = io.StringIO()
        self.tape: list[bytes] = []
        self._processes: list[asyncio.subprocess.Process] = []

    @property
    def engine(self) -> Application:
        """The engine that runs."""
        assert self.application is not None, "the engine is not running"
        return self.application

    def settings(self) -> Settings:
        """What the engine is started with."""
        return settings_for(self.folder, self.plan, self.asterisk)

    async def start_engine(self, *, clock: SystemClock | None = None, **changes: Any) -> Application:
        """Start an engine on this centre's settings and wait until it knows the PBX's state."""
        clock = clock or SystemClock()
        configure_logging(level="info", as_json=True, now=clock.now, stream=self.log)
        settings = self.settings()
        if self.ami_port is not None:
            pbx = settings.pbx.model_copy(update={"port": self.ami_port})
            settings = settings.model_copy(update={"pbx": pbx})
        application = Application(
            settings,
            clock=clock,
            link_times=self.link_times,
            record=self.tape.append,
            **changes,
        )
        await application.start()
        self.application = application
        await self.until(lambda: application.view().synced)
        return application

    async def start_engine_process(self, module: str = "callengine") -> asyncio.subprocess.Process:
        """`callengine run` as a process of its own that can be killed; returns when it beats.

        `module` may be another program with the same command line.
        """
        path = write_settings(
            self.folder,
            self.plan,
            ami_port=self.asterisk.ami_port,
            secret_file=self.asterisk.ami_secret_file,
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, "run", "--config", str(path), stderr=asyncio.subprocess.DEVNULL
        )
        self._processes.append(process)
        before = self._beat()
        await self.until(lambda: self._beat() > before, seconds=60)
        return process

    def _beat(self) -> int:
        """The dialplan's heartbeat variable; 0 before the first."""
        found = re.search(r"CALLENGINE_HEARTBEAT=(\d+)", self.asterisk.command_line("dialplan show globals"))
        return 0 if found is None else int(found[1])

    async def stop_engine(self) -> None:
        """As by SIGTERM."""
        application, self.application = self.application, None
        if application is not None:
            await application.stop()

    def dead_processes(self) -> int:
        """How many engines that were started as a process have ended."""
        return sum(1 for process in self._processes if process.returncode is not None)

    async def kill_processes(self) -> None:
        """As by kill -9: every engine that was started as a process."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        self._processes.clear()

    async def until(self, condition: Callable[[], object], *, seconds: float = 30.0) -> None:
        """Wait for something to become true. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def rows(self, sql: str) -> list[Any]:
        """Ask the ledger, through a connection of its own."""
        if self.application is not None and self.application.ledger is not None:
            await self.application.ledger.writer.flush()
            # Not the writer's own: whoever only looks takes no write lock, and need not wait for it.
            async with self.application.ledger.reader.connect() as connection:
                return list((await connection.execute(text(sql))).all())
        engine = create_ledger_engine(ledger_url(f"sqlite:///{self.folder}/ledger.db"), read_only=True)
        try:
            async with engine.connect() as connection:
                return list((await connection.execute(text(sql))).all())
        finally:
            await engine.dispose()

    async def rows_when(self, count: int, sql: str, *, seconds: float = 60.0) -> list[Any]:
        """The same, as soon as there are so many: what earlier runs left is settled page by page."""
        async with asyncio.timeout(seconds):
            while len(rows := await self.rows(sql)) < count:
                await asyncio.sleep(0.05)
        return rows

    def free_agents(self) -> int:
        """How many agents could be offered a call now."""
        return sum(1 for agent in self.engine.view().agents if agent.state == "free")


@asynccontextmanager
async def live_centre(plan: CentrePlan | None = None, *, engine: bool = True) -> AsyncIterator[LiveCentre]:
    """Start a centre and leave nothing behind."""
    plan = plan or CentrePlan()
    # Not pytest's tmp_path: Asterisk's control socket allows no path of more than 107 characters.
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        asterisk = start_asterisk(Path(name), plan)
        centre = LiveCentre(Path(name), plan, asterisk)
        try:
            if engine:
                await centre.start_engine()
            yield centre
        finally:
            await centre.phones.stop()
            await centre.stop_engine()
            await centre.kill_processes()
            asterisk.stop()
