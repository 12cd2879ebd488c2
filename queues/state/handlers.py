"""What each kind of event and of timer is handled by: every machine says so of its own, the dispatcher merges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from queues.state.core_state import Centre
from queues.state.timers import TimerKind

Handler = Callable[[Centre, Any, datetime], None]
"""Takes one event into account; the last is the engine's clock."""
TimerHandler = Callable[[Centre, str, datetime], None]
"""The timer of this subject has come."""
Handlers = Mapping[type[Any], Handler]
TimerHandlers = Mapping[TimerKind, TimerHandler]
Subscriber = Callable[[Centre, Any], None]
"""Hears one fact."""
Subscriptions = Mapping[type[Any], tuple[Subscriber, ...]]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def merged(*tables: Mapping[_Key, _Value]) -> Mapping[_Key, _Value]:
    """All of them as one. Raises ValueError when two machines claim one thing."""
    whole: dict[_Key, _Value] = {}
    for table in tables:
        twice = whole.keys() & table.keys()
        if twice:
            raise ValueError(f"handled twice: {', '.join(sorted(map(str, twice)))}")
        whole.update(table)
    return whole
