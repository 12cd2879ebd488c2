"""A short run of the fuzzer, and every session that ever broke something. `make fuzz` is the long one."""

from __future__ import annotations

import pytest

from tests.fuzz.sessions import KINDS, kept, run_session


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_inputs_break_nothing(kind: str) -> None:
    for n in range({"ami": 300, "settings": 10, "http": 3}[kind]):
        run_session(f"{kind} short/{n}")


def test_what_broke_something_once_does_not_any_more() -> None:
    for name in kept():
        run_session(name)
