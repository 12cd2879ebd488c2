"""What a person at the desk may ask of the engine, and why the engine says no."""

from __future__ import annotations

from enum import StrEnum


class CommandKind(StrEnum):
    """What is asked."""

    AGENT_LOG_IN = "agent_log_in"
    AGENT_LOG_OUT = "agent_log_out"
    AGENT_PAUSE = "agent_pause"
    AGENT_UNPAUSE = "agent_unpause"
    AGENT_END_WRAP_UP = "agent_end_wrap_up"
    CALL_GIVE = "call_give"
    """A waiting caller is offered to this agent next."""
    CALL_MOVE = "call_move"
    """He waits in another queue, in the place his arrival gives him there."""
    CALL_RAISE = "call_raise"
    """He is served before all others."""
    CALLBACK_ASSIGN = "callback_assign"
    CALLBACK_CLOSE = "callback_close"
    CALLBACK_DISPOSE = "callback_dispose"
    CALLBACKS_STOP = "callbacks_stop"
    CALLBACKS_GO_ON = "callbacks_go_on"
    MESSAGE_REVIEW = "message_review"


class CommandRefusal(StrEnum):
    """Why nothing was done."""

    TOO_LATE = "too_late"
    """It reached the engine after the moment until which it was meant."""
    PBX_AWAY = "pbx_away"
    """The engine does not know the telephone system's state now."""
    INCOMPLETE = "incomplete"
    """What it is about is not named."""
    UNKNOWN_AGENT = "unknown_agent"
    LOGGED_OUT = "logged_out"
    NOT_PAUSED = "not_paused"
    NO_WRAP_UP = "no_wrap_up"
    AGENT_BUSY = "agent_busy"
    """His phone rings, he talks, or it cannot be reached."""
    NOT_WAITING = "not_waiting"
    """The caller is answered, being offered, or gone."""
    UNKNOWN_QUEUE = "unknown_queue"
    """No queue of this name that the engine serves."""
    NOT_OWED = "not_owed"
    """It is closed already, or never was."""
    NO_TASK = "no_task"
    """It is no human's task: the engine sees to it."""
    NOT_REACHED = "not_reached"
    """Nobody has been reached yet: there is nothing to say of it."""
    NO_MESSAGE = "no_message"
    """No message that waits for a review."""


REFUSALS_IN_WORDS: dict[CommandRefusal, str] = {
    CommandRefusal.TOO_LATE: "it came too late to be done",
    CommandRefusal.PBX_AWAY: "the telephone system is not seen now",
    CommandRefusal.INCOMPLETE: "it does not say what it is about",
    CommandRefusal.UNKNOWN_AGENT: "the settings have no such agent",
    CommandRefusal.LOGGED_OUT: "the agent is not logged in",
    CommandRefusal.NOT_PAUSED: "the agent is not on pause",
    CommandRefusal.NO_WRAP_UP: "the agent is not in wrap-up",
    CommandRefusal.AGENT_BUSY: "the agent is not free now",
    CommandRefusal.NOT_WAITING: "the caller does not wait any more",
    CommandRefusal.UNKNOWN_QUEUE: "there is no such queue that the engine serves",
    CommandRefusal.NOT_OWED: "nothing is owed there any more",
    CommandRefusal.NO_TASK: "it is no human's task: the engine sees to it",
    CommandRefusal.NOT_REACHED: "nobody has been reached yet",
    CommandRefusal.NO_MESSAGE: "no such message waits for a review",
}
"""For who reads no code."""
