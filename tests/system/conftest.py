"""Fixtures of the tests that talk to a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asterisk_process import AsteriskProcess, running_asterisk
from tests.support.debian_machine import DebianMachine
from tests.support.debian_pbx import ARCHIVE, WHEELS, machine_with_asterisk, wheels
from tests.support.two_versions import source_archive


@pytest.fixture(scope="session")
def asterisk() -> Iterator[AsteriskProcess]:
    """One Asterisk with the sample configuration for the whole session; started outside any event loop."""
    with running_asterisk() as process:
        yield process


@pytest.fixture(scope="session")
def archive() -> Iterator[Path]:
    """The source archive with the wheels of two versions, made once however many files install from it."""
    with source_archive() as root:
        yield root


@pytest.fixture
def machine(archive: Path) -> Iterator[DebianMachine]:
    """A Debian with Asterisk and the archive, without a network."""
    with machine_with_asterisk({ARCHIVE: archive, WHEELS: wheels()}) as found:
        yield found
