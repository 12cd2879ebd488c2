"""The inbox comes page by page while calls go on: everybody is settled once, with his own times."""

from __future__ import annotations

from datetime import timedelta

from queues.messages import events
from queues.messages.commands import EraseInboxEntry, OfferCall
from queues.messages.events import EndedCall, InboxRead, LedgerRestored, PbxSnapshot
from queues.messages.journal import AgentState, CallConnected, CallFinished, RecordingStarted
from queues.messages.snapshot import KnownCall
from queues.terms.identifiers import AgentId, CallId
from queues.terms.outcomes import DeviceState
from queues.terms.phone import Phone
from tests.support.centre import GENERAL_DID, Desk, arrived, moment, small_centre


def ended(call: str, at: float, **more: object) -> EndedCall:
    return EndedCall(
        CallId(call), moment(at), GENERAL_DID, Phone(f"7916123450{call[-1]}"), moment(at + 20), **more
    )


def restored(desk: Desk, *calls: str) -> None:
    known = [KnownCall(CallId(one), moment(-30), GENERAL_DID, Phone("79161234567")) for one in calls]
    desk.tell(LedgerRestored(moment(0), tuple(known)))


def began(desk: Desk, *agents: events.LiveAgent) -> None:
    desk.tell(PbxSnapshot(moment(0), (), agents, inbox_follows=True))


def outcomes(desk: Desk) -> dict[str, str]:
    return {entry.call: entry.outcome for entry in desk.journal(CallFinished)}


def test_missed_while_we_were_away_is_owed_by_his_true_arrival() -> None:
    desk = Desk(small_centre(0))
    began(desk)
    desk.tell(InboxRead(moment(1), (ended("c1", -300),), is_last=False))
    assert outcomes(desk) == {"c1": "abandoned"}
    (owed,) = desk.dispatcher.view().obligations
    assert owed.due_at == moment(-300) + timedelta(minutes=10)


def test_who_is_known_and_gone_waits_for_his_page_and_is_offered_to_nobody_meanwhile() -> None:
    desk = Desk(small_centre(1))
    restored(desk, "c1", "c2")
    began(desk)
    decisions = [
        desk.tell(event)
        for event in (
            events.AgentDeviceChanged(moment(0.1), AgentId("1001"), DeviceState.IDLE),
            events.AgentLoggedIn(moment(0.1), AgentId("1001")),
        )
    ]
    assert not [one for decision in decisions for one in decision.commands if isinstance(one, OfferCall)]
    assert outcomes(desk) == {}
    desk.tell(InboxRead(moment(1), (ended("c1", -30),), is_last=False))
    assert outcomes(desk) == {"c1": "abandoned"}
    # Of the other there is no trace anywhere.
    desk.tell(InboxRead(moment(2), (), is_last=True))
    assert outcomes(desk) == {"c1": "abandoned", "c2": "lost"}


def test_a_page_that_shows_somebody_who_is_on_the_line_changes_nothing() -> None:
    desk = Desk(small_centre(0))
    began(desk)
    desk.tell(arrived("c1", 1))
    decision = desk.tell(InboxRead(moment(2), (ended("c1", 1),), is_last=True))
    assert not decision.journal
    assert [call.call for call in desk.dispatcher.view().calls] == ["c1"]


def test_answered_in_the_fallback_is_told_with_its_agent_recording_and_the_rest_of_his_wrap_up() -> None:
    desk = Desk(small_centre(1, wrap_up=10))
    idle = events.LiveAgent(AgentId("1001"), DeviceState.IDLE, logged_in=True)
    began(desk, idle)
    trace = ended(
        "c1", -25, answered_at=moment(-15), agent=AgentId("1001"), by_fallback=True, recording="/r/c1.wav"
    )
    decision = desk.tell(InboxRead(moment(1), (trace,), is_last=True))
    (connected,) = desk.journal(CallConnected)
    assert (connected.at, connected.agent, connected.served_by) == (moment(-15), "1001", "fallback")
    assert [entry.path for entry in desk.journal(RecordingStarted)] == ["/r/c1.wav"]
    assert outcomes(desk) == {"c1": "answered"}
    assert EraseInboxEntry(CallId("c1")) in decision.commands
    # He hung up five seconds ago.
    assert desk.dispatcher.view().agents[0].state is AgentState.WRAP_UP
    assert desk.dispatcher.next_wakeup() == moment(5)
