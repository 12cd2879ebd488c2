"""`make demo`, shortened: it works, tells the truth, and leaves nothing behind, also when interrupted."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest


def processes_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


@pytest.fixture
def scratch() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="ced-"))
    yield {**os.environ, "TMPDIR": str(folder)}
    leftover = list(folder.iterdir())
    shutil.rmtree(folder)
    assert leftover == []
    assert processes_with(str(folder)) == []


def start(scratch: dict[str, str], seconds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "callengine", "demo", "--seconds", str(seconds), "--plain", "--seed", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=scratch,
    )


def test_the_demo_answers_calls_and_its_balance_is_right(scratch: dict[str, str]) -> None:
    process = start(scratch | {"COLUMNS": "40"}, 14)
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    assert not re.search(r"Warning|Traceback|ERROR", output), output
    # Into a file or a pipe each moment is one line, however long.
    assert len(re.findall(r"^offered \d+, answered .* free agents \d+$", output, re.MULTILINE)) >= 2, output
    figures = dict(
        re.findall(r"^(offered|answered|abandoned|within 30 s|missed) +(\d+)", output, re.MULTILINE)
    )
    assert int(figures["answered"]) >= 1
    assert int(figures["abandoned"]) >= 1
    assert int(figures["offered"]) >= int(figures["answered"]) + int(figures["abandoned"])
    assert "(balance 0)" in output
    assert "first call answered" in output


def test_ctrl_c_ends_it_with_the_summary_and_no_process_and_no_port_stays(scratch: dict[str, str]) -> None:
    process = start(scratch, 600)
    assert process.stdout is not None
    port = 0
    for line in process.stdout:
        found = re.search(r"wallboard at (http://127\.0\.0\.1:(\d+)/wallboard)$", line)
        if found:
            port = int(found[2])
            with urllib.request.urlopen(found[1], timeout=10) as page:  # noqa: S310  # by the pattern http
                assert "wallboard/" in page.read().decode()
        if "answered" in line and "offered" in line:
            break
    assert port
    process.send_signal(signal.SIGINT)
    output = process.stdout.read()
    assert process.wait(timeout=60) == 0, output
    assert "law 1" in output
    assert not re.search(r"Warning|Traceback|ERROR", output), output
    deadline = time.monotonic() + 5
    while processes_with(scratch["TMPDIR"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.stdout.close()
    listening = Path("/proc/net/tcp").read_text()
    assert f":{port:04X} 00000000:0000 0A" not in listening
