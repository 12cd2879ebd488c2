"""A crowd at the door of HTTP, in a process of its own: `python -m tests.support.half_sent PORT HOW_MANY KIND`.

Each connection says its piece and waits; one that is ended is opened again, so the crowd stays. Ends with its input.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LET_IN = 250
PIECES = {
    "half": b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "silent": b"",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "metrics": b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "whole": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


async def _one(port: int, piece: bytes, there: asyncio.Semaphore) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(piece)
            there.release()
            while await reader.read(4096):
                pass
            writer.close()
        except OSError:
            await asyncio.sleep(0.05)


async def _crowd(port: int, people: int, piece: bytes) -> None:
    there = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_one(port, piece, there)) for _ in range(people)]
    for _ in range(min(people, _LET_IN)):
        await there.acquire()
    print("there", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def crowd_at(port: int, people: int, kind: str) -> AsyncIterator[None]:
    """While the block lasts; it begins when all are on their way and the first are through."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.half_sent", str(port), str(people), kind),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            assert await process.stdout.readline() == b"there\n"
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_crowd(int(sys.argv[1]), int(sys.argv[2]), PIECES[sys.argv[3]]))
