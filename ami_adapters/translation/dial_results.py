"""How a dial ended, by what the dialplan tells of it: app_dial's DIALSTATUS, and the end of the leg it dialled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ami_adapters.channels.channel_registry import AttemptChannel
from ami_adapters.protocol.ami_message import Message
from queues.messages import events
from queues.terms.outcomes import AGENT_GONE, ContactResult, OfferResult
from queues.terms.refusals import LegEnd, Refusal, why_not_answered

OFFER_RESULTS: Mapping[str, OfferResult] = {
    "BUSY": OfferResult.DECLINED,
    "DONTCALL": OfferResult.DECLINED,
    "NOANSWER": OfferResult.NO_ANSWER,
    "CHANUNAVAIL": OfferResult.UNREACHABLE,
    "CONGESTION": OfferResult.UNREACHABLE,
    "INVALIDARGS": OfferResult.UNREACHABLE,
    "CANCEL": OfferResult.CALLER_GONE,
    AGENT_GONE: OfferResult.AGENT_GONE,
}
"""app_dial's DIALSTATUS when the resident came back to hold."""

CONTACT_RESULTS: Mapping[Refusal, ContactResult] = {
    Refusal.REFUSED: ContactResult.REFUSED,
    Refusal.BUSY: ContactResult.BUSY,
    Refusal.NO_ANSWER: ContactResult.NO_ANSWER,
    Refusal.INVALID: ContactResult.INVALID_NUMBER,
    # A resident's telephone that forwards does so in its own network. What comes here is a trunk that wants us
    # to dial elsewhere.
    Refusal.FORWARDED: ContactResult.UNREACHABLE,
    Refusal.NETWORK: ContactResult.UNREACHABLE,
}
"""What a resident's telephone, or the network before it, said to a callback."""

AGENT_RESULTS: Mapping[Refusal, OfferResult] = {
    Refusal.REFUSED: OfferResult.DECLINED,
    Refusal.BUSY: OfferResult.DECLINED,
    Refusal.NO_ANSWER: OfferResult.NO_ANSWER,
    Refusal.FORWARDED: OfferResult.FORWARDED,
    Refusal.INVALID: OfferResult.NOT_ACCEPTED,
    Refusal.NETWORK: OfferResult.NOT_ACCEPTED,
}
"""What an agent's phone said to an offer or a callback."""

_SAID_BY_ITSELF = {Refusal.REFUSED, Refusal.BUSY, Refusal.NO_ANSWER}
"""Of a phone that did not ring: do-not-disturb answers 486, 603 or 480, as its maker likes."""
_NOBODY_SAID_IT = {None, 408, 503}
"""No SIP answer at all, or one that Asterisk's own SIP stack makes when it can reach nobody."""
_TERMINATED = 487
"""What a phone says to our own CANCEL."""


def cause_of(text: str) -> int | None:
    """A Q.850 cause or a SIP code; None where there is none."""
    return int(text) if text.isascii() and text.isdigit() and int(text) else None


def leg_end(dial_status: str, sip_code: str, rang: str, cause: str) -> LegEnd:
    """The end of the dialled leg as the dialplan writes it: `rang` is 1 or 0, empty from an older dialplan."""
    return LegEnd(
        sip_code=cause_of(sip_code),
        rang={"1": True, "0": False}.get(rang),
        cause=cause_of(cause),
        timed_out=dial_status == "NOANSWER",
    )


def offer_result(dial_status: str, end: LegEnd) -> OfferResult:
    """Why an agent's phone was not answered: one table with residents' telephones, read for a phone of ours."""
    plain = OFFER_RESULTS.get(dial_status, OfferResult.UNKNOWN)
    code = end.sip_code if end.sip_code is not None and end.sip_code >= 300 else None
    if plain in {OfferResult.CALLER_GONE, OfferResult.AGENT_GONE, OfferResult.UNKNOWN}:
        return plain
    if end.timed_out and code in {None, _TERMINATED}:
        return OfferResult.UNREACHABLE if end.rang is False and code is None else OfferResult.NO_ANSWER
    if code is None and end.rang is not False:
        return plain  # An older dialplan, or a phone that was picked up and put down.
    refusal = why_not_answered(end)
    if end.rang is False and refusal in _SAID_BY_ITSELF:
        return OfferResult.DO_NOT_DISTURB
    if refusal is Refusal.NETWORK and code in _NOBODY_SAID_IT:
        return OfferResult.UNREACHABLE
    return AGENT_RESULTS[refusal]


def leg_end_told(message: Message) -> LegEnd:
    """The same from the headers of a UserEvent."""
    return leg_end(*(message.text(header) for header in ("DialStatus", "SipCode", "Rang", "Cause")))


def contact_result(dial_status: str, end: LegEnd) -> ContactResult:
    """What Asterisk's words for the end of the resident's leg mean. ANSWER without a bridge: one hung up before it."""
    if dial_status in {"ANSWER", "CANCEL", AGENT_GONE}:
        return ContactResult.AGENT_HUNG_UP
    why = why_not_answered(end)
    # It rang before the forwarding: nobody came to it.
    return ContactResult.NO_ANSWER if why is Refusal.FORWARDED and end.rang else CONTACT_RESULTS[why]


def contact_result_of(channel: AttemptChannel) -> ContactResult:
    """How a callback ended, by all that was heard of its channel."""
    if channel.is_contacted:
        return ContactResult.CONTACTED
    if not channel.is_dialling:
        return ContactResult.AGENT_DID_NOT_ANSWER
    if not channel.dial_status:
        return ContactResult.AGENT_HUNG_UP
    return contact_result(channel.dial_status, channel.leg_end)


def attempt_ended(channel: AttemptChannel, at: datetime, message: Message) -> events.AttemptEnded:
    """The agent's channel of a callback is gone (its Hangup): how the dial ended, and whose telephone rang.

    TechCause, what SIP said, comes from Asterisk 22.5 on; before that the Q.850 cause must do.
    """
    end = channel.leg_end
    agents = LegEnd(
        sip_code=cause_of(message.text("TechCause")),
        cause=cause_of(message.text("Cause")),
        timed_out=channel.agent_dial_status == "NOANSWER",
    )
    return events.AttemptEnded(
        at=at,
        attempt=channel.attempt,
        result=contact_result_of(channel),
        dial_status=channel.dial_status,
        cause=end.cause,
        sip_code=end.sip_code,
        rang=channel.is_contacted or (channel.is_dialling and end.rang),
        agent_result=offer_result(channel.agent_dial_status or "NOANSWER", agents),
    )
