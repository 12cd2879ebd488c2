"""How a callback's dial ended, from the dialplan's UserEvent and from its trace in AstDB: the same answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from ami_adapters.resync.snapshot import read_attempt_trace
from ami_adapters.translation.event_translation import EventTranslator
from queues.messages import events
from queues.terms.outcomes import ContactResult
from tests.support.centre import small_centre

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
ATTEMPT = "ob-7.1.1"

# DIALSTATUS, cause, SIP code, rang as the dialplan writes them; the result, and whether it rang.
ENDS = [
    ("CHANUNAVAIL", "21", "603", "1", ContactResult.REFUSED, True),
    ("CHANUNAVAIL", "21", "603", "0", ContactResult.REFUSED, False),
    ("BUSY", "17", "486", "0", ContactResult.BUSY, False),
    ("NOANSWER", "0", "180", "1", ContactResult.NO_ANSWER, True),
    ("NOANSWER", "0", "100", "0", ContactResult.UNREACHABLE, False),
    ("NOANSWER", "0", "", "0", ContactResult.UNREACHABLE, False),
    ("CHANUNAVAIL", "23", "302", "0", ContactResult.UNREACHABLE, False),
    ("CHANUNAVAIL", "23", "302", "1", ContactResult.NO_ANSWER, True),
    ("CONGESTION", "34", "503", "0", ContactResult.UNREACHABLE, False),
    ("CHANUNAVAIL", "1", "404", "0", ContactResult.INVALID_NUMBER, False),
    ("CANCEL", "", "180", "1", ContactResult.AGENT_HUNG_UP, True),
    ("CANCEL", "", "100", "0", ContactResult.AGENT_HUNG_UP, False),
    # An older dialplan: no SIP code, nothing of the ringing.
    ("NOANSWER", "0", "", "", ContactResult.NO_ANSWER, None),
    ("CHANUNAVAIL", "1", "", "", ContactResult.INVALID_NUMBER, None),
    ("CONGESTION", "34", "", "", ContactResult.UNREACHABLE, None),
]


@pytest.mark.parametrize(("status", "cause", "code", "rang", "result", "it_rang"), ENDS)
def test_the_end_is_read_from_the_dialplans_words(
    status: str, cause: str, code: str, rang: str, result: ContactResult, it_rang: bool | None
) -> None:
    registry = ChannelRegistry.of(small_centre(1).agents.values())
    translator = EventTranslator(registry, lambda: NOW)
    registry.add_attempt(ATTEMPT)

    def tell(event: str, **fields: str) -> list[events.Event]:
        lines = {"Event": event, "Uniqueid": ATTEMPT, "Channel": "PJSIP/1001-01", **fields}
        return translator.translate(
            Message("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode())
        )

    said = {"UserEvent": "CallengineCallback", "Attempt": ATTEMPT}
    tell("UserEvent", **said, Do="dialling")
    tell("UserEvent", **said, Do="ended", DialStatus=status, Cause=cause, SipCode=code, Rang=rang)
    (ended,) = tell("Hangup")
    assert isinstance(ended, events.AttemptEnded)
    assert (ended.result, ended.rang) == (result, it_rang)
    assert ended.sip_code == (int(code) if code else None)

    trace = read_attempt_trace(
        f"callengine/attempt/{ATTEMPT}", f"1|ended|1.5|{status}||{cause}|{code}|{rang}"
    )
    assert trace is not None
    assert (trace.result, trace.rang) == (result, it_rang)


def test_a_trace_tells_that_the_agents_phone_died_in_mid_talk() -> None:
    trace = read_attempt_trace(f"callengine/attempt/{ATTEMPT}", "1|ended|1.5|AGENTGONE|1.2|16|200|1")
    assert trace is not None
    assert (trace.result, trace.dial_status) == (ContactResult.CONTACTED, "AGENTGONE")
    assert trace.contacted_at is not None


@pytest.mark.parametrize("rest", ["NOANSWER|", "NOANSWER||0"])
def test_a_trace_that_an_older_dialplan_left_is_still_read(rest: str) -> None:
    trace = read_attempt_trace(f"callengine/attempt/{ATTEMPT}", f"1|ended|1.5|{rest}")
    assert trace is not None
    assert (trace.result, trace.rang) == (ContactResult.NO_ANSWER, None)


def test_an_agent_whose_phone_was_not_answered_rang_no_resident() -> None:
    registry = ChannelRegistry.of(small_centre(1).agents.values())
    translator = EventTranslator(registry, lambda: NOW)
    registry.add_attempt(ATTEMPT)
    (ended,) = translator.translate(Message(f"Event: Hangup\r\nUniqueid: {ATTEMPT}\r\n".encode()))
    assert isinstance(ended, events.AttemptEnded)
    assert (ended.result, ended.rang) == (ContactResult.AGENT_DID_NOT_ANSWER, False)
