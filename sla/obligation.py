"""The obligation's life as one table: which state, which input, which state next.

Values without ids: whose obligation it is, and what is done on the way, is `queues`' business. That it is late is a
flag beside the state, never a state: a late contact is still owed. docs/obligations.md shows this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ObligationState(StrEnum):
    """Where an obligation stands."""

    PLANNED = "planned"
    """Open: a timer will put it in line."""
    IN_LINE = "in_line"
    """Open: waits for an agent, in its place."""
    SUSPENDED = "suspended"
    """Open: the resident is calling us himself right now, so nobody dials him."""
    CLAIMED = "claimed"
    """The number is ours to dial; the agent's phone rings."""
    DIALLING = "dialling"
    """The agent took it; the resident is being dialled."""
    UNCONFIRMED = "unconfirmed"
    """Somebody answered the agent; who it was has not been said yet."""
    RETRY = "retry"
    """Not reached; a timer will put it in line again."""
    WITH_HUMAN = "with_human"
    """A task on the supervisor's board: the engine may not dial on, or has tried all it may."""
    IMPOSSIBLE = "impossible"
    """A task on the supervisor's board: there is no number that could be dialled. Stays in the denominator."""
    CONTACTED = "contacted"
    CANCELLED = "cancelled"
    """The resident called again and a human answered."""
    MESSAGE_REVIEWED = "message_reviewed"
    """He left a message, and it was reviewed in time."""
    CLOSED_BY_HAND = "closed_by_hand"
    """A person closed it, with a reason."""


class ObligationInput(StrEnum):
    """What can happen to it."""

    TIME_CAME = "time_came"
    RESIDENT_CALLS = "resident_calls"
    MISSED_AGAIN = "missed_again"
    """His further call, here or on another company's line, is over and left this owed: planned anew."""
    CLAIM = "claim"
    AGENT_READY = "agent_ready"
    AGENT_NOT_READY = "agent_not_ready"
    """The agent's phone was not answered, or nothing was dialled: back into the line, or planned."""
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    CONFIRMED = "confirmed"
    """The agent said whom he reached, or the time to say otherwise is over."""
    DENIED = "denied"
    """The agent said that it was not the resident: an answering machine."""
    EXHAUSTED = "exhausted"
    """All that the engine may do is done, or it is not the engine's to do."""
    NO_NUMBER = "no_number"
    GOT_THROUGH = "got_through"
    REVIEWED = "reviewed"
    """His message was reviewed in time."""
    NETWORK_BACK = "network_back"
    """It is a human's only because no trunk carried its dials: one may carry them again."""
    CLOSE = "close"
    FOUND_IN_FLIGHT = "found_in_flight"
    """A start of the engine found a dial of it that had not been settled."""
    FOUND_AT_REST = "found_at_rest"
    """A start of the engine found it without a dial: looked at now."""


_S, _I = ObligationState, ObligationInput
FINAL = frozenset({_S.CONTACTED, _S.CANCELLED, _S.MESSAGE_REVIEWED, _S.CLOSED_BY_HAND})
"""Nothing is owed any more, and nothing happens any more."""
HUMAN = frozenset({_S.WITH_HUMAN, _S.IMPOSSIBLE})
"""Still owed, by a person instead of the engine."""
WAITING_FOR_A_MOMENT = frozenset({_S.PLANNED, _S.RETRY})
"""A timer will put it in line."""
IN_FLIGHT = frozenset({_S.CLAIMED, _S.DIALLING})

_WHILE_OPEN: Mapping[ObligationInput, ObligationState] = {
    _I.RESIDENT_CALLS: _S.SUSPENDED,
    _I.MISSED_AGAIN: _S.PLANNED,
    _I.EXHAUSTED: _S.WITH_HUMAN,
    _I.GOT_THROUGH: _S.CANCELLED,
    _I.REVIEWED: _S.MESSAGE_REVIEWED,
    _I.CLOSE: _S.CLOSED_BY_HAND,
    _I.FOUND_IN_FLIGHT: _S.CLAIMED,
    _I.FOUND_AT_REST: _S.PLANNED,
}
_WHILE_IN_FLIGHT: Mapping[ObligationInput, ObligationState] = {
    _I.RESIDENT_CALLS: _S.SUSPENDED,
    _I.REACHED: _S.UNCONFIRMED,
    _I.NOT_REACHED: _S.RETRY,
    _I.AGENT_NOT_READY: _S.IN_LINE,
    _I.EXHAUSTED: _S.WITH_HUMAN,
    _I.NO_NUMBER: _S.IMPOSSIBLE,
    _I.REVIEWED: _S.MESSAGE_REVIEWED,
    _I.GOT_THROUGH: _S.CANCELLED,
    _I.CLOSE: _S.CLOSED_BY_HAND,
    _I.FOUND_IN_FLIGHT: _S.CLAIMED,
}

TRANSITIONS: Mapping[ObligationState, Mapping[ObligationInput, ObligationState]] = {
    _S.PLANNED: {
        **_WHILE_OPEN,
        _I.TIME_CAME: _S.IN_LINE,
        _I.CLAIM: _S.CLAIMED,
        _I.NO_NUMBER: _S.IMPOSSIBLE,
    },
    _S.IN_LINE: {**_WHILE_OPEN, _I.CLAIM: _S.CLAIMED, _I.NOT_REACHED: _S.RETRY},
    _S.SUSPENDED: _WHILE_OPEN,
    _S.CLAIMED: {**_WHILE_IN_FLIGHT, _I.AGENT_READY: _S.DIALLING},
    _S.DIALLING: _WHILE_IN_FLIGHT,
    _S.UNCONFIRMED: {
        _I.CONFIRMED: _S.CONTACTED,
        _I.DENIED: _S.RETRY,
        _I.EXHAUSTED: _S.WITH_HUMAN,
        _I.MISSED_AGAIN: _S.PLANNED,
        _I.GOT_THROUGH: _S.CANCELLED,
        _I.CLOSE: _S.CLOSED_BY_HAND,
        _I.FOUND_IN_FLIGHT: _S.CLAIMED,
    },
    _S.RETRY: {**_WHILE_OPEN, _I.TIME_CAME: _S.IN_LINE, _I.CLAIM: _S.CLAIMED},
    _S.WITH_HUMAN: {
        _I.CLAIM: _S.CLAIMED,
        _I.MISSED_AGAIN: _S.PLANNED,
        _I.NETWORK_BACK: _S.RETRY,
        _I.REVIEWED: _S.MESSAGE_REVIEWED,
        _I.GOT_THROUGH: _S.CANCELLED,
        _I.REACHED: _S.UNCONFIRMED,
        _I.CLOSE: _S.CLOSED_BY_HAND,
        _I.FOUND_IN_FLIGHT: _S.CLAIMED,
    },
    _S.IMPOSSIBLE: {
        _I.REVIEWED: _S.MESSAGE_REVIEWED,
        _I.GOT_THROUGH: _S.CANCELLED,
        _I.REACHED: _S.UNCONFIRMED,
        _I.CLOSE: _S.CLOSED_BY_HAND,
        _I.FOUND_IN_FLIGHT: _S.CLAIMED,
    },
    _S.CONTACTED: {},
    _S.CANCELLED: {},
    _S.MESSAGE_REVIEWED: {},
    _S.CLOSED_BY_HAND: {},
}
"""A pair that is not here does not happen; if it does all the same, it changes nothing and is counted."""


def next_state(state: ObligationState, what: ObligationInput) -> ObligationState | None:
    """The table's answer, None for a pair it does not know."""
    return TRANSITIONS[state].get(what)
