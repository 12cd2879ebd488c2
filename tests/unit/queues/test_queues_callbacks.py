"""Missed residents: what they are owed, and how it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from queues.messages import events
from queues.messages.commands import CancelAttempt, DialCallback, OfferCall, PauseAgent, WakeForObligation
from queues.messages.events import ContactResult, DeviceState, Disposition, KnownObligation, PbxSnapshot
from queues.messages.journal import (
    AttemptFinished,
    DialRefused,
    HumanTaskOpened,
    ObligationClosed,
    ObligationJoined,
    ObligationOpened,
    ObligationOverdue,
    RecordingStarted,
)
from queues.policy import CallbackPolicy
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, Endpoint, ObligationId
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre

A1 = AgentId("1001")
C1, C2 = CallId("c1"), CallId("c2")
OB1 = ObligationId("ob-c1")
FIRST, SECOND = AttemptId("ob-c1.1.1"), AttemptId("ob-c1.1.2")


def missed_call(desk: Desk, call: str = "c1", at: float = 1, number: str = "+79161234567") -> None:
    """A resident calls and hangs up two seconds later, unanswered (every phone is busy)."""
    desk.tell(arrived(call, at, number=number))
    desk.tell(holding(call, at))
    desk.tell(events.CallEnded(moment(at + 2), CallId(call), 16))


def desk_without_free_agents(agents: int = 1, policy: CallbackPolicy | None = None) -> Desk:
    desk = Desk(small_centre(agents, callbacks=policy))
    desk.open()
    for agent in desk.policy.agents:
        desk.tell(events.AgentDeviceChanged(moment(0), agent, DeviceState.BUSY))
    return desk


def free(desk: Desk, at: float) -> None:
    for agent in desk.policy.agents:
        desk.tell(events.AgentDeviceChanged(moment(at), agent, DeviceState.IDLE))


def dials(desk: Desk) -> list[DialCallback]:
    return [c for decision in desk.decisions for c in decision.commands if isinstance(c, DialCallback)]


def tasks(desk: Desk) -> list[str]:
    return [entry.reason for entry in desk.journal(HumanTaskOpened) if isinstance(entry, HumanTaskOpened)]


def closings(desk: Desk) -> list[tuple[str, datetime | None]]:
    """How each ended, and when a human spoke with the resident."""
    return [
        (entry.closing.value, entry.contacted_at)
        for entry in desk.journal(ObligationClosed)
        if isinstance(entry, ObligationClosed)
    ]


def test_a_resident_who_hung_up_is_called_back_agent_first_and_the_obligation_closes() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    opened = desk.journal(ObligationOpened)[0]
    assert isinstance(opened, ObligationOpened)
    assert opened.due_at == moment(601)
    wake = [c for c in desk.decisions[-1].commands if isinstance(c, WakeForObligation)]
    assert wake == [WakeForObligation(OB1, moment(18))]
    free(desk, 5)
    assert dials(desk) == []  # He is given the time to call again by himself.
    desk.tell(events.ObligationDue(moment(18), OB1))
    (dial,) = dials(desk)
    assert (dial.attempt, dial.agent, dial.number.whole, dial.trunk) == (FIRST, A1, "+79161234567", "trunk")
    assert dial.label == "Callback by 12:10: Север: общая"
    desk.tell(events.AttemptAgentReady(moment(20), FIRST))
    desk.tell(events.AttemptContacted(moment(30), FIRST))
    desk.tell(events.AttemptEnded(moment(90), FIRST, ContactResult.CONTACTED))
    assert desk.dispatcher.view().agents[0].state.value == "wrap_up"
    assert closings(desk) == []  # Contacted, unconfirmed: he has not said whom he reached.
    desk.tell(events.AgentDisposed(moment(95), A1, Disposition.REACHED))
    assert closings(desk) == [("contacted", moment(30))]


def test_he_calls_again_and_is_answered_and_is_not_called_back() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    desk.tell(arrived("c2", 10))
    desk.tell(holding("c2", 10))
    desk.tell(events.ObligationDue(moment(18), OB1))
    free(desk, 20)
    assert dials(desk) == []
    desk.tell(events.CallAnswered(moment(25), C2, A1))
    assert closings(desk) == [("got_through", moment(25))]
    desk.tell(events.CallEnded(moment(60), C2, 16))
    assert dials(desk) == []


def test_two_missed_calls_of_one_number_are_one_obligation_with_the_earliest_clock() -> None:
    desk = desk_without_free_agents()
    missed_call(desk, "c1", 1)
    missed_call(desk, "c2", 30, number="89161234567")
    assert len(desk.journal(ObligationOpened)) == 1
    assert desk.journal(ObligationJoined) == [ObligationJoined(moment(32), OB1, C2)]
    desk.tell(events.ObligationDue(moment(47), OB1))
    free(desk, 50)
    assert [dial.attempt for dial in dials(desk)] == [FIRST]


def test_busy_then_no_answer_then_contact() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    free(desk, 5)
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(events.AttemptAgentReady(moment(20), FIRST))
    decision = desk.tell(events.AttemptEnded(moment(22), FIRST, ContactResult.BUSY))
    assert WakeForObligation(OB1, moment(62)) in decision.commands
    desk.tell(events.ObligationDue(moment(62), OB1))
    assert [dial.attempt for dial in dials(desk)] == [FIRST, SECOND]
    desk.tell(events.AttemptEnded(moment(90), SECOND, ContactResult.NO_ANSWER))
    desk.tell(events.ObligationDue(moment(210), OB1))
    desk.tell(events.AttemptContacted(moment(220), AttemptId("ob-c1.1.3")))
    assert [
        entry.result for entry in desk.journal(AttemptFinished) if isinstance(entry, AttemptFinished)
    ] == [
        ContactResult.BUSY,
        ContactResult.NO_ANSWER,
    ]
    assert tasks(desk) == []


def test_not_reached_at_all_it_becomes_a_task_for_a_human_never_silence() -> None:
    desk = desk_without_free_agents(policy=CallbackPolicy(max_attempts=2))
    missed_call(desk)
    free(desk, 5)
    for n, at in enumerate((18, 200)):
        desk.tell(events.ObligationDue(moment(at), OB1))
        desk.tell(
            events.AttemptEnded(moment(at + 30), AttemptId(f"ob-c1.1.{n + 1}"), ContactResult.NO_ANSWER)
        )
    assert tasks(desk) == ["not_reached"]


def test_the_last_dial_inside_the_deadline_starts_45_s_before_it_and_two_late_ones_follow() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)  # To be contacted by 601 s.
    desk.tell(events.ObligationDue(moment(18), OB1))
    free(desk, 500)
    ended, again = [530, 590, 930, 1270, 1610], [556, 890, 1230, 1570]
    for n, at in enumerate(ended):
        if at > 601:
            desk.tell(events.ObligationDue(moment(601.1), OB1), moment(at))
        decision = desk.tell(
            events.AttemptEnded(moment(at), AttemptId(f"ob-c1.1.{n + 1}"), ContactResult.NO_ANSWER)
        )
        assert len(dials(desk)) == n + 1
        if n < len(again):
            wakes = [c.at for c in decision.commands if isinstance(c, WakeForObligation)]
            assert wakes == [moment(min(again[n], 601 if at < 601 else 9999))]
            desk.tell(events.ObligationDue(moment(again[n]), OB1))
    assert tasks(desk) == ["not_reached"]
    # A task is still owed: it is closed by a person or by the resident himself.
    assert closings(desk) == []
    assert desk.dispatcher.centre.obligations[OB1].state == "with_human"


def test_withheld_and_foreign_numbers_become_a_humans_task_at_once() -> None:
    desk = desk_without_free_agents()
    missed_call(desk, "c1", 1, number="")
    missed_call(desk, "c2", 1, number="+77011234567")
    assert tasks(desk) == ["withheld", "foreign"]
    assert [entry.reason for entry in desk.journal(DialRefused) if isinstance(entry, DialRefused)] == tasks(
        desk
    )
    free(desk, 5)
    assert dials(desk) == []


def test_the_deadline_is_shown_in_the_centres_own_time() -> None:
    desk = Desk(replace(small_centre(1), zone=ZoneInfo("Europe/Moscow"), callback_label="до {due} {line}"))
    desk.open()
    missed_call(desk, at=60)
    desk.tell(events.ObligationDue(moment(100), OB1))
    assert [dial.label for dial in dials(desk)] == ["до 15:11 Север: общая"]


def test_notice_and_recording_of_a_callback_follow_line_and_queue() -> None:
    policy = small_centre(1)
    silent = {did: replace(line, recording_notice=False) for did, line in policy.lines.items()}
    unrecorded = {name: replace(queue, record=False) for name, queue in policy.queues.items()}
    for changed, expected in (
        (policy, (True, True)),
        (replace(policy, lines=silent), (False, True)),
        (replace(policy, queues=unrecorded), (True, False)),
    ):
        desk = Desk(changed)
        desk.open()
        missed_call(desk)
        desk.tell(events.ObligationDue(moment(18), OB1))
        assert [(dial.notice, dial.record) for dial in dials(desk)] == [expected]


def test_a_callback_that_rings_in_vain_counts_as_a_missed_offer_and_the_second_pauses_the_agent() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    free(desk, 5)
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(events.AttemptEnded(moment(38), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    desk.tell(events.TimePassed(moment(43)))
    assert [dial.attempt for dial in dials(desk)] == [FIRST, SECOND]
    decision = desk.tell(events.AttemptEnded(moment(63), SECOND, ContactResult.AGENT_DID_NOT_ANSWER))
    assert PauseAgent(A1, Endpoint("PJSIP/1001"), "no answer") in decision.commands
    desk.tell(events.TimePassed(moment(100)))
    assert len(dials(desk)) == 2
    desk.tell(events.AgentUnpaused(moment(101), A1))
    assert len(dials(desk)) == 3


def test_the_recording_of_a_callback_is_written_down() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    free(desk, 5)
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(events.RecordingBegan(moment(30), None, FIRST, "/r/a.wav"))
    assert desk.journal(RecordingStarted) == [RecordingStarted(moment(30), None, FIRST, "/r/a.wav")]


def test_an_agent_who_does_not_take_the_callback_leaves_it_to_the_next() -> None:
    desk = desk_without_free_agents(2)
    missed_call(desk)
    free(desk, 5)
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(events.AttemptEnded(moment(38), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    assert [(dial.attempt, dial.agent) for dial in dials(desk)] == [(FIRST, "1001"), (SECOND, "1002")]


def test_a_callback_gives_way_to_a_live_caller_until_its_own_deadline_is_the_nearer() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)  # To be contacted by 601 s.
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(arrived("c2", 290, number="+79160000002"))  # To be answered by 590 s.
    desk.tell(holding("c2", 290))
    desk.tell(arrived("c3", 310, number="+79160000003"))  # To be answered by 610 s.
    desk.tell(holding("c3", 310))
    free(desk, 311)
    given = [
        c for decision in desk.decisions for c in decision.commands if isinstance(c, OfferCall | DialCallback)
    ]
    assert [type(command).__name__ for command in given] == ["OfferCall"]
    desk.tell(events.CallEnded(moment(312), C2, 16))
    assert [dial.attempt for dial in dials(desk)] == [FIRST]


def test_got_through_while_the_agents_phone_rings_for_him_the_callback_is_cancelled() -> None:
    desk = desk_without_free_agents(2)
    missed_call(desk)
    free(desk, 5)
    desk.tell(events.ObligationDue(moment(18), OB1))
    decision = desk.tell(arrived("c2", 19))
    assert CancelAttempt(FIRST) in decision.commands
    desk.tell(holding("c2", 19))
    desk.tell(events.CallAnswered(moment(20), C2, AgentId("1002")))
    desk.tell(events.AttemptEnded(moment(21), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    assert desk.journal(AttemptFinished) == [
        AttemptFinished(moment(21), FIRST, ContactResult.CANCELLED, rang=False)
    ]


def test_caps_per_number_and_per_hour_hand_over_to_a_human() -> None:
    desk = desk_without_free_agents(policy=CallbackPolicy(max_per_number_and_day=1, settle=timedelta(0)))
    free(desk, 0.5)
    missed_call(desk)
    desk.tell(events.ObligationDue(moment(3), OB1))
    if not dials(desk):
        raise AssertionError("the first dial is within the cap")
    desk.tell(events.AttemptEnded(moment(30), FIRST, ContactResult.BUSY))
    desk.tell(events.ObligationDue(moment(70), OB1))
    assert tasks(desk) == ["cap_per_number"]


def test_overdue_is_noted_once_and_it_is_dialled_all_the_same() -> None:
    desk = desk_without_free_agents()
    missed_call(desk)
    desk.tell(events.ObligationDue(moment(18), OB1))
    desk.tell(events.ObligationDue(moment(601), OB1))
    desk.tell(events.ObligationDue(moment(602), OB1))
    assert desk.journal(ObligationOverdue) == [ObligationOverdue(moment(601), OB1)]
    free(desk, 700)
    assert len(dials(desk)) == 1


def known(attempt: AttemptId | None = None) -> KnownObligation:
    return KnownObligation(
        obligation=OB1,
        company=CompanyId("sever"),
        did=GENERAL_DID,
        number=Phone("+79161234567"),
        e164=Phone("+79161234567"),
        arrived_at=moment(-100),
        due_at=moment(500),
        attempts_made=1 if attempt else 0,
    )


def in_flight(attempt: AttemptId | None) -> tuple[events.KnownAttempt, ...]:
    if attempt is None:
        return ()
    return (events.KnownAttempt(attempt, OB1, GENERAL_DID, A1, Phone("+79161234567"), moment(-10)),)


def restarted(attempt: AttemptId | None, snapshot: PbxSnapshot) -> Desk:
    desk = Desk(small_centre(1))
    desk.tell(events.LedgerRestored(moment(0), (), (known(attempt),), in_flight(attempt)))
    desk.tell(snapshot)
    return desk


def test_killed_between_claim_and_originate_he_was_not_dialled_and_is_dialled_once_now() -> None:
    desk = restarted(FIRST, PbxSnapshot(moment(1), (), ()))
    assert desk.journal(AttemptFinished) == [
        AttemptFinished(moment(1), FIRST, ContactResult.NOT_DIALLED, rang=False)
    ]
    assert tasks(desk) == []


def test_asterisk_died_with_the_dial_nobody_dials_again_before_a_human_looked() -> None:
    desk = restarted(FIRST, PbxSnapshot(moment(1), (), (), pbx_started_at=moment(-5)))
    assert tasks(desk) == ["attempt_outcome_unknown"]


def test_killed_while_the_resident_talks_the_contact_counts() -> None:
    live = events.LiveAttempt(FIRST, events.LiveAttemptState.TALKING, A1, moment(-3))
    desk = restarted(FIRST, PbxSnapshot(moment(1), (), (), attempts=(live,)))
    desk.tell(events.AttemptEnded(moment(5), FIRST, ContactResult.CONTACTED))
    desk.tell(events.TimePassed(moment(200)))  # Nobody said anything: the default's word is taken.
    assert closings(desk) == [("contacted", moment(-3))]


def test_an_agent_who_talks_when_the_engine_comes_back_is_talking() -> None:
    talking = replace(in_flight(FIRST)[0], contacted_at=moment(-3))
    owed = replace(known(FIRST), state=ObligationState.UNCONFIRMED, contacted_at=moment(-3))
    desk = Desk(small_centre(1))
    desk.tell(events.LedgerRestored(moment(0), (), (owed,), (talking,)))
    live = events.LiveAttempt(FIRST, events.LiveAttemptState.TALKING, A1, moment(-3))
    desk.tell(PbxSnapshot(moment(1), (), (), attempts=(live,)))
    assert desk.dispatcher.view().agents[0].state == "talking"
    desk.tell(events.AttemptEnded(moment(5), FIRST, ContactResult.CONTACTED))
    desk.tell(events.AgentDisposed(moment(6), A1, Disposition.REACHED))
    assert closings(desk) == [("contacted", moment(-3))]


def test_the_dial_ended_while_the_engine_was_away_its_trace_tells_the_result() -> None:
    trace = events.AttemptTrace(FIRST, ContactResult.CONTACTED, moment(-2))
    desk = restarted(FIRST, PbxSnapshot(moment(1), (), (), attempt_traces=(trace,)))
    desk.tell(events.TimePassed(moment(200)))
    assert closings(desk) == [("contacted", moment(-2))]
    busy = restarted(
        FIRST,
        PbxSnapshot(
            moment(1), (), (), attempt_traces=(replace(trace, result=ContactResult.BUSY, contacted_at=None),)
        ),
    )
    assert tasks(busy) == []
    assert len(busy.dispatcher.centre.obligations) == 1


def test_open_obligations_of_the_ledger_are_dialled_after_a_restart() -> None:
    desk = restarted(None, PbxSnapshot(moment(1), (), ()))
    desk.tell(events.ObligationDue(moment(1), OB1))
    desk.tell(events.AgentLoggedIn(moment(2), A1))
    desk.tell(events.AgentDeviceChanged(moment(2), A1, DeviceState.IDLE))
    assert [dial.agent for dial in dials(desk)] == [A1]
