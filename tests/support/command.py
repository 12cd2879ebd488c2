"""The program `callengine` as a person types it, on a live centre's settings."""

from __future__ import annotations

import asyncio
import sys

from tests.support.live_centre import LiveCentre


async def run(centre: LiveCentre, verb: str, *words: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", verb, "--config", str(centre.folder / "callengine.toml")),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, out.decode(), errors.decode()
