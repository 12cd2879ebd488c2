"""`python -m tests.again` counts runs truly, and ends the loops that it started."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.again import ROOT, busy_cores, read_result

GREEN = "..... [100%]\n1243 passed in 301.20s (0:05:01)\n...\n5 passed, 1250 deselected in 99.00s (0:01:39)\n"
RED = (
    "FAILED tests/unit/a.py::test_one - assert 1 == 2\nERROR tests/system/b.py::test_two[x] - Failed: left open\n"
    "===== 1 failed, 1242 passed, 1 error in 310.00s (0:05:10) =====\nmake: *** [Makefile:57: test] Error 1\n"
)
SCRIPT = """
import sys
from pathlib import Path
times = Path(sys.argv[1])
seen = len(times.read_text()) if times.exists() else 0
times.write_text("x" * (seen + 1))
print("7 passed in 0.10s" if seen != 1 else "FAILED tests/unit/a.py::test_one\\n1 failed, 6 passed in 0.10s")
sys.exit(1 if seen == 1 else 0)
"""


def test_what_make_test_tells_is_read() -> None:
    green = read_result(GREEN, busy=False, seconds=400.0, code=0)
    assert (green.is_green, green.broken) == (True, ())
    assert green.counted == "1243 passed; 5 passed, 1250 deselected"
    red = read_result(RED, busy=True, seconds=310.0, code=2)
    assert (red.is_green, red.counted) == (False, "1 failed, 1242 passed, 1 error")
    assert red.broken == ("tests/unit/a.py::test_one", "tests/system/b.py::test_two[x]")


def test_runs_are_counted_and_told_apart(tmp_path: Path) -> None:
    script, times = tmp_path / "run.py", tmp_path / "times"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.again", "3", "--busy"),
            "--command",
            f"{sys.executable} {script} {times}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert times.read_text() == "xxx"
    assert "2 of 3 green, 0 of them beside busy cores" in done.stdout
    assert "RED (1)" in done.stdout


def test_the_loops_take_the_cores_and_are_gone_afterwards() -> None:
    def loops() -> list[str]:
        children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        return [child for child in children if b"while :" in Path(f"/proc/{child}/cmdline").read_bytes()]

    with busy_cores(2):
        deadline = time.monotonic() + 20
        while len(loops()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert loops() == []
