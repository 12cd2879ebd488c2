"""Rarer ways of what is owed: lines without a law, agents who are late to say, night, two companies, a second call."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from queues.callbacks import outage, schedule
from queues.messages import events
from queues.messages.commands import TellAgent
from queues.messages.events import ContactResult, DeviceState, Disposition, Review
from queues.messages.journal import CallJudged, ObligationJoined, Unexpected
from queues.policy import CentrePolicy, DayHours
from queues.terms.identifiers import AgentId, CallId, ChannelName, MessageId, ObligationId
from queues.terms.outcomes import Told
from queues.terms.phone import Phone
from queues.terms.phone_numbers import DialRefusal
from sla.obligation import ObligationState
from sla.promises import RU_416, ClockStart
from tests.support.centre import EMERGENCY_DID, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, OB2, Shift, dialled
from tests.unit.queues.test_queues_attempts import FIRST, owed_by_both, two_companies

A2, C2 = AgentId("1002"), CallId("c2")
HIS = ChannelName("PJSIP/1001-9")


def with_callbacks(policy: CentrePolicy, **changed: object) -> CentrePolicy:
    """Every line calls back otherwise."""
    lines = {
        did: replace(line, callback=None if line.callback is None else replace(line.callback, **changed))
        for did, line in policy.lines.items()
    }
    return replace(policy, lines=lines)


def without_law(policy: CentrePolicy) -> CentrePolicy:
    return replace(policy, lines={did: replace(line, rules=()) for did, line in policy.lines.items()})


def redial(shift: Shift, at: float, number: str = "89161234567", agent: AgentId = A1) -> list[Told]:
    decision = shift.tell(events.RedialWanted(moment(at), agent, HIS, "170.9", Phone(number)))
    return [command.what for command in decision.commands if isinstance(command, TellAgent)]


# ---- Lines without a law -------------------------------------------------------------------------------


def test_an_answered_call_on_a_line_without_rules_is_not_judged() -> None:
    shift = Shift(without_law(small_centre(1)))
    shift.devices(1, DeviceState.IDLE)
    shift.tell(arrived("c1", 1))
    shift.tell(holding("c1", 1))
    shift.tell(events.CallAnswered(moment(5), CallId("c1"), A1))
    shift.tell(events.CallEnded(moment(20), CallId("c1"), 16))
    assert shift.journal(CallJudged) == []


def test_a_further_call_where_nothing_is_owed_joins_what_was_owed_before() -> None:
    """The settings took the rules away between his two calls."""
    shift = Shift()
    shift.miss("c1", 1)
    shift.tell(events.PolicyChanged(moment(5), without_law(shift.dispatcher.centre.policy)))
    shift.miss("c2", 30)
    assert shift.journal(ObligationJoined) == [ObligationJoined(moment(32), OB1, C2)]
    assert [owed.call for owed in shift.dispatcher.centre.obligations[OB1].owed] == ["c1"]


# ---- The agent has yet to say whom he reached ----------------------------------------------------------


def test_while_nobody_said_whom_the_contact_reached_the_deadline_breaks_nothing() -> None:
    shift = dialled(disposition_time=timedelta(minutes=20))
    shift.reach(590)
    shift.due(602)
    assert shift.verdicts == {}
    shift.tell(events.AgentDisposed(moment(650), A1, Disposition.REACHED))
    assert shift.verdicts == {"c1": "contacted_in_time"}


def test_nobody_said_anything_and_the_contact_was_no_contact_so_the_deadline_broke_the_law() -> None:
    shift = dialled(disposition_time=timedelta(minutes=20))
    shift.reach(590)
    shift.due(602)
    shift.tell(events.AgentDisposed(moment(650), A1, Disposition.ANSWERING_MACHINE))
    assert shift.verdicts == {"c1": "broken"}
    assert shift.state() is ObligationState.RETRY


def test_he_calls_on_another_telephone_line_while_the_callback_talks_to_his_machine() -> None:
    """Missed again while the dial goes on: the end of that talk confirms nothing any more."""
    shift = dialled(disposition_default=Disposition.ANSWERING_MACHINE)
    shift.tell(events.AttemptContacted(moment(30), FIRST))
    shift.miss("c2", 31)
    assert shift.state() is ObligationState.PLANNED
    shift.tell(events.AttemptEnded(moment(40), FIRST, ContactResult.CONTACTED))
    assert shift.state() is ObligationState.PLANNED
    assert shift.dispatcher.centre.obligations[OB1].attempt is None
    shift.tell(events.TimePassed(moment(400)))
    assert shift.closed == []


def test_an_agent_whom_the_settings_name_no_more_reached_him_all_the_same() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(20), FIRST))
    policy = replace(shift.dispatcher.centre.policy, agents={})
    shift.dispatcher.centre.attempts[FIRST].agent = None
    shift.tell(events.PolicyChanged(moment(21), policy))
    shift.tell(events.AttemptContacted(moment(30), FIRST))
    assert shift.state() is ObligationState.UNCONFIRMED
    shift.tell(events.AttemptEnded(moment(40), FIRST, ContactResult.CONTACTED))
    assert not shift.dispatcher.is_in_flight(FIRST)


# ---- Night ---------------------------------------------------------------------------------------------


def test_whoever_must_be_called_now_is_called_in_the_morning() -> None:
    night = DayHours(time(13), time(20))  # Noon by the test's clock is outside.
    shift = Shift(with_callbacks(small_centre(1), hours=night))
    shift.tell(arrived("c1", 1))
    shift.tell(events.MessageLeft(moment(2), CallId("c1"), "/a.wav"))
    shift.tell(events.CallEnded(moment(3), CallId("c1"), 16))
    shift.devices(5, DeviceState.IDLE)
    shift.tell(events.MessageReviewed(moment(60), MessageId("c1"), Review.CALL_BACK, "7"))
    assert (shift.dials, shift.state()) == ([], ObligationState.PLANNED)
    assert shift.dispatcher.centre.obligations[OB1].not_before == moment(3600)


# ---- One number, two companies -------------------------------------------------------------------------


def test_what_one_company_is_told_of_him_leaves_the_others_debt() -> None:
    shift = owed_by_both()
    shift.tell(events.ObligationCloseRequested(moment(10), OB1, "7", "spoke with him"))
    centre = shift.dispatcher.centre
    assert centre.open_by_number == {"+79161234567": {OB2: None}}
    shift.tell(events.ObligationCloseRequested(moment(11), OB2, "7", "spoke with him"))
    assert (centre.open_by_number, centre.open_by_resident) == ({}, {})


def test_while_his_telephone_is_rung_for_one_company_the_other_dials_him_by_hand_neither() -> None:
    shift = owed_by_both()
    shift.tell(events.AgentDeviceChanged(moment(10), A1, DeviceState.IDLE))
    shift.due(30, OB1)
    assert len(shift.dials) == 1
    assert redial(shift, 31, agent=A2) == [Told.IN_FLIGHT]
    assert len(shift.dials) == 1


def test_of_two_companies_the_nearest_deadline_is_dialled_by_hand() -> None:
    shift = owed_by_both()
    assert redial(shift, 10) == []
    assert [dial.obligation for dial in shift.dials] == [OB1]


# ---- By hand -------------------------------------------------------------------------------------------


def test_whom_a_colleague_has_just_reached_is_owed_nothing_by_hand() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentWrapUpEnded(moment(41), A1))
    assert shift.state() is ObligationState.UNCONFIRMED
    assert redial(shift, 45) == [Told.NOT_OWED]


def test_who_talks_dials_nobody_by_hand() -> None:
    shift = dialled()
    shift.miss("c2", 20, "+79160000002")
    assert redial(shift, 25, "+79160000002") == []
    assert len(shift.dials) == 1


def test_a_further_call_to_a_humans_task_leaves_it_a_task_where_the_engine_may_not_dial() -> None:
    shift = Shift(enabled=False)
    shift.miss("c1", 1)
    assert shift.state() is ObligationState.WITH_HUMAN
    shift.miss("c2", 30)
    assert shift.state() is ObligationState.WITH_HUMAN
    assert shift.journal(ObligationJoined) == [ObligationJoined(moment(32), OB1, C2)]
    assert [owed.call for owed in shift.dispatcher.centre.obligations[OB1].owed] == ["c1", "c2"]


# ---- Late, and caps ------------------------------------------------------------------------------------


def test_a_cap_that_is_free_again_among_the_late_dials_postpones_what_is_late() -> None:
    shift = Shift(max_per_number_and_day=50, max_per_hour=1, late_attempts=2)
    shift.miss("c1", number="+79160000002")
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    shift.tell(events.AttemptEnded(moment(30), FIRST, ContactResult.INVALID_NUMBER, rang=True))
    shift.devices(31, DeviceState.BUSY)
    shift.miss("c2", 2900)
    shift.devices(3550, DeviceState.IDLE)
    shift.due(
        3560, OB2
    )  # Due at 3500; the ring of 18 s counts until 3618 s, and late dials go on till 3500 + 2 × late.
    assert shift.state(OB2) is ObligationState.RETRY
    assert shift.dispatcher.centre.obligations[OB2].not_before == moment(3618)


def test_a_cap_that_outlasts_the_late_dials_too_makes_a_task() -> None:
    shift = Shift(max_per_number_and_day=50, max_per_hour=1, late_attempts=0)
    shift.miss("c1", number="+79160000002")
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    shift.tell(events.AttemptEnded(moment(30), FIRST, ContactResult.INVALID_NUMBER, rang=True))
    shift.devices(31, DeviceState.BUSY)
    shift.miss("c2", 2900)
    shift.devices(3550, DeviceState.IDLE)
    shift.due(3560, OB2)
    assert shift.tasks == ["invalid", DialRefusal.CAP_PER_HOUR]
    assert shift.state(OB2) is ObligationState.WITH_HUMAN


# ---- A network that is away ----------------------------------------------------------------------------


def gave_up(shift: Shift) -> None:
    """No trunk carried the one dial that the settings allow."""
    shift.fail(30, ContactResult.UNREACHABLE)
    assert (shift.tasks, shift.state()) == ([outage.REASON], ObligationState.WITH_HUMAN)


def test_a_trunk_that_carries_again_is_not_the_other_lines_trunk() -> None:
    policy = small_centre(2)
    other = policy.lines[EMERGENCY_DID]
    assert other.callback is not None
    lines = {**policy.lines, EMERGENCY_DID: replace(other, callback=replace(other.callback, trunk="second"))}
    shift = Shift(replace(policy, lines=lines), max_network_failures=1)
    shift.miss("c1", 1)
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(18)
    gave_up(shift)
    shift.tell(arrived("c2", 40, did=EMERGENCY_DID, number="+79160000002"))
    shift.tell(events.CallEnded(moment(42), C2, 16))
    shift.due(60, OB2)
    assert shift.dials[-1].trunk == "second"
    shift.fail(70, ContactResult.BUSY, obligation=OB2)
    assert shift.state(OB1) is ObligationState.WITH_HUMAN
    assert list(shift.dispatcher.centre.without_network) == [OB1]


def test_whom_nobody_may_dial_any_more_is_not_dialled_when_the_network_is_back() -> None:
    shift = dialled(max_network_failures=1)
    gave_up(shift)
    policy = shift.dispatcher.centre.policy
    off = replace(policy, callbacks=replace(policy.callbacks, enabled=False))
    shift.tell(events.PolicyChanged(moment(40), off))
    shift.tell(events.TimePassed(moment(3600)))
    assert (len(shift.dials), shift.state()) == (1, ObligationState.WITH_HUMAN)
    assert shift.dispatcher.centre.without_network == {}


# ---- The clock that the law starts -----------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "due"), [(ClockStart.ARRIVAL, 601), (ClockStart.QUEUE, 609)])
def test_the_deadline_runs_from_where_the_rules_start_the_clock(clock: ClockStart, due: float) -> None:
    rules = replace(RU_416, readings=replace(RU_416.readings, clock=clock))
    policy = small_centre(1)
    lines = {did: replace(line, rules=(rules,)) for did, line in policy.lines.items()}
    shift = Shift(replace(policy, lines=lines))
    shift.tell(arrived("c1", 1))
    shift.tell(holding("c1", 9))
    shift.tell(events.CallEnded(moment(12), CallId("c1"), 16))
    assert shift.dispatcher.centre.obligations[OB1].due_at == moment(due)


# ---- What a person at a screen does ------------------------------------------------------------------------


def test_a_task_that_is_closed_is_nobodys() -> None:
    shift = Shift()
    decision = shift.tell(events.TaskAssignmentRequested(moment(5), OB1, "Ivanova", "7"))
    assert (decision.journal, decision.commands) == ((), ())


def test_stopped_callbacks_let_who_is_dialled_already_talk_and_go_on_in_their_places() -> None:
    shift = Shift(small_centre(2))
    for n in (1, 2):
        shift.miss(f"c{n}", n, f"+7916000000{n}")
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(20, OB1)
    shift.tell(events.AttemptAgentReady(moment(21), FIRST))
    stop = shift.tell(events.CallbackSwitchRequested(moment(22), False, "7", "storm"))
    assert stop.commands == ()
    shift.tell(events.AgentDeviceChanged(moment(23), A2, DeviceState.IDLE))
    shift.due(24, OB2)
    parked = shift.dispatcher.centre.obligations[OB2]
    assert (parked.is_parked, len(shift.dials)) == (True, 1)
    shift.tell(
        arrived("c3", 25, number="+79160000002")
    )  # He calls himself: he waits for no channel any more.
    assert (parked.is_parked, shift.dispatcher.centre.parked.first()) == (False, None)
    assert shift.state(OB2) is ObligationState.SUSPENDED


def test_who_asked_never_to_be_called_may_be_dialled_by_nobody() -> None:
    shift = Shift(do_not_call=frozenset({Phone("+79161234567")}))
    shift.miss()
    assert shift.tasks == [DialRefusal.DO_NOT_CALL]
    assert redial(shift, 20) == [Told.NOT_ALLOWED]


def test_a_number_that_the_network_says_nobody_has_is_left_to_a_human_also_when_it_calls_again() -> None:
    shift = dialled()
    shift.fail(30, ContactResult.INVALID_NUMBER)
    assert shift.state() is ObligationState.IMPOSSIBLE
    shift.tell(events.TimePassed(moment(60)))
    assert redial(shift, 61) == [Told.NOT_ALLOWED]
    shift.miss("c2", 70)
    assert shift.state() is ObligationState.IMPOSSIBLE
    assert len(shift.dials) == 1


def test_who_is_missed_on_one_line_while_he_waits_on_another_is_not_dialled_until_that_is_over() -> None:
    shift = Shift(two_companies())
    shift.tell(arrived("c1", 1))
    shift.tell(arrived("c2", 2, did=EMERGENCY_DID))
    shift.tell(events.CallEnded(moment(3), CallId("c1"), 16))
    assert shift.state(OB1) is ObligationState.SUSPENDED
    assert shift.wakes == [moment(601)]
    shift.tell(events.CallEnded(moment(9), C2, 16))
    assert shift.state(OB1) is ObligationState.PLANNED


def test_he_calls_and_hangs_up_while_his_telephone_is_dialled_and_that_dial_is_all() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(19), FIRST))
    shift.tell(arrived("c2", 20))
    shift.tell(events.CallEnded(moment(21), C2, 16))
    assert shift.state() is ObligationState.DIALLING
    assert shift.journal(ObligationJoined) == [ObligationJoined(moment(21), OB1, C2)]
    assert shift.journal(Unexpected) == []


def test_a_dial_may_start_at_the_very_last_moment_that_is_in_time() -> None:
    shift = Shift()
    shift.miss()
    centre, owed = shift.dispatcher.centre, shift.dispatcher.centre.obligations[OB1]
    last = owed.due_at - shift.policy.callbacks.last_start_before_due
    late = owed.due_at + 2 * shift.policy.callbacks.retry_when_late
    tick = timedelta(microseconds=1)
    within = schedule.is_within_duty
    assert shift.policy.callbacks.late_attempts == 2
    assert [within(centre, owed, last, last), within(centre, owed, last + tick, last)] == [True, False]
    assert [within(centre, owed, late, last + tick), within(centre, owed, late + tick, last + tick)] == [
        True,
        False,
    ]


def test_while_the_network_is_away_one_after_the_other_is_tried_and_who_is_settled_by_a_person_is_not() -> (
    None
):
    shift = Shift(small_centre(1), max_network_failures=1)
    for n in (1, 2, 3):
        shift.miss(f"c{n}", n, f"+7916000000{n}")
    shift.devices(5, DeviceState.IDLE)
    for n in (1, 2, 3):
        ob = ObligationId(f"ob-c{n}")
        shift.due(20 * n, ob)
        shift.fail(20 * n + 5, ContactResult.UNREACHABLE, obligation=ob)
    centre, late = shift.dispatcher.centre, shift.policy.callbacks.retry_when_late
    assert list(centre.without_network) == ["ob-c1", "ob-c2", "ob-c3"]
    shift.tell(events.ObligationCloseRequested(moment(80), OB1, "7", "spoke with him"))
    first = moment(25) + late
    shift.tell(events.TimePassed(first))
    assert list(centre.without_network) == ["ob-c3"]
    shift.tell(events.TimePassed(first + late))
    assert centre.without_network == {}
    shift.tell(events.TimePassed(first + 2 * late))
    assert shift.dispatcher.next_wakeup() is None


def test_the_last_moment_in_time_is_taken_for_a_dial_that_fits_it_exactly() -> None:
    shift = dialled(retry_after_failure=timedelta(minutes=5))
    owed = shift.dispatcher.centre.obligations[OB1]
    last = owed.due_at - shift.policy.callbacks.last_start_before_due
    pause = shift.policy.callbacks.retry_after_busy
    schedule.retry(shift.dispatcher.centre, owed, pause, last - pause, last - pause)
    assert owed.not_before == last
