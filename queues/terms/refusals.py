"""Why a telephone that was dialled was not answered: one table, for residents' and for agents' telephones.

What SIP said decides (RFC 3261 section 21, RFC 8197, RFC 8688), together with whether the telephone rang, that is
whether a 180 or 183 came. Where there is no SIP answer, or one that says nothing of the telephone, the Q.850 cause
refines it (RFC 3398 section 8.2.6, a Reason header by RFC 3326). app_dial's DIALSTATUS is not asked: it has one word,
CHANUNAVAIL, for a person who pressed "reject" and for a trunk that is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why there was no conversation. All but NETWORK are the word of the telephone, or of its owner's network."""

    REFUSED = "refused"
    """A person, or a telephone by his order, does not want the call now."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    """It rang until somebody gave up; or it is switched off, or away for a while (480)."""
    INVALID = "invalid"
    """Nobody has this number."""
    FORWARDED = "forwarded"
    """It sends its calls elsewhere (3xx). No dial of ours follows."""
    NETWORK = "network"
    """Nothing was heard of the telephone: the network, the trunk, the settings of either side are at fault."""


@dataclass(frozen=True, slots=True)
class LegEnd:
    """What Asterisk told of a dialled leg that was not answered."""

    sip_code: int | None = None
    """The last response of the far side: `HANGUPCAUSE(channel,tech)`. None: none came, or nobody asked."""
    rang: bool | None = None
    """Whether a 180 or 183 came: `RINGTIME`, `PROGRESSTIME`. None: an older dialplan, which does not tell."""
    cause: int | None = None
    """Q.850: `HANGUPCAUSE`. Asterisk makes one of the SIP code where the far side sends none."""
    timed_out: bool = False
    """We gave up (DIALSTATUS NOANSWER)."""


BY_SIP_CODE: Mapping[int, Refusal] = {
    **dict.fromkeys((300, 301, 302, 305, 380), Refusal.FORWARDED),
    **dict.fromkeys((486, 600), Refusal.BUSY),
    # Decline; Unwanted (RFC 8197); Rejected by an intermediary on its owner's behalf (RFC 8688).
    **dict.fromkeys((603, 607, 608), Refusal.REFUSED),
    # Temporarily Unavailable: the word of his own network, that he is away, off or does not pick up.
    480: Refusal.NO_ANSWER,
    # Not Found, Gone, Unsupported URI Scheme, Address Incomplete, Ambiguous, Does Not Exist Anywhere.
    **dict.fromkeys((404, 410, 416, 484, 485, 604), Refusal.INVALID),
}
"""Final responses that speak of the telephone. Every other one (401, 403, 408, 487, 488, 606, 5xx, …) does not."""

BY_CAUSE: Mapping[int, Refusal] = {
    **dict.fromkeys((1, 22, 28), Refusal.INVALID),
    17: Refusal.BUSY,
    **dict.fromkeys((19, 20), Refusal.NO_ANSWER),
}
"""Q.850: unallocated number, number changed, invalid format; user busy; no answer from user, subscriber absent."""

REJECTED = 21
"""Q.850: call rejected. Asterisk also makes it of 401, 403 and 407, by which a trunk refuses us."""

_WHEN_IT_RANG: Mapping[int, Refusal] = {403: Refusal.REFUSED}
"""What else a code says of a telephone that had rung: RFC 3398 makes 403 of "call rejected"."""


def why_not_answered(end: LegEnd) -> Refusal:
    """The cause. Whatever followed its ringing, a telephone that rang was not the network's failure."""
    code = end.sip_code if end.sip_code is not None and end.sip_code >= 300 else None
    told = None if code is None else BY_SIP_CODE.get(code)
    if told is None or code == 480:
        told = _by_cause(code, end.cause) or told
    if told is not None:
        return told
    if end.rang:
        return _WHEN_IT_RANG.get(code or 0, Refusal.NO_ANSWER)
    if end.rang is None and end.timed_out:
        return Refusal.NO_ANSWER
    return Refusal.NETWORK


def _by_cause(code: int | None, cause: int | None) -> Refusal | None:
    """A cause of its own: one that Asterisk made of the code tells nothing more than the code."""
    if cause is None:
        return None
    if cause == REJECTED:
        return Refusal.REFUSED if code == 480 or (code or 0) >= 500 else None
    return BY_CAUSE.get(cause)
