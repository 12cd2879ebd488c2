"""An Asterisk that is not ours: Debian's own configuration, or that of a PBX that works already."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callengine.demo.asterisk_process import RTP_PORTS
from callengine.demo.reserved_ports import ReservedPorts
from callengine.sample.asterisk_config import Directories
from callengine.sample.provisioned_tools import Tools, find_tools

ROOT = Path(__file__).resolve().parents[2]
EXISTING = Path(__file__).parent / "existing_pbx"
PHONES = ("1001", "1002", "1003")


@dataclass(frozen=True)
class StockPbx:
    """A running Asterisk with a foreign configuration, moved to a scratch folder and scratch ports."""

    root: Path
    ami_port: int
    command: tuple[str, ...]
    sip_port: int = 0
    trunk_port: int = 0
    first_rtp_port: int = 0
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def queue_log(self) -> Path:
        return self.root / "log" / "queue_log"

    def agent_password(self, agent: str) -> str:
        """As the phones of the tests ask it of a PBX."""
        return self.passwords[agent]

    def ask(self, command: str) -> str:
        arguments = [*self.command, "-C", str(self.etc / "asterisk.conf"), "-rx", command]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False).stdout

    def run_script(self, script: str) -> None:
        """Run a page's blocks with its variables and programs pointing here."""
        environment = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "ASTERISK_ETC": str(self.etc),
            "ASTERISK_DATA": str(self.root / "data"),
            "ASTERISK_LOG": str(self.root / "log"),
            "ASTERISK_GROUP": str(os.getgid()),
            "SAMPLE": str(self.root / "sample"),
            "CALLENGINE_ETC": str(self.root / "callengine"),
            "AMI_PORT": str(self.ami_port),
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
        # Asterisk writes its log from a queue: what stands before our own words is all there was.
        mark = f"no_such_module_{secrets.token_hex(8)}.so"
        self.ask(f"module load {mark}")
        deadline = time.monotonic() + 30
        while mark not in (log := self._everything()):
            assert time.monotonic() < deadline, "Asterisk does not write its log"
            time.sleep(0.02)
        return [
            line
            for line in log.splitlines()
            if re.search(r"WARNING|ERROR", line) and "no_such_module_" not in line
        ]

    def _everything(self) -> str:
        return (self.root / "log" / "everything.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def stock_pbx() -> Iterator[StockPbx]:
    """Debian's configuration as its package has it."""
    with _running(_as_packaged) as pbx:
        yield pbx


@contextmanager
def existing_pbx() -> Iterator[StockPbx]:
    """A PBX with a trunk, phones, and app_queue's queues, laid out as FreePBX does; it knows nothing of callengine."""
    with _running(_as_freepbx) as pbx:
        yield pbx


@contextmanager
def _running(lay_out: Callable[[StockPbx, Tools], None]) -> Iterator[StockPbx]:
    tools = find_tools()
    with (
        tempfile.TemporaryDirectory(prefix="callengine-stock-") as folder,
        ReservedPorts(RTP_PORTS + 3) as ports,
    ):
        root = Path(folder)
        pbx = StockPbx(
            root,
            ports.one(),
            tools.programs["asterisk"].command,
            ports.one(),
            ports.one(),
            ports.row(RTP_PORTS),
            {phone: secrets.token_hex(8) for phone in PHONES},
        )
        _lay_out_folders(pbx, tools)
        lay_out(pbx, tools)
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


def _lay_out_folders(pbx: StockPbx, tools: Tools) -> None:
    shutil.copytree(tools.stock_etc, pbx.etc)
    directories = Directories.under(pbx.root, modules=tools.modules, data=pbx.root / "data")
    for written in (directories.spool, directories.run, directories.log, directories.state, pbx.root / "bin"):
        written.mkdir()
    # As the package makes them; a call that ends is written there.
    for books in ("cdr-csv", "cdr-custom", "cel-custom"):
        (directories.log / books).mkdir()
    (directories.data / "sounds").mkdir(parents=True)
    (directories.data / "documentation").symlink_to(tools.data / "documentation")
    (directories.data / "moh").mkdir()
    for track in (tools.data / "moh" / "callengine-music").iterdir():
        (directories.data / "moh" / track.name).symlink_to(track.resolve())
    (pbx.etc / "asterisk.conf").write_text(directories.as_section() + "\n")
    _program(pbx, "asterisk", [*pbx.command, "-C", str(pbx.etc / "asterisk.conf")])
    _program(pbx, "callengine", [sys.executable, "-m", "callengine"])


def _as_packaged(pbx: StockPbx, _tools: Tools) -> None:
    (pbx.etc / "logger.conf").write_text("[logfiles]\neverything.log => notice,warning,error\n")
    manager = (pbx.etc / "manager.conf").read_text()
    (pbx.etc / "manager.conf").write_text(re.sub(r"(?m)^port\s*=.*$", f"port = {pbx.ami_port}", manager))


def _as_freepbx(pbx: StockPbx, tools: Tools) -> None:
    values = {
        "SIP_PORT": str(pbx.sip_port),
        "TRUNK_PORT": str(pbx.trunk_port),
        "AMI_PORT": str(pbx.ami_port),
        "RTP_START": str(pbx.first_rtp_port),
        "RTP_END": str(pbx.first_rtp_port + RTP_PORTS - 1),
        "SOUNDS": str(tools.data / "sounds" / "ru" / "callengine"),
    }
    for template in EXISTING.iterdir():
        text = template.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (pbx.etc / template.name).write_text(text, encoding="utf-8")
    with (pbx.etc / "pjsip.conf").open("a") as phones:
        for phone, password in pbx.passwords.items():
            phones.write(
                f"[{phone}](phone)\naors = {phone}\nauth = {phone}\n"
                f"[{phone}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\n"
                f"[{phone}]\ntype = auth\nauth_type = digest\nusername = {phone}\npassword = {password}\n"
            )
        phones.write("#include pjsip.endpoint_custom_post.conf\n")


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
