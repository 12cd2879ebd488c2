"""What a stranger uploaded is read in a child process with limits: a bomb kills the child, not the desk.

The child has no descriptor but its own pipes, an empty environment, and limits of memory, processor time and file size
from before it imports what reads. What it finds it writes to a file, what it says comes back as one value.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEBIBYTE = 1024 * 1024
_LONGEST_LINE = 4 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child."""

    memory_bytes: int = 1536 * MEBIBYTE
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    file_bytes: int = 512 * MEBIBYTE
    """Of what it writes."""


class Children:
    """All of this process."""

    def __init__(self) -> None:
        self.running = 0
        self.waiting = 0
        """Files that wait for their turn."""

    @asynccontextmanager
    async def turn(self, of: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        """Wait for it, counted."""
        self.waiting += 1
        try:
            await of.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            of.release()


CHILDREN = Children()


class ChildRefused(Exception):
    """It did not read the file. `reason`: `memory`, `time`, `crashed`, or what the function itself said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def run_in_child(
    function: str,
    source: Path,
    result: Path,
    arguments: Mapping[str, Any],
    limits: Limits,
    told: Callable[[int], None] = lambda _count: None,
) -> Any:
    """`module:function` called with (source, result, tell, **arguments); what it returns, as JSON can carry it.

    `told` is given the numbers that the function tells. Raises ChildRefused; OSError when no process can be made.
    """
    order = {"function": function, "source": str(source), "result": str(result), "arguments": dict(arguments)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callengine.desk.data.child",
        json.dumps({**order, "limits": asdict(limits)}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path), "LANG": "C.UTF-8"},
        limit=_LONGEST_LINE,
    )
    output = process.stdout
    if output is None:
        raise OSError("the child has no output")
    answer: Mapping[str, Any] | None = None
    CHILDREN.running += 1
    try:
        async with asyncio.timeout(limits.wall_seconds):
            async for line in output:
                said = json.loads(line)
                if "told" in said:
                    told(int(said["told"]))
                else:
                    answer = said
            status = await process.wait()
    except TimeoutError:
        raise ChildRefused("time") from None
    finally:
        CHILDREN.running -= 1
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if answer is None:
        raise ChildRefused(_reason(status))
    if "refused" in answer:
        raise ChildRefused(str(answer["refused"]))
    return answer["returned"]


def _reason(status: int) -> str:
    if status in {-signal.SIGXCPU, -signal.SIGKILL}:
        return "time"
    return "memory" if status == -signal.SIGABRT else "crashed"
