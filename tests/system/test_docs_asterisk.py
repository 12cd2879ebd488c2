"""docs/asterisk.md, run as the script it claims to be, on the configuration Debian's Asterisk comes with."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callengine.asterisk_process import free_port
from callengine.provisioned_tools import Tools, find_tools
from callengine.sample import AMI_SECRET_FILE, AMI_USER, Directories
from tests.support.plain_ami import PlainAmi

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asterisk.md").read_text(encoding="utf-8")
STEPS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
BACKING_OUT = "\n".join(re.findall(r"^```sh backing-out\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@dataclass(frozen=True)
class StockPbx:
    """A running Asterisk with the configuration of its package, moved to a scratch folder and scratch ports."""

    root: Path
    ami_port: int
    command: tuple[str, ...]

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    def ask(self, command: str) -> str:
        arguments = [*self.command, "-C", str(self.etc / "asterisk.conf"), "-rx", command]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False).stdout

    def run_script(self, script: str) -> None:
        """Run the page's blocks with its variables and programs pointing here."""
        environment = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "ASTERISK_ETC": str(self.etc),
            "ASTERISK_DATA": str(self.root / "data"),
            "ASTERISK_GROUP": str(os.getgid()),
            "SAMPLE": str(self.root / "sample"),
        }
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def complaints(self) -> list[str]:
        """Every warning and error so far; a stock configuration makes some of its own while it starts."""
        log = (self.root / "log" / "everything.log").read_text(encoding="utf-8", errors="replace")
        return [line for line in log.splitlines() if re.search(r"WARNING|ERROR", line)]


@pytest.fixture
def stock() -> Iterator[StockPbx]:
    tools = find_tools()
    with tempfile.TemporaryDirectory(prefix="callengine-stock-") as folder:
        root = Path(folder)
        pbx = StockPbx(root, free_port(socket.SOCK_STREAM), tools.programs["asterisk"].command)
        _lay_out(pbx, tools)
        with (root / "console.log").open("wb") as console:
            process = subprocess.Popen(
                [*pbx.command, "-f", "-n", "-C", str(pbx.etc / "asterisk.conf")],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            _wait_until_booted(pbx)
            yield pbx
        finally:
            process.terminate()
            process.wait(30)


def _lay_out(pbx: StockPbx, tools: Tools) -> None:
    shutil.copytree(tools.stock_etc, pbx.etc)
    directories = Directories.under(pbx.root, modules=tools.modules, data=pbx.root / "data")
    for written in (directories.spool, directories.run, directories.log, directories.state, pbx.root / "bin"):
        written.mkdir()
    (directories.data / "sounds").mkdir(parents=True)
    (directories.data / "documentation").symlink_to(tools.data / "documentation")
    (directories.data / "moh").mkdir()
    for track in (tools.data / "moh" / "callengine-music").iterdir():
        (directories.data / "moh" / track.name).symlink_to(track.resolve())
    (pbx.etc / "asterisk.conf").write_text(directories.as_section() + "\n")
    (pbx.etc / "logger.conf").write_text("[logfiles]\neverything.log => notice,warning,error\n")
    manager = (pbx.etc / "manager.conf").read_text()
    (pbx.etc / "manager.conf").write_text(re.sub(r"(?m)^port\s*=.*$", f"port = {pbx.ami_port}", manager))
    _program(pbx, "asterisk", [*pbx.command, "-C", str(pbx.etc / "asterisk.conf")])
    _program(pbx, "callengine", [sys.executable, "-m", "callengine"])


def _program(pbx: StockPbx, name: str, command: list[str]) -> None:
    path = pbx.root / "bin" / name
    path.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.join(command)} "$@"\n')
    path.chmod(0o700)


def _wait_until_booted(pbx: StockPbx) -> None:
    for _ in range(300):
        if "fully booted" in pbx.ask("core waitfullybooted").lower():
            return
        threading.Event().wait(0.1)
    raise AssertionError((pbx.root / "console.log").read_text(errors="replace")[-2000:])


def test_the_steps_of_the_page_make_a_stock_asterisk_ready_and_can_be_undone(stock: StockPbx) -> None:
    before = {path.name: path.read_text(errors="replace") for path in stock.etc.glob("*.conf")}
    complaints_before = stock.complaints()
    stock.run_script(STEPS)
    secret = (stock.root / "sample" / AMI_SECRET_FILE).read_text().strip()
    with PlainAmi(stock.ami_port, AMI_USER, secret) as ami:
        assert ami.greeting["Response"] == "Success"
        assert ami.ask("Command", Command="core show version")["Message"] == "Permission denied"
        for context in ("callengine-in", "callengine-hold", "callengine-connect", "callengine-callback"):
            assert ami.ask_list("ShowDialPlan", Context=context)
        assert [item["Queue"] for item in ami.ask_list("QueueStatus", Queue="callengine-fallback")]
        # A call on the stock PBX: it announces itself with a timestamp and, without an engine, falls back.
        ami.ask("Originate", Channel="Local/5@callengine-in/n", Application="Wait", Data="20", Async="true")
        arrived = ami.wait_for("CallengineArrived")
        assert re.fullmatch(r"\d{10}\.\d{6}", arrived["Timestamp"])
        assert re.fullmatch(r"\d{10}\.\d{6}", arrived["Arrived"])
        ami.wait_for("QueueCallerJoin", Queue="callengine-fallback", Uniqueid=arrived["Uniqueid"])
        ami.ask("Hangup", Channel=arrived["Channel"])
    assert stock.complaints() == complaints_before

    stock.run_script(STEPS.split("callengine sample")[0] + BACKING_OUT)
    after = {path.name: path.read_text(errors="replace") for path in stock.etc.glob("*.conf")}
    assert {name: text.rstrip("\n") for name, text in after.items()} == {
        name: text.rstrip("\n") for name, text in before.items()
    }
    assert "There is no existence of 'callengine-in'" in stock.ask("dialplan show callengine-in")
