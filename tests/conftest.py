"""For every test."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("callengine", deadline=None)
settings.load_profile("callengine")
