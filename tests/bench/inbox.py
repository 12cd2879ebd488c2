"""A full inbox: how long until everyone in it is in the ledger, and until nothing of it is left in AstDB.

`python -m tests.bench.inbox` on a real Asterisk, with the engine as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, sample_options
from tests.bench.processes import cpu_seconds, engine
from tests.support.full_inbox import keys_in_astdb, missed_calls, write_into_astdb

PLAN = CentrePlan(agents=1)
LIMIT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Settling:
    """One run, in seconds since the engine's process was started, which takes about a second to be there."""

    heartbeat_seconds: float
    owed_seconds: float
    """All obligations are committed."""
    erased_seconds: float
    """Nothing of it is in AstDB."""
    engine_cpu_seconds: float
    asterisk_cpu_seconds: float


async def measure(entries: int) -> Settling:
    """One full inbox."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        with AsteriskProcess(folder / "pbx", options=sample_options(PLAN, folder)) as asterisk:
            asterisk.shut_down()
            write_into_astdb(asterisk, missed_calls(entries))
            asterisk.start()
            used = cpu_seconds(asterisk.pid or 0)
            began = time.perf_counter()
            async with engine(folder, PLAN, asterisk) as pid, asyncio.timeout(LIMIT_SECONDS):
                beating = time.perf_counter() - began
                while _owed(folder) < entries:
                    await asyncio.sleep(0.05)
                owed = time.perf_counter() - began
                while await asyncio.to_thread(keys_in_astdb, asterisk):
                    await asyncio.sleep(0.05)
                erased = time.perf_counter() - began
                own, pbx = cpu_seconds(pid), cpu_seconds(asterisk.pid or 0) - used
                return Settling(beating, owed, erased, own, pbx)


def _owed(folder: Path) -> int:
    database = sqlite3.connect(next(folder.glob("*.db")), timeout=10)
    try:
        return int(database.execute("SELECT count(*) FROM obligations").fetchone()[0])
    finally:
        database.close()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.inbox", description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000, help="(default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="(default %(default)s)")
    options = parser.parse_args()
    print("heartbeat s  all owed s  all erased s  engine CPU s  Asterisk CPU s")
    for _ in range(options.runs):
        run = asyncio.run(measure(options.entries))
        print(
            f"{run.heartbeat_seconds:11.2f} {run.owed_seconds:11.2f} {run.erased_seconds:13.2f}"
            f" {run.engine_cpu_seconds:13.2f} {run.asterisk_cpu_seconds:15.2f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
