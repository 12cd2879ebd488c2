"""A PBX that works without us, and the engine that watches its queues."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ami_adapters.connection.link import LinkTimes
from callengine.demo.centre import Phones
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging
from callengine.run.application import Application
from config.loading import load_settings
from tests.support.stock_pbx import ROOT, StockPbx, existing_pbx

PAGE = (ROOT / "docs" / "freepbx.md").read_text(encoding="utf-8")


def blocks(kind: str = "sh") -> str:
    """The page's blocks of a kind as one script."""
    return "\n".join(re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


PREAMBLE = blocks().split("callengine sample")[0]
WATCHING = blocks().replace("target_seconds = 30", "target_seconds = 3\nwrap_up_seconds = 1")
SWITCHING = PREAMBLE + blocks("sh switching")
BACK = PREAMBLE + blocks("sh back")

MORE_QUEUES = """
[[queues]]
name = "other"
dispatch = "asterisk"
target_seconds = 3
wrap_up_seconds = 1
[queues.watch]
pbx_queues = ["501", "502", "503", "504", "505"]

[[lines]]
did = "74950000003"
company = "zarya"
queue = "other"
[lines.callback]
trunk = "trunk"
caller_id = "+74950000003"

[[agents]]
id = "1003"
name = "Сидорова"
queues = ["other"]
"""


class WatchedCentre:
    """What a test has at hand."""

    def __init__(self, pbx: StockPbx) -> None:
        self.pbx = pbx
        self.phones = Phones(pbx, login_code="*141")
        self.log = io.StringIO()
        self.tape: list[bytes] = []
        self.application: Application | None = None

    @property
    def settings_file(self) -> Path:
        return self.pbx.root / "callengine" / "callengine.toml"

    @property
    def engine(self) -> Application:
        assert self.application is not None, "the engine is not running"
        return self.application

    def set_up(self) -> None:
        """The page's steps, and the further queues of this PBX."""
        self.pbx.run_script(WATCHING)
        content = self.settings_file.read_text(encoding="utf-8")
        here = self.settings_file.parent
        http = f'[http]\nport = 0\ncontrol_socket = "{here}/c.sock"\n'
        database = f'[database]\nurl = "sqlite:///{here}/ledger.db"\n'
        self.settings_file.write_text(content + MORE_QUEUES + http + database, encoding="utf-8")

    async def start_engine(self, **changes: Any) -> Application:
        clock = SystemClock()
        configure_logging(level="info", as_json=True, now=clock.now, stream=self.log)
        application = Application(
            load_settings(self.settings_file),
            clock=clock,
            link_times=LinkTimes(first_pause=0.1, longest_pause=0.5),
            record=self.tape.append,
            **changes,
        )
        await application.start()
        self.application = application
        await self.until(lambda: application.view().synced)
        return application

    async def stop_engine(self) -> None:
        application, self.application = self.application, None
        if application is not None:
            await application.stop()

    async def until(self, condition: Callable[[], object], *, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    async def rows(self, sql: str) -> list[Any]:
        ledger = self.engine.ledger
        assert ledger is not None
        await ledger.writer.flush()
        async with ledger.reader.connect() as connection:
            return list((await connection.execute(text(sql))).all())

    def states(self) -> dict[str, str]:
        return {agent.agent: agent.state.value for agent in self.engine.view().agents}


@asynccontextmanager
async def watched_centre(*, engine: bool = True) -> AsyncIterator[WatchedCentre]:
    """Start the PBX, do what the page says, and leave nothing behind."""
    with existing_pbx() as pbx:
        centre = WatchedCentre(pbx)
        await asyncio.to_thread(centre.set_up)
        try:
            if engine:
                await centre.start_engine()
            yield centre
        finally:
            await centre.phones.stop()
            await centre.stop_engine()
