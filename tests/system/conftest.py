"""Fixtures of the tests that talk to a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.asterisk_process import AsteriskProcess, running_asterisk


@pytest.fixture(scope="session")
def asterisk() -> Iterator[AsteriskProcess]:
    """One Asterisk with the sample configuration for the whole session; started outside any event loop."""
    with running_asterisk() as process:
        yield process
