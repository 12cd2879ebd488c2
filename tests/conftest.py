"""For every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.left_open import LeftOpenPlugin

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("callengine", deadline=None)
settings.load_profile("callengine")


def pytest_configure(config: pytest.Config) -> None:
    """Everything opened is closed by its opener; not a conftest's own hooks, which no session's fixture calls."""
    config.pluginmanager.register(LeftOpenPlugin())
