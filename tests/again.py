"""`python -m tests.again N [--busy]`: `make test` N times, and a table of what came of it.

With `--busy` every second run has both cores kept busy by loops that are started and ended here. Each run's output is
kept in a folder of its own, whose name is told; the exit code is 0 when all were green.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Result:
    """One run."""

    busy: bool
    seconds: float
    code: int
    counted: str
    """What pytest counted, each of its runs."""
    broken: tuple[str, ...]
    """The tests that failed, with a word for each that ended in an error."""

    @property
    def is_green(self) -> bool:
        """Nothing failed, nothing else went wrong."""
        return self.code == 0


@contextlib.contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """So many loops that do nothing but take a processor, each at the usual priority."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"], process_group=0) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run_once(command: Sequence[str], log: Path, *, busy: bool) -> Result:
    """Run it, its output into the file. Raises KeyboardInterrupt."""
    began = time.monotonic()
    with log.open("wb") as output, busy_cores((os.cpu_count() or 1) if busy else 0):
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    return read_result(
        log.read_text(encoding="utf-8", errors="replace"), busy, time.monotonic() - began, code
    )


def read_result(told: str, busy: bool, seconds: float, code: int) -> Result:
    """What `make test` told."""
    counted = re.findall(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+) in [\d.]+s", told, re.MULTILINE)
    broken = re.findall(r"^(?:FAILED|ERROR) (tests/\S+)", told, re.MULTILINE)
    return Result(busy, seconds, code, "; ".join(counted), tuple(dict.fromkeys(broken)))


def table(results: Sequence[Result]) -> Table:
    """The runs, one line each."""
    shown = Table("run", "cores", "took", "result", "pytest counted", "broken")
    for number, one in enumerate(results, 1):
        minutes, seconds = divmod(round(one.seconds), 60)
        shown.add_row(
            str(number),
            "busy" if one.busy else "idle",
            f"{minutes}:{seconds:02}",
            "green" if one.is_green else f"RED ({one.code})",
            one.counted,
            "\n".join(one.broken),
        )
    return shown


def main() -> int:
    """0 when all were green."""
    parser = argparse.ArgumentParser(prog="python -m tests.again", description=__doc__)
    parser.add_argument("runs", type=int, metavar="N")
    parser.add_argument("--busy", action="store_true", help="every second run beside as many loops as cores")
    parser.add_argument("--command", default="make test", help="what is run (default %(default)s)")
    wanted = parser.parse_args()
    sigterm_is_ctrl_c()
    folder = Path(tempfile.mkdtemp(prefix="callengine-again-"))
    console = Console()
    console.print(f"each run's output: {folder}")
    results: list[Result] = []
    finished = False
    with Progress("again", wanted.runs) as progress, contextlib.suppress(KeyboardInterrupt):
        for number in range(wanted.runs):
            busy = wanted.busy and number % 2 == 1
            red = sum(not one.is_green for one in results)
            progress.at(number, f"{red} red; now beside {'busy' if busy else 'idle'} cores")
            results.append(run_once(wanted.command.split(), folder / f"{number + 1}.log", busy=busy))
        finished = True
    console.print(table(results))
    green = [one for one in results if one.is_green]
    beside = sum(one.busy for one in green)
    console.print(f"{len(green)} of {len(results)} green, {beside} of them beside busy cores")
    if not finished:
        console.print(f"interrupted: {wanted.runs} were wanted")
        return INTERRUPTED
    return 0 if len(green) == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
