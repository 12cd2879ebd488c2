"""Whoever leaves something open is the one who fails, and the innocent next to him is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = re.compile(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", re.MULTILINE)
SAMPLE = """
import asyncio, gc, os, socket, subprocess, sys, time
import pytest

KEPT = []


@pytest.fixture(scope="session")
def shared():
    with socket.socket() as one:
        yield one


class Cycle:
    def __init__(self, thing):
        self.thing, self.me = thing, self


async def test_0_tidy(shared, tmp_path):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    transport.close()
    task = asyncio.create_task(asyncio.sleep(0.2))
    subprocess.run(["true"])
    (tmp_path / "x").write_text("x")


async def test_1_transport_of_a_phone():
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    Cycle(transport)


def test_2_innocent(shared):
    gc.collect()


def test_3_file_in_a_cycle():
    Cycle(open("/etc/hostname"))


def test_4_innocent():
    gc.collect()


def test_5_socket_somebody_keeps():
    KEPT.append(socket.socket())


async def test_6_task():
    KEPT.append(asyncio.create_task(asyncio.sleep(3600), name="forgotten"))


def test_7_process():
    KEPT.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]))


def test_8_innocent():
    process = KEPT.pop()
    process.kill()
    process.wait()


async def test_9_exception_nobody_looked_at():
    async def breaks():
        raise ValueError("nobody looked")

    asyncio.create_task(breaks())
    await asyncio.sleep(0.01)


def test_a_loop_of_its_own():
    async def leaves():
        KEPT.append(asyncio.create_task(asyncio.sleep(3600)))

    asyncio.run(leaves())


def test_b_fails_half_way():
    KEPT.append(socket.socket())
    raise ValueError("half-way")


def test_c_innocent():
    gc.collect()
"""
GUILTY = {
    "test_1_transport_of_a_phone": "unclosed transport",
    "test_3_file_in_a_cycle": "unclosed file",
    "test_5_socket_somebody_keeps": "socket:",
    "test_6_task": "task: forgotten sleep",
    "test_7_process": "process ",
    "test_9_exception_nobody_looked_at": "Task exception was never retrieved",
    "test_a_loop_of_its_own": "task: ",
}
INNOCENT = ("test_0_tidy", "test_2_innocent", "test_4_innocent", "test_8_innocent", "test_c_innocent")


def test_each_finding_is_his_who_left_it(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "samples" / "conftest.py").write_text("from tests.conftest import pytest_configure")
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                "-rA",
                "-W",
                "error",
            ),
            *(
                "-o",
                "asyncio_mode=auto",
                "-o",
                "asyncio_default_fixture_loop_scope=function",
                "--rootdir",
                str(tmp_path),
                str(tmp_path),
            ),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout
    outcomes: dict[str, set[str]] = {}
    for outcome, name in OUTCOMES.findall(told):
        outcomes.setdefault(name, set()).add(outcome)
    assert {name: {"PASSED"} for name in INNOCENT} == {name: outcomes.get(name) for name in INNOCENT}, told
    assert {name: {"PASSED", "ERROR"} for name in GUILTY} == {name: outcomes.get(name) for name in GUILTY}, (
        told
    )
    # Whoever broke is told why he broke, and nothing else.
    assert outcomes["test_b_fails_half_way"] == {"FAILED"}, told
    for name, words in GUILTY.items():
        (told_of_it,) = re.findall(
            rf"ERROR at teardown of {name} _+\n(.*?)(?:\n_____|\n=====)", told, re.DOTALL
        )
        assert words in told_of_it, told_of_it
