"""Who may log in to AMI with what `callengine sample` writes, asked of a real Asterisk."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.sample.asterisk_config import SampleOptions

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(90)]


def logs_in(asterisk: AsteriskProcess, *, at: str, source: str) -> bool:
    """A log-in at one of this machine's own addresses, from another of them."""
    said = f"Action: Login\r\nUsername: {asterisk.ami_user}\r\nSecret: {asterisk.ami_secret}\r\n\r\n"
    with socket.create_connection((at, asterisk.ami_port), 10, source_address=(source, 0)) as link:
        link.sendall(said.encode())
        heard = b""
        while b"\r\n\r\n" not in heard and (more := link.recv(4096)):
            heard += more
    return b"Response: Success" in heard


def test_ami_is_on_this_machine_alone_whatever_sip_is_bound_to() -> None:
    with tempfile.TemporaryDirectory(prefix="callengine-") as name, AsteriskProcess(Path(name)) as asterisk:
        assert logs_in(asterisk, at="127.0.0.1", source="127.0.0.1")
        with pytest.raises(ConnectionRefusedError):
            logs_in(asterisk, at="127.0.0.2", source="127.0.0.1")


def test_opened_by_name_it_lets_in_who_was_named_and_nobody_else() -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - what is asked here
    options = SampleOptions(ami_bind=everywhere, ami_permit=("127.0.0.7/32",))
    with (
        tempfile.TemporaryDirectory(prefix="callengine-") as name,
        AsteriskProcess(Path(name), options=options) as asterisk,
    ):
        assert logs_in(asterisk, at="127.0.0.2", source="127.0.0.7")
        assert logs_in(asterisk, at="127.0.0.2", source="127.0.0.1")
        assert not logs_in(asterisk, at="127.0.0.2", source="127.0.0.8")
