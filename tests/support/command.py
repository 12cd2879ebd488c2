"""The program `callengine` as a person types it."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from tests.support.live_centre import LiveCentre

_PATIENCE_SECONDS: Final = 120.0
"""It starts in a second; beside a dozen other programs it takes many."""


async def run_program(*words: str) -> tuple[int, str, str]:
    """Exit code, output, errors. Raises TimeoutError; no process is left then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def run(centre: LiveCentre, verb: str, *words: str) -> tuple[int, str, str]:
    """The same, on a live centre's settings."""
    return await run_program(verb, "--config", str(centre.folder / "callengine.toml"), *words)
