"""How things ended, and how a phone is: the closed vocabularies that events and journal share."""

from __future__ import annotations

from enum import StrEnum


class OfferResult(StrEnum):
    """Why a ring attempt ended without a conversation."""

    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    DO_NOT_DISTURB = "do_not_disturb"
    """The phone refused by itself, before anybody could have heard it."""
    FORWARDED = "forwarded"
    """It sends its calls elsewhere (302); nobody follows."""
    NOT_ACCEPTED = "not_accepted"
    """It answers, and takes no call: no common codec (488), not allowed (403), an error of its own."""
    UNREACHABLE = "unreachable"
    """Asterisk could not ring the phone: not registered any more, silent, congestion, bad endpoint."""
    CALLER_GONE = "caller_gone"
    AGENT_GONE = "agent_gone"
    """The phone disappeared or the agent logged out while it rang."""
    PICKED_UP = "picked_up"
    """A colleague took the call from his own phone while this one rang."""
    COMMAND_FAILED = "command_failed"
    """Asterisk refused our Redirect."""
    UNKNOWN = "unknown"
    """The link broke while it rang, or nothing was heard past the deadline."""


class QueueExit(StrEnum):
    """How a resident left a queue that Asterisk dispatches, without a human."""

    ABANDONED = "abandoned"
    """He hung up."""
    KEY = "key"
    """He pressed a key that the queue's context has; the dialplan went on with him."""
    TIMED_OUT = "timed_out"
    LEFT_EMPTY = "left_empty"
    """There was nobody left to serve him (leavewhenempty)."""
    WITHDRAWN = "withdrawn"
    """Somebody took him out (QueueWithdrawCaller)."""
    JOIN_EMPTY = "join_empty"
    """Not let in: nobody is there (joinempty)."""
    FULL = "full"
    """Not let in: too many wait (maxlen)."""


TURNED_AWAY = frozenset(QueueExit) - {QueueExit.ABANDONED, QueueExit.KEY}
"""The queue sent him away; he did not leave by himself."""


class ContactResult(StrEnum):
    """How one dial of a callback ended."""

    CONTACTED = "contacted"
    BUSY = "busy"
    REFUSED = "refused"
    """A person pressed "reject", or his telephone does it for him."""
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    """The network could not carry the call, or said nothing at all: another trunk may."""
    INVALID_NUMBER = "invalid_number"
    """The network says that nobody has this number (`queues.terms.refusals`): it is not dialled again."""
    AGENT_DID_NOT_ANSWER = "agent_did_not_answer"
    """The agent's own phone was not answered: the resident was not dialled."""
    AGENT_HUNG_UP = "agent_hung_up"
    """The agent gave up before the resident answered."""
    CANCELLED = "cancelled"
    """The resident got through on his own meanwhile."""
    NOT_DIALLED = "not_dialled"
    """It ended before Dial (a crash, a refused action): the resident's phone never rang."""
    UNKNOWN = "unknown"
    """Asterisk died with it: nobody knows, and nobody may dial again without a human looking."""


class SoundsLike(StrEnum):
    """What the answer of a callback sounds like to a detector: a hint, it decides nothing."""

    HUMAN = "human"
    MACHINE = "machine"
    NOT_SURE = "not_sure"


class Choice(StrEnum):
    """What a waiting resident chose by a key."""

    CALLBACK = "callback"
    """1: keep my place, call me back. His consent."""
    MESSAGE = "message"
    """2: I leave a message."""


class Told(StrEnum):
    """What an agent is told who dialled a resident by hand; the dialplan's phrases have these names."""

    NOT_OWED = "not-owed"
    """Nobody owes this number a contact."""
    IN_FLIGHT = "in-flight"
    """He is being dialled already, or is calling us himself."""
    NOT_ALLOWED = "not-allowed"


class Review(StrEnum):
    """What became of a message, as the agent who heard it says."""

    OPENED = "opened"
    """Heard to its end; what is done about it is not said yet."""
    DONE = "done"
    """Heard, and seen to."""
    CALL_BACK = "call_back"
    """Heard, and the resident must be called: the obligation stays."""


NOTHING_SPENT = frozenset(
    {
        ContactResult.AGENT_DID_NOT_ANSWER,
        ContactResult.NOT_DIALLED,
        ContactResult.CANCELLED,
        ContactResult.UNREACHABLE,
    }
)
"""Such a dial spent none of the resident's attempts."""

SPENT_IF_IT_RANG = frozenset({ContactResult.AGENT_HUNG_UP})
"""And such a one only if his telephone rang, as far as is known."""

_NEVER_RANG = frozenset({ContactResult.AGENT_DID_NOT_ANSWER, ContactResult.NOT_DIALLED})

NO_RING_UNLESS_TOLD = _NEVER_RANG | {ContactResult.UNREACHABLE, ContactResult.INVALID_NUMBER}
"""Of such a dial it is known without a word of the dialplan that no telephone rang; any other may have."""

NETWORK_CARRIES = frozenset(
    {
        ContactResult.CONTACTED,
        ContactResult.BUSY,
        ContactResult.REFUSED,
        ContactResult.NO_ANSWER,
        ContactResult.INVALID_NUMBER,
    }
)
"""Somebody beyond the trunk had a say: the trunk works."""


AGENT_GONE = "AGENTGONE"
"""The dialplan's word, beside app_dial's, for a callback whose agent's phone died in mid-talk."""


def spends_an_attempt(result: ContactResult, rang: bool | None) -> bool:
    """Whether the resident's telephone, or he himself, had a say in how the dial ended."""
    return result not in NOTHING_SPENT and not (result in SPENT_IF_IT_RANG and rang is False)


def may_have_rung(result: ContactResult, rang: bool | None) -> bool:
    """Whether the dial counts for the caps, which protect whose telephone rings."""
    return result not in NO_RING_UNLESS_TOLD if rang is None else rang


def whether_it_rang(result: ContactResult, rang: bool | None) -> bool | None:
    """What is known of the ringing besides: a conversation wants an answer, and who was not dialled does not ring."""
    if result is ContactResult.CONTACTED:
        return True
    return False if result in _NEVER_RANG else rang


class Disposition(StrEnum):
    """Whom the agent reached, as he says himself after a callback."""

    REACHED = "reached"
    ANSWERING_MACHINE = "answering_machine"
    WRONG_PERSON = "wrong_person"
    REFUSED = "refused"
    """The resident himself, who did not want to talk: a contact all the same."""


CONTACTS = frozenset({Disposition.REACHED, Disposition.REFUSED})
"""Dispositions that are a contact: the resident himself was on the line."""


class DeviceState(StrEnum):
    """State of an agent's softphone, as far as it matters for offering him a call."""

    IDLE = "idle"
    BUSY = "busy"
    RINGING = "ringing"
    UNAVAILABLE = "unavailable"
    """Not registered, or not known to Asterisk: never offered a call."""
