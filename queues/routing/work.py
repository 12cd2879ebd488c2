"""The kinds of work that wait for an agent, and how each is given to him: a further kind is one more line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from queues.callbacks import attempts
from queues.calls import offers
from queues.state.call import Call
from queues.state.obligation import Obligation

WORK: Mapping[type[Any], Callable[..., Any]] = {
    Call: offers.offer,
    Obligation: attempts.give,
}
"""Called with the state, what waited, the agent, the PBX's time and the engine's."""
