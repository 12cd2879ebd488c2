"""The engine as a process of its own, and what a process has used by Linux' own books (proc(5))."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, write_settings


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    # The name in parentheses may hold blanks: count fields after it.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory now, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


@asynccontextmanager
async def engine(folder: Path, plan: CentrePlan, asterisk: AsteriskProcess) -> AsyncIterator[int]:
    """`callengine run` as a process of its own, as in production; its pid."""
    path = write_settings(folder, plan, ami_port=asterisk.ami_port, secret_file=asterisk.ami_secret_file)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", "run", "--config", str(path)),
        stderr=asyncio.subprocess.DEVNULL,
        process_group=0,  # Ctrl-C on a terminal is for the bench alone.
    )
    try:
        async with asyncio.timeout(15):
            while "CALLENGINE_HEARTBEAT" not in asterisk.command_line("dialplan show globals"):
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()
