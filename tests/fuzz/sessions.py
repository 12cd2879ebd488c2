"""The kinds of input that are damaged, and one session of any of them by its name, `kind seed/number`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from tests.fuzz import ami, http, settings
from tests.fuzz.ami import AmiSession
from tests.fuzz.http import HttpSession
from tests.fuzz.settings import SettingsSession

FAILING = Path(__file__).parent / "failing.txt"
"""Names of sessions that broke something once."""


class Session(Protocol):
    """A number of inputs in a row."""

    def run(self) -> None:
        """Raises what broke."""


KINDS: Mapping[str, tuple[Callable[[str], Session], int, int]] = {
    "ami": (AmiSession, ami.INPUTS, 1000),
    "settings": (SettingsSession, settings.INPUTS, 20),
    "http": (HttpSession, http.INPUTS, 10),
}
"""How a session is made, its inputs, and how many inputs of the kind there are to 1000 of AMI."""


def run_session(name: str) -> None:
    """Run one. Raises what broke."""
    kind, _, seed = name.partition(" ")
    KINDS[kind][0](seed).run()


def kept() -> list[str]:
    """Those that broke something once, comments left out."""
    lines = FAILING.read_text(encoding="utf-8").splitlines() if FAILING.exists() else []
    return [line for line in lines if line and not line.startswith("#")]
