"""Ports that are told before they are bound: nobody is given them twice, and no port 0 gets them."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from callengine.demo.reserved_ports import NoPortsError, ReservedPorts, kernel_range

ROOT = Path(__file__).resolve().parents[4]
IN_ANOTHER_PROCESS = """
import sys
from callengine.demo.reserved_ports import ReservedPorts
ports = ReservedPorts(412)
print(*[*range(first := ports.row(400), first + 400), *(ports.one() for _ in range(10))], flush=True)
sys.stdin.read()
"""


def all_of(ports: ReservedPorts, count: int) -> list[int]:
    return [ports.one() for _ in range(count)]


async def test_processes_that_ask_at_once_are_given_different_ports_until_they_end() -> None:
    others = await asyncio.gather(
        *(
            asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                IN_ANOTHER_PROCESS,
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(4)
        )
    )
    try:
        told = [[int(port) for port in (await one.stdout.readline()).split()] for one in others]
        assert [len(ports) for ports in told] == [410] * 4
        assert len({port for ports in told for port in ports}) == 4 * 410
        with ReservedPorts(400) as mine:
            first = mine.row(400)
            assert not {*range(first, first + 400)} & {port for ports in told for port in ports}
    finally:
        # As by kill -9: no tidying up is needed.
        for one in others:
            one.kill()
            await one.communicate()
    for port in (told[0][0], told[3][-1]):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", port))


def test_what_port_0_gives_is_never_among_them() -> None:
    low, high = kernel_range()
    with ReservedPorts(400) as ports:
        first = ports.row(400)
        assert first + 400 <= low or first > high
        assert first % 2 == 0


def test_every_port_can_be_bound_for_both_and_a_row_for_sound() -> None:
    with ReservedPorts(60) as ports:
        first = ports.row(20)
        numbers = [*range(first, first + 20), *all_of(ports, 30)]
        assert len(set(numbers)) == 50
        for port in numbers[20:]:
            with socket.create_server(("127.0.0.1", port)):
                pass
        for port in numbers:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound:
                sound.bind(("127.0.0.1", port))


def test_a_stranger_on_a_port_is_left_alone() -> None:
    with ReservedPorts(1) as ports:
        taken = ports.one()
        stranger = socket.create_server(("127.0.0.1", taken))
    with stranger:
        held = [ReservedPorts(1) for _ in range(200)]
        assert taken not in {one.one() for one in held}
        for one in held:
            one.release()


def test_more_than_was_asked_for_is_refused_and_so_is_what_no_machine_has() -> None:
    with ReservedPorts(1) as ports, pytest.raises(NoPortsError, match="of the reserved ports are left"):
        all_of(ports, 100)
    with pytest.raises(NoPortsError, match="no 60000 free ports in a row"):
        ReservedPorts(60_000)


def test_nothing_looks_for_a_port_to_bind_it_later() -> None:
    """A number from `bind(("127.0.0.1", 0))` is good while that very socket is held, and for nothing else."""
    looked_at = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "callengine").rglob("*.py")]
    assert [
        str(path) for path in looked_at if re.search(r"free_port|unused_(tcp|udp)_port", path.read_text())
    ] == [str(Path(__file__))]
    asked = subprocess.run(
        [
            "grep",
            "-rlE",
            r"getsockname\(\)|bind\(\(\"127\.0\.0\.1\", 0\)\)",
            "tests",
            "callengine",
            "ami_adapters",
            "--include=*.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    held = {
        "callengine/platform/listeners.py",  # tells the port of the socket that it serves at
        "ami_adapters/simulated/pbx.py",  # tells the port of the server it serves at
        "tests/support/ami_proxy.py",  # the same
        "tests/support/left_open.py",  # tells whose socket was left
        "tests/support/clock_phones.py",  # a socket where nobody answers, held meanwhile
    }
    assert set(asked.stdout.split()) - {str(Path(__file__).relative_to(ROOT))} == held
