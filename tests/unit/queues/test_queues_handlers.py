"""Every event and every timer is handled, each by one machine."""

from __future__ import annotations

from typing import get_args

import pytest

from queues.dispatcher import HANDLES, TIMERS
from queues.messages.events import Event, TimePassed
from queues.state.handlers import merged
from queues.state.timers import TimerKind


def test_every_event_has_a_handler() -> None:
    assert set(HANDLES) | {TimePassed} == set(get_args(Event))


def test_every_timer_has_a_handler() -> None:
    assert set(TIMERS) == set(TimerKind)


def test_two_machines_may_not_handle_one_thing() -> None:
    with pytest.raises(ValueError, match="handled twice: 1, 2"):
        merged({1: "a", 2: "b"}, {2: "c", 3: "d", 1: "e"})


def test_tables_of_different_machines_are_one_table() -> None:
    assert merged({"a": 1}, {"b": 2}, {}) == {"a": 1, "b": 2}
