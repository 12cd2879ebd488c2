"""An Asterisk of our own, started with the sample configuration on scratch ports of 127.0.0.1: for `demo` and tests.

What it writes stays under one scratch folder. It dies with the process that started it, however that ends.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from callengine.demo.reserved_ports import ReservedPorts
from callengine.sample.asterisk_config import AMI_USER, Directories, SampleOptions, SampleResult, write_sample
from callengine.sample.provisioned_tools import Tools, find_tools

START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 10.0
_DIE_WITH_PARENT: Final = (
    sys.executable,
    "-ISc",
    # PR_SET_PDEATHSIG = 1, see prctl(2). It outlives the exec, and tells the death of the thread that started us.
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGKILL); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Runs what follows so that the kernel ends it with its parent, even when that is killed."""
RTP_PORTS: Final = 400
"""For a hundred calls at a time, two legs each."""
_OTHER_PORTS: Final = 10
_FILTERS_BY_NAME: Final = {20: 11, 21: 6, 22: 1}
"""The first minor version of each branch whose manager.conf knows `eventfilter(action(…),name(…))`."""


class AsteriskStartError(Exception):
    """Asterisk did not start; the text holds what it said."""


class AsteriskProcess:
    """One Asterisk, synchronous on purpose: whoever starts it may or may not have an event loop.

    `async with` and `with` both work; `start()` and `stop()` may also be called by hand, `start()` again after
    `shut_down()` and `kill()`: its ports are its own until `stop()`.
    Start it from a thread that lives as long as it shall: it dies with that thread.
    """

    def __init__(
        self, root: Path, *, options: SampleOptions | None = None, tools: Tools | None = None
    ) -> None:
        """Prepare a run under the folder `root`; `options` keeps its ports and folders only where it starts none."""
        self.root = root
        self._tools = tools or find_tools()
        self._own_options = options or SampleOptions()
        self._process: subprocess.Popen[bytes] | None = None
        self._sample: SampleResult | None = None
        self._ports = ReservedPorts(RTP_PORTS + _OTHER_PORTS)
        self._first_rtp_port = self._ports.row(RTP_PORTS)
        self.sip_port = self._ports.one()
        self.ami_port = self._ports.one()
        self.trunk_port = self._ports.one()
        """Where callbacks are dialled to: a resident's phone may listen there."""
        """How long the last start took until AMI answered."""

    @property
    def ami_user(self) -> str:
        """The engine's AMI user."""
        return AMI_USER

    @property
    def ami_secret(self) -> str:
        """Its secret, made for this run."""
        return self._configured().ami_secret

    @property
    def ami_secret_file(self) -> Path:
        """The secret as a file of mode 0600."""
        return self.etc / "callengine_ami.secret"

    @property
    def etc(self) -> Path:
        """The rendered configuration."""
        return self.root / "etc"

    @property
    def recordings(self) -> Path:
        """Where the conversations are recorded."""
        return self.root / "recordings"

    @property
    def data(self) -> Path:
        """Asterisk's data folder (sounds, music)."""
        return self._tools.data

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def spare_port(self) -> int:
        """A further port for what belongs to it: another trunk's end, a module's own listener."""
        return self._ports.one()

    def agent_password(self, agent: str) -> str:
        """The SIP password of a phone (`1001`)."""
        return self._configured().agent_passwords[agent]

    def log_text(self) -> str:
        """What Asterisk logged so far: notices, warnings, errors."""
        log, console = self.root / "log" / "messages.log", self.root / "console.log"
        # Before the log is open, Asterisk speaks to its console alone.
        place = log if log.exists() else console
        return place.read_text(encoding="utf-8", errors="replace") if place.exists() else ""

    def command_line(self, command: str) -> str:
        """The answer of Asterisk's own command line (`asterisk -rx`), for tests and for a curious operator."""
        done = subprocess.run(
            [
                *self._tools.programs["asterisk"].command,
                "-C",
                str(self.etc / "asterisk.conf"),
                "-rx",
                command,
            ],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
        return done.stdout + done.stderr

    def start(self) -> None:
        """Write the configuration (the first time) and start; returns when AMI has answered.

        Raises AsteriskStartError after START_SECONDS or when the process ends before.
        """
        if self._sample is None:
            self._sample = self._write_configuration()
        began = time.perf_counter()
        program = self._tools.programs["asterisk"]
        with (self.root / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [*_DIE_WITH_PARENT, *program.command, "-f", "-n", "-C", str(self.etc / "asterisk.conf")],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env=program.full_environment(),
                # Ctrl-C on a terminal is for us: Asterisk lives until its calls are over.
                process_group=0,
            )
        try:
            self._wait_until_ready(began + START_SECONDS)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in an orderly way and for good: its ports may be another's."""
        self.shut_down()
        self._ports.release()

    def shut_down(self) -> None:
        """End it in an orderly way, by force when that takes too long; `start()` brings it back."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would. `start()` brings it back with the same AstDB and passwords."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _configured(self) -> SampleResult:
        if self._sample is None:
            raise AsteriskStartError("this Asterisk has not been started yet")
        return self._sample

    def _write_configuration(self) -> SampleResult:
        directories = Directories.under(self.root, modules=self._tools.modules, data=self._tools.data)
        for folder in (
            directories.spool,
            directories.run,
            directories.log,
            directories.state,
            self.recordings,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        options = replace(
            self._own_options,
            sip_port=self.sip_port,
            ami_port=self.ami_port,
            rtp_start=self._first_rtp_port,
            rtp_end=self._first_rtp_port + RTP_PORTS - 1,
            bind="127.0.0.1",
            directories=directories,
            trunk_contact=f"sip:127.0.0.1:{self.trunk_port}",
            recordings=str(self.recordings),
            event_filter=_knows_filters_by_name(self._tools.programs["asterisk"].version),
        )
        return write_sample(self.etc, options=options)

    def _wait_until_ready(self, deadline: float) -> None:
        while time.perf_counter() < deadline:
            process = self._process
            if process is None or process.poll() is not None:
                raise AsteriskStartError(f"Asterisk ended while it started:\n{self.log_text()[-2000:]}")
            if self._is_fully_booted():
                return
            threading.Event().wait(0.02)
        raise AsteriskStartError(
            f"Asterisk did not answer within {START_SECONDS:.0f} s:\n{self.log_text()[-2000:]}"
        )

    def _is_fully_booted(self) -> bool:
        """Whether a log-in is answered with FullyBooted: AMI listens long before the last module is loaded."""
        login = f"Action: Login\r\nUsername: {AMI_USER}\r\nSecret: {self.ami_secret}\r\n\r\n"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ami_port), 1) as link:
            link.settimeout(5)
            link.sendall(login.encode())
            heard = b""
            while chunk := link.recv(4096):
                heard += chunk
                if b"FullyBooted" in heard:
                    return True
        return False


def _knows_filters_by_name(version: str) -> bool:
    numbers: Sequence[int] = [int(part) for part in version.split(".")[:2] if part.isdigit()] or [0]
    major, minor = numbers[0], numbers[1] if len(numbers) > 1 else 0
    return (
        minor >= _FILTERS_BY_NAME.get(major, 0)
        if major in _FILTERS_BY_NAME
        else major > max(_FILTERS_BY_NAME)
    )
