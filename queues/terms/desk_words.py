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
    DIAL = "dial"
    """An agent calls somebody by hand: `number` for `company`, and `reason` says what for."""


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
    UNKNOWN_COMPANY = "unknown_company"
    """No line of the settings is this company's."""
    NO_TRUNK = "no_trunk"
    """No line of the company names a trunk to dial through."""
    NUMBER_INVALID = "number_invalid"
    NUMBER_NOT_LISTED = "number_not_listed"
    """A short or service number that the settings name for no trunk of the company (law 5)."""
    NUMBER_FOREIGN = "number_foreign"
    NUMBER_OURS = "number_ours"
    DO_NOT_CALL = "do_not_call"
    """He asked never to be called by us."""
    DIALLING_STOPPED = "dialling_stopped"
    """A supervisor has stopped all dials."""
    IN_FLIGHT = "in_flight"
    """Somebody dials this number already (law 4)."""
    ON_THE_LINE = "on_the_line"
    """He is on the line with us himself."""
    CAP_REACHED = "cap_reached"
    """It has been rung as often as the settings allow, or the whole centre dialled as often in an hour."""
    TRUNKS_BUSY = "trunks_busy"
    """What is left of the trunks' channels is kept for residents who call."""


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
    CommandRefusal.UNKNOWN_COMPANY: "no line of the settings is this company's",
    CommandRefusal.NO_TRUNK: "no line of this company names a trunk to dial through",
    CommandRefusal.NUMBER_INVALID: "nobody can have this number",
    CommandRefusal.NUMBER_NOT_LISTED: "no service_numbers of the settings names it for a trunk of the company",
    CommandRefusal.NUMBER_FOREIGN: "the number is another country's",
    CommandRefusal.NUMBER_OURS: "the number is our own",
    CommandRefusal.DO_NOT_CALL: "he asked never to be called by us",
    CommandRefusal.DIALLING_STOPPED: "a supervisor has stopped all dials",
    CommandRefusal.IN_FLIGHT: "somebody is dialling this number already",
    CommandRefusal.ON_THE_LINE: "he is on the line with us himself",
    CommandRefusal.CAP_REACHED: "it was dialled as often as the settings allow",
    CommandRefusal.TRUNKS_BUSY: "what is left of the trunks is kept for residents who call",
}
"""For who reads no code."""
