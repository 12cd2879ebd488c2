"""The disk that chaos fills: full for the engine's process, and with room again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.disk import Disk, LimitedFiles, small_disk

_WRITER = """
import sys
for _ in sys.stdin:
    try:
        with open(sys.argv[1], "ab", buffering=0) as file:
            said = file.write(bytes(4096))
    except OSError as problem:
        said = problem.errno
    print(said, flush=True)
"""


@pytest.fixture(params=["the best there is", "files that cannot grow"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    made = small_disk(folder, 2) if request.param == "the best there is" else LimitedFiles(folder)
    yield made
    made.close()


def test_nothing_fits_while_it_is_full(disk: Disk) -> None:
    command = disk.command([sys.executable, "-c", _WRITER, str(disk.inside / "a.db")])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None

        def written() -> int:
            print("once more", file=writer.stdin, flush=True)
            return int(writer.stdout.readline()) if writer.stdout is not None else -1

        assert written() == 4096
        disk.fill(writer.pid)
        assert written() < 4096
        disk.make_room(writer.pid)
        assert written() == 4096
        assert (disk.outside / "a.db").stat().st_size >= 8192
        writer.stdin.close()
