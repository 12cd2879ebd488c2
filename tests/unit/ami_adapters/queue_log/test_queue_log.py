"""Our lines in queue_log: a reader that knows only the file comes to our figures."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from ami_adapters.queue_log.writer import LoggedResident
from queues.messages import events
from queues.messages.journal import AgentState, AgentStateChanged
from queues.messages.snapshot import EndedCall, KnownCall, LiveAgent, LiveCall, LiveCallState
from queues.terms.identifiers import AgentId, CallId, ChannelName
from queues.terms.outcomes import DeviceState
from queues.terms.phone import Phone
from tests.support.centre import GENERAL, GENERAL_DID, moment
from tests.support.queue_log_day import A1, A2, LoggedCentre, whole_day

GOLDEN = Path(__file__).parent / "golden" / "queue_log"


@dataclass
class Reader:
    """What any tool could make of a file: no class of ours, only its lines."""

    text: str
    events: Counter[str] = field(default_factory=Counter)
    entered: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    abandoned: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        last = 0
        for line in self.text.splitlines():
            stamp, call, _, _, event, *data = line.split("|")
            assert int(stamp) >= last, "the file goes back in time"
            last = int(stamp)
            self.events[event] += 1
            if event == "ENTERQUEUE":
                self.entered.setdefault(call, last)
            elif event == "CONNECT":
                assert call not in self.answered
                self.answered[call] = int(data[0])
            elif event == "ABANDON":
                self.abandoned[call] = int(data[2])

    def service_level(self, seconds: int) -> Fraction:
        return Fraction(sum(wait <= seconds for wait in self.answered.values()), len(self.entered))


def test_a_whole_day_is_written_byte_for_byte() -> None:
    assert whole_day().text.encode() == GOLDEN.read_bytes()


def test_every_event_that_applies_is_in_the_golden_file() -> None:
    """All but EXITEMPTY: the engine sends nobody away for want of agents."""
    calls = "ENTERQUEUE CONNECT RINGNOANSWER RINGCANCELED COMPLETEAGENT COMPLETECALLER BLINDTRANSFER ATTENDEDTRANSFER"
    lost = "ABANDON EXITWITHTIMEOUT EXITWITHKEY WITHDRAW"
    agents = "ADDMEMBER REMOVEMEMBER PAUSE UNPAUSE PAUSEALL UNPAUSEALL"
    assert set(Reader(GOLDEN.read_text()).events) == {"QUEUESTART", *f"{calls} {lost} {agents}".split()}


@pytest.mark.parametrize("seconds", [1, 2, 3, 4, 8, 30, 31])
def test_the_service_level_from_the_file_alone_is_ours(seconds: int) -> None:
    ours = whole_day(seconds).tally.take(moment(200)).total.today
    file = Reader(GOLDEN.read_text())
    assert file.service_level(seconds) == ours.service_level().value
    assert len(file.entered) == ours.offered
    assert len(file.answered) == ours.answered
    assert len(file.abandoned) == ours.outcomes["abandoned"]
    assert file.events["BLINDTRANSFER"] + file.events["ATTENDEDTRANSFER"] == ours.transfers


def test_each_wait_in_the_file_is_ours_rounded_up() -> None:
    day = whole_day()
    file = Reader(day.text)
    for call, waited in {**file.answered, **file.abandoned}.items():
        counted = day.tally.counted(CallId(call))
        assert counted is not None
        decided_at = counted.facts.decided_at
        assert decided_at is not None
        assert waited == math.ceil((decided_at - counted.facts.arrived_at) / timedelta(seconds=1))


def found(call: str, at: float, state: LiveCallState, agent: AgentId | None = None) -> LiveCall:
    """A resident in a snapshot."""
    channel, answered_at = ChannelName(f"PJSIP/trunk-{call}"), moment(at + 1) if agent else None
    number = Phone("+79160000009")
    return LiveCall(
        CallId(call), channel, moment(at), GENERAL_DID, number, state, agent=agent, answered_at=answered_at
    )


def phone(agent: AgentId, *, logged_in: bool, pause: str | None = None) -> LiveAgent:
    return LiveAgent(agent, DeviceState.IDLE, logged_in, pause)


def before_the_gap() -> LoggedCentre:
    """c1 talks with 1001, c2 and c3 wait; 1002 is on pause."""
    centre = LoggedCentre()
    centre.open()
    centre.tell(events.AgentPaused(moment(0.5), A2, "lunch"))
    for number in (1, 2, 3):
        centre.comes(f"c{number}", number, f"+7916000000{number}")
    centre.rings("c1", 3.5)
    centre.answers("c1", 4)
    return centre


def after_the_gap() -> events.PbxSnapshot:
    """c1 still talks, c2 still waits, c3 hung up, c4 came; 1001 is on pause now, and 1002 logged out."""
    return events.PbxSnapshot(
        moment(60),
        (
            found("c1", 1, LiveCallState.TALKING, A1),
            found("c2", 2, LiveCallState.HOLDING),
            found("c4", 40, LiveCallState.HOLDING),
        ),
        (phone(A1, logged_in=True, pause="tea"), phone(A2, logged_in=False)),
    )


AFTER_THE_GAP = [
    "NONE|NONE|Agent/1002|UNPAUSEALL|",
    "NONE|emergency|Agent/1002|UNPAUSE|",
    "NONE|general|Agent/1002|UNPAUSE|",
    "MANAGER|emergency|Agent/1002|REMOVEMEMBER|",
    "MANAGER|general|Agent/1002|REMOVEMEMBER|",
    "c4|general|NONE|ENTERQUEUE||+79160000009|2",
    "c1|general|Agent/1001|COMPLETECALLER|3|66|1",
    "NONE|NONE|Agent/1001|PAUSEALL|tea",
    "NONE|emergency|Agent/1001|PAUSE|tea",
    "NONE|general|Agent/1001|PAUSE|tea",
    "c2|general|NONE|ABANDON|1|2|70",
]
"""What lasts is written once, when the gap is over; c3's end, a moment that nobody saw, never."""


def later(centre: LoggedCentre) -> list[str]:
    """What a centre writes after the gap, without the times."""
    centre.tell(after_the_gap())
    centre.ends("c1", 70, agent_hung_up=False)
    centre.ends("c2", 72)
    stamps = [int(line.split("|")[0]) for line in centre.text.splitlines()]
    assert stamps == sorted(stamps)
    return [line.split("|", 1)[1] for line in centre.text.splitlines()]


def test_what_became_fact_while_the_link_was_down_is_never_written() -> None:
    centre = before_the_gap()
    written = len(centre.text.splitlines())
    centre.tell(events.PbxLost(moment(10)))
    assert later(centre)[written:] == AFTER_THE_GAP


def test_an_engine_that_starts_anew_goes_on_where_the_file_ends() -> None:
    """Nothing twice: no QUEUESTART over calls that live, no second entry, no second log-in."""
    states = [
        (entry.agent, entry.state)
        for entry in before_the_gap().desk.journal(AgentStateChanged)
        if isinstance(entry, AgentStateChanged)
    ]
    number = Phone("+79160000009")
    open_calls = [
        KnownCall(
            CallId("c1"), moment(1), GENERAL_DID, number, queued_at=moment(1), answered_at=moment(4), agent=A1
        ),
        KnownCall(CallId("c2"), moment(2), GENERAL_DID, number, queued_at=moment(2)),
        KnownCall(CallId("c3"), moment(3), GENERAL_DID, number, queued_at=moment(3)),
    ]
    centre = LoggedCentre()
    centre.log.take_up(
        {
            one.call: LoggedResident(
                GENERAL,
                one.arrived_at,
                "",
                place,
                is_written=True,
                agent=one.agent,
                answered_at=one.answered_at,
            )
            for place, one in enumerate(open_calls, 1)
        },
        states,
    )
    centre.tell(events.LedgerRestored(moment(50), tuple(open_calls)))
    assert later(centre) == AFTER_THE_GAP


def test_a_start_that_takes_nothing_up_says_so_and_knows_the_members() -> None:
    """The earlier run's changes were too long ago to be read: who is there now was there."""
    centre = LoggedCentre()
    centre.log.take_up({}, [(A2, AgentState.LOGGED_OUT)])
    centre.tell(events.PbxSnapshot(moment(60), (), (phone(A1, logged_in=True), phone(A2, logged_in=True))))
    assert [line.split("|", 1)[1] for line in centre.text.splitlines()] == [
        "NONE|NONE|NONE|QUEUESTART|",
        "MANAGER|emergency|Agent/1002|ADDMEMBER|",
        "MANAGER|general|Agent/1002|ADDMEMBER|",
    ]


def test_what_is_found_out_afterwards_is_not_written_as_if_it_were_now() -> None:
    """A resident who came and left in the gap is told by his trace, when the link is up again."""
    centre = LoggedCentre()
    centre.open()
    centre.tell(events.PbxLost(moment(10)))
    centre.tell(events.PbxSnapshot(moment(60), (), (), inbox_follows=True))
    before = centre.text
    trace = EndedCall(CallId("c9"), moment(20), GENERAL_DID, Phone("+79160000009"), moment(30))
    centre.tell(events.InboxRead(moment(61), (trace,), is_last=True))
    assert centre.tally.counted(CallId("c9")) is not None
    assert centre.text == before


def test_a_transfer_that_is_heard_before_the_answer_is_written_behind_it() -> None:
    """A busy engine reads both messages at once, and the journal takes its turn after that."""
    centre = LoggedCentre()
    centre.open()
    centre.comes("c1", 1, "+79160000001")
    centre.rings("c1", 2)
    to = {"Context": "callengine-transfer", "Extension": "1002", "TransfereeUniqueid": "c1"}
    centre.hear(moment(4.3), "BlindTransfer", Result="Success", **to)
    centre.answers("c1", 4.2)
    centre.tell(events.CallTransferred(moment(5), CallId("c1"), A2))
    centre.ends("c1", 9, agent_hung_up=False)
    lines = [line.split("|", 1)[1] for line in centre.text.splitlines() if "|c1|" in line]
    assert lines == [
        "c1|general|NONE|ENTERQUEUE||+79160000001|1",
        "c1|general|Agent/1001|CONNECT|4|leg-c1|2",
        "c1|general|Agent/1001|BLINDTRANSFER|1002|callengine-transfer|4|0|1",
    ]


def passed_on_lines(said_after: float | None, over_at: float) -> list[str]:
    """The transfer of a resident who was answered at 4.2 and speaks with a colleague from 7 on."""
    centre = LoggedCentre()
    centre.open()
    centre.comes("c1", 1, "+79160000001")
    centre.rings("c1", 2)
    centre.answers("c1", 4.2)
    centre.tell(events.CallTransferred(moment(7), CallId("c1"), A2))
    if said_after is not None:
        done = {"Result": "Success", "DestType": "Bridge", "DestBridgeUniqueid": "bridge-1"}
        centre.hear(moment(7 + said_after), "AttendedTransfer", TransfereeUniqueid="c1", **done)
    centre.ends("c1", over_at, agent_hung_up=False)
    return [line for line in centre.text.splitlines() if "|c1|" in line][2:]


def stamped(at: float, event: str, data: str) -> list[str]:
    return [f"{int(moment(at).timestamp())}|c1|general|Agent/1001|{event}|{data}"]


def test_a_transfer_whose_bridges_are_told_first_is_what_asterisk_says_it_was() -> None:
    """The journal knows that a colleague speaks; milliseconds later AMI says that he was asked first."""
    assert passed_on_lines(0.005, 9) == stamped(7, "ATTENDEDTRANSFER", "BRIDGE|bridge-1|4|2|1")


def test_a_transfer_of_which_asterisk_says_nothing_is_written_as_blind_when_it_has_had_its_time() -> None:
    assert passed_on_lines(None, 30) == stamped(9, "BLINDTRANSFER", "1002|callengine-transfer|4|2|1")


def test_a_transfer_of_which_nothing_was_said_before_the_call_was_over_is_still_written() -> None:
    assert passed_on_lines(None, 8) == stamped(8, "BLINDTRANSFER", "1002|callengine-transfer|4|2|1")
