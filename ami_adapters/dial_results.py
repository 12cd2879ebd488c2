"""How a dial ended, by what the dialplan tells of it: app_dial's DIALSTATUS, and the end of the leg it dialled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ami_adapters.channel_registry import AttemptChannel
from ami_adapters.message import Message
from queues import events
from queues.refusals import LegEnd, Refusal, why_not_answered
from queues.results import ContactResult, OfferResult

OFFER_RESULTS: Mapping[str, OfferResult] = {
    "BUSY": OfferResult.DECLINED,
    "DONTCALL": OfferResult.DECLINED,
    "NOANSWER": OfferResult.NO_ANSWER,
    "CHANUNAVAIL": OfferResult.UNREACHABLE,
    "CONGESTION": OfferResult.UNREACHABLE,
    "INVALIDARGS": OfferResult.UNREACHABLE,
    "CANCEL": OfferResult.CALLER_GONE,
    "AGENTGONE": OfferResult.AGENT_GONE,
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


def leg_end_told(message: Message) -> LegEnd:
    """The same from the headers of a UserEvent."""
    return leg_end(*(message.text(header) for header in ("DialStatus", "SipCode", "Rang", "Cause")))


def contact_result(dial_status: str, end: LegEnd) -> ContactResult:
    """What Asterisk's words for the end of the resident's leg mean. ANSWER without a bridge: one hung up before it."""
    if dial_status in {"ANSWER", "CANCEL"}:
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


def attempt_ended(channel: AttemptChannel, at: datetime) -> events.AttemptEnded:
    """The agent's channel of a callback is gone: how the dial ended, and whether the resident's telephone rang."""
    end = channel.leg_end
    return events.AttemptEnded(
        at=at,
        attempt=channel.attempt,
        result=contact_result_of(channel),
        dial_status=channel.dial_status,
        cause=end.cause,
        sip_code=end.sip_code,
        rang=channel.is_contacted or (channel.is_dialling and end.rang),
    )
