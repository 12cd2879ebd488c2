"""`make chaos`, `soak`, `fuzz` and `bench` show that they move, and tell what they have when they are interrupted."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
import time

import pytest
from rich.console import Console

from tests.support.progress import INTERRUPTED, Progress

FIRST_LINE_SECONDS = 120
END_SECONDS = 150
_AT_EDGES = ('"event": "command_refused"', '"event": "house_not_known"')
"""No fault of the run's: a resident hung up as he was offered; on a busy machine nobody waits for a house's name."""


@pytest.mark.parametrize(
    ("module", "how", "moves", "tells"),
    [
        (
            "tests.fuzz --inputs 90000000 --quiet",
            signal.SIGINT,
            r"fuzz \w+: [\d,]+ of",
            r"interrupted in \w+ after",
        ),
        (
            "tests.fuzz.calls --calls 9000",
            signal.SIGTERM,
            r"fuzz calls: [\d,]+ of 9,000",
            r"calls: \d+ hostile calls",
        ),
        (
            "tests.soak --calls 900000 --every 50",
            signal.SIGTERM,
            r"soak: [1-9]\d* of 900,000",
            r"interrupted after",
        ),
        (
            "tests.chaos --rate 3 --agents 6",
            signal.SIGINT,
            r"chaos: [1-9]\d* of 251",
            r"interrupted: this is what there was until then\n(.*\n)*broken promises: 0",
        ),
        (
            "tests.bench --arrivals 3",
            signal.SIGINT,
            r"bench: 0 of \d+, hand-overs and arrivals",
            r"engine, recording notice on .*\n(.*\n)*interrupted; not measured: hand-overs and arrivals, answer clock",
        ),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) and value.startswith("tests.") else "",
)
async def test_it_moves_and_tells_what_it_has_when_it_is_interrupted(
    module: str, how: signal.Signals, moves: str, tells: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module.split()),
        env=os.environ | {"CALLENGINE_PROGRESS_SECONDS": "1", "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    told, complaints = list[str](), list[str]()
    reading = [
        asyncio.create_task(read_all(process.stdout, told)),
        asyncio.create_task(read_all(process.stderr, complaints)),
    ]
    try:
        async with asyncio.timeout(FIRST_LINE_SECONDS):
            while not re.search(moves, "".join(complaints)):
                assert process.returncode is None, "".join(complaints)
                await asyncio.sleep(0.05)
            if "bench" in module:
                # So far that there is something to tell.
                while "notice on" not in "".join(told):
                    await asyncio.sleep(0.05)
        process.send_signal(how)
        async with asyncio.timeout(END_SECONDS):
            code = await process.wait()
            await asyncio.gather(*reading)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await asyncio.gather(*reading)
    output, errors = "".join(told), "".join(complaints)
    assert code == INTERRUPTED, output + errors
    assert re.search(tells, output), output
    # No library's words, and no traceback.
    assert not re.search("Traceback|Warning", errors), errors
    what = module.split()[0].split(".")[1]  # noqa: PLC0207  # the first word, then its second part
    strange = [
        line
        for line in errors.splitlines()
        if not (line.startswith(what) or any(one in line for one in _AT_EDGES))
    ]
    assert strange == []


async def read_all(stream: asyncio.StreamReader, into: list[str]) -> None:
    while data := await stream.read(4096):
        into.append(data.decode())


def test_into_a_pipe_goes_a_line_every_so_often_also_while_nothing_is_done() -> None:
    written = io.StringIO()
    with Progress("a year", 12, console=Console(file=written), line_seconds=0.05) as progress:
        progress.at(3, "months")
        until(lambda: written.getvalue().count("\n") >= 3)
    lines = written.getvalue().splitlines()
    assert {line for line in lines if "of 12" in line} <= {
        "a year: 0 of 12; 0:00",
        "a year: 3 of 12, months; 0:00",
    }
    assert "a year: 3 of 12, months; 0:00" in lines


def test_on_a_terminal_one_line_moves() -> None:
    written = io.StringIO()
    with Progress("a year", 12, console=Console(file=written, force_terminal=True, width=100)) as progress:
        progress.at(3, "months")
        until(lambda: "3/12" in written.getvalue())
    assert "\x1b[1A" in written.getvalue() or "\x1b[2K" in written.getvalue()


def until(condition: object) -> None:
    deadline = time.monotonic() + 20
    while not condition():  # type: ignore[operator]  # any function without arguments
        assert time.monotonic() < deadline
        time.sleep(0.01)
