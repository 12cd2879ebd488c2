"""Whom and how much may be dialled, what a person does by hand, and how the law is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from queues.messages import events
from queues.messages.commands import CancelAttempt, DialCallback
from queues.messages.events import ContactResult, DeviceState, Disposition
from queues.messages.journal import (
    CallbacksSwitched,
    CallJudged,
    ObligationClosed,
    ObligationClosing,
    ObligationMoved,
    TaskAssigned,
)
from queues.policy import DayHours
from queues.terms.identifiers import AttemptId, CallId, ObligationId
from queues.terms.phone import Phone
from sla.compliance import Verdict
from sla.promises import RU_416, ClockStart, Readings
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, OB2, Shift, dialled

# ---- Against fraud and harm ----------------------------------------------------------------------------


def test_who_asked_never_to_be_called_is_a_humans_task() -> None:
    shift = Shift(do_not_call=frozenset({Phone("+79161234567")}))
    shift.miss()
    assert (shift.tasks, shift.state()) == (["do_not_call"], "impossible")


def test_never_more_dials_at_a_time_than_the_cap_and_the_earliest_goes_first() -> None:
    shift = Shift(small_centre(3), max_in_flight=1)
    for n in (1, 2, 3):
        shift.miss(f"c{n}", n, f"+7916000000{n}")
    shift.devices(5, DeviceState.IDLE)
    for n in (3, 2, 1):
        shift.due(20, ObligationId(f"ob-c{n}"))
    assert [dial.obligation for dial in shift.dials] == ["ob-c3"]
    shift.fail(30, ContactResult.BUSY, 1, ObligationId("ob-c3"))
    assert [dial.obligation for dial in shift.dials] == ["ob-c3", "ob-c1"]


def test_channels_are_kept_for_residents_who_call() -> None:
    shift = Shift(small_centre(2), trunk_channels=3, keep_for_arrivals=2)
    shift.miss()
    shift.tell(arrived("c9", 10, number="+79169999999"))
    shift.devices(11, DeviceState.IDLE)
    shift.due(18)
    assert shift.dials == []  # One channel is taken, two are kept.
    shift.tell(events.CallEnded(moment(30), CallId("c9"), 16))
    assert len(shift.dials) == 1


def test_the_switch_stops_all_dials_at_once_and_they_go_on_when_it_is_released() -> None:
    shift = dialled()
    decision = shift.tell(events.CallbackSwitchRequested(moment(19), enabled=False, by="chief", why="storm"))
    assert CancelAttempt(AttemptId("ob-c1.1.1")) in decision.commands
    shift.tell(events.AttemptEnded(moment(19.1), AttemptId("ob-c1.1.1"), ContactResult.AGENT_DID_NOT_ANSWER))
    shift.due(60)
    assert len(shift.dials) == 1
    shift.tell(events.CallbackSwitchRequested(moment(70), enabled=True, by="chief", why="over"))
    assert len(shift.dials) == 2
    assert [
        entry.enabled for entry in shift.journal(CallbacksSwitched) if isinstance(entry, CallbacksSwitched)
    ] == [
        False,
        True,
    ]


def test_a_stop_while_the_link_is_down_reaches_the_ringing_phone_when_it_is_back() -> None:
    shift = dialled()
    shift.tell(events.PbxLost(moment(19)))
    shift.tell(events.CallbackSwitchRequested(moment(20), enabled=False, by="chief", why="storm"))
    live = events.LiveAttempt(AttemptId("ob-c1.1.1"), events.LiveAttemptState.RINGING_AGENT, A1)
    decision = shift.tell(events.PbxSnapshot(moment(25), (), (), attempts=(live,)))
    assert CancelAttempt(AttemptId("ob-c1.1.1")) in decision.commands


def test_a_stop_outlives_the_engine() -> None:
    desk = Desk(small_centre(1))
    desk.tell(events.LedgerRestored(moment(0), (), callbacks_stopped=True))
    desk.open(1)
    desk.tell(events.AgentDeviceChanged(moment(1), A1, DeviceState.BUSY))
    desk.tell(arrived("c1", 2))
    desk.tell(events.CallEnded(moment(3), CallId("c1"), 16))
    desk.tell(events.AgentDeviceChanged(moment(4), A1, DeviceState.IDLE))
    desk.tell(events.ObligationDue(moment(20), OB1))
    assert not [c for decision in desk.decisions for c in decision.commands if isinstance(c, DialCallback)]


@pytest.mark.parametrize(
    ("hours", "asked", "opens"),
    [
        ("08:00-21:00", "12:00", "12:00"),
        ("08:00-21:00", "21:00", "08:00 next"),
        ("08:00-21:00", "03:00", "08:00"),
        ("22:00-06:00", "23:30", "23:30"),
        ("22:00-06:00", "05:59", "05:59"),
        ("22:00-06:00", "06:00", "22:00"),
        ("08:00-08:00", "12:00", "08:00 next"),
    ],
)
def test_hours_of_a_line_are_the_centres_own_and_may_pass_midnight(
    hours: str, asked: str, opens: str
) -> None:
    zone = ZoneInfo("Europe/Moscow")
    first, last = map(time.fromisoformat, hours.split("-"))
    day = datetime(2026, 11, 23, tzinfo=zone)

    def on_the_day(clock: str) -> datetime:
        wanted = time.fromisoformat(clock[:5])
        moved = day + timedelta(days=1) if clock.endswith("next") else day
        return moved.replace(hour=wanted.hour, minute=wanted.minute)

    assert DayHours(first, last).next_open(on_the_day(asked), zone) == on_the_day(opens)


def test_at_night_a_general_line_waits_for_the_morning_and_is_late_all_the_same() -> None:
    policy = small_centre(1)
    night = DayHours(time(13), time(20))  # Noon by the test's clock is outside.
    lines = {
        did: replace(line, callback=replace(line.callback, hours=night) if line.callback else None)
        for did, line in policy.lines.items()
    }
    shift = Shift(replace(policy, lines=lines))
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    for at in (18, 602, 3599):
        shift.due(at)
    assert (shift.dials, shift.verdicts) == ([], {"c1": "broken"})
    shift.due(3600)
    assert len(shift.dials) == 1


# ---- By hand -------------------------------------------------------------------------------------------


def test_a_person_closes_it_with_a_reason_and_the_moment_he_spoke_with_the_resident() -> None:
    shift = dialled(max_attempts=1, late_attempts=0)
    shift.fail(40, ContactResult.NO_ANSWER)
    shift.tell(events.TaskAssignmentRequested(moment(50), OB1, "petrova", "chief"))
    assert shift.journal(TaskAssigned) == [TaskAssigned(moment(50), OB1, "petrova", "chief")]
    shift.tell(events.ObligationCloseRequested(moment(120), OB1, "petrova", "by mobile", moment(110)))
    assert shift.journal(ObligationClosed) == [
        ObligationClosed(moment(120), OB1, ObligationClosing.BY_HAND, "by mobile", moment(110), "petrova")
    ]
    assert shift.verdicts == {"c1": "contacted_in_time"}


def test_closed_without_a_contact_the_law_was_broken_and_nobody_dials_any_more() -> None:
    shift = dialled()
    decision = shift.tell(events.ObligationCloseRequested(moment(25), OB1, "chief", "prank", None))
    assert CancelAttempt(AttemptId("ob-c1.1.1")) in decision.commands
    assert shift.verdicts == {"c1": "broken"}
    shift.due(60)
    assert len(shift.dials) == 1


# ---- The law's readings --------------------------------------------------------------------------------


def with_rules(readings: Readings | None) -> Shift:
    policy = small_centre(1)
    rules = () if readings is None else (replace(RU_416, readings=readings),)
    return Shift(
        replace(policy, lines={did: replace(line, rules=rules) for did, line in policy.lines.items()})
    )


def test_a_line_without_rules_owes_nothing_and_is_not_judged() -> None:
    shift = with_rules(None)
    shift.miss()
    assert (shift.dispatcher.centre.obligations, shift.verdicts) == ({}, {})


def test_by_a_mild_reading_an_early_hang_up_owes_nothing() -> None:
    shift = with_rules(Readings(early_hang_up_owes=False))
    shift.miss()
    assert (shift.dispatcher.centre.obligations, shift.verdicts) == ({}, {"c1": "not_owed"})
    shift.tell(arrived("c2", 20))
    shift.tell(events.CallEnded(moment(26), CallId("c2"), 16))
    assert list(shift.dispatcher.centre.obligations) == [OB2]


def test_by_a_mild_reading_an_attempt_is_a_contact() -> None:
    shift = with_rules(Readings(attempt_is_contact=True))
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    shift.fail(40, ContactResult.NO_ANSWER)
    shift.due(602)
    assert shift.verdicts == {"c1": "contacted_in_time"}


def test_the_clock_may_start_at_the_entry_into_the_queue() -> None:
    shift = with_rules(Readings(clock=ClockStart.QUEUE))
    shift.tell(arrived("c1", 0))
    shift.tell(holding("c1", 30))
    shift.tell(events.CallAnswered(moment(330), CallId("c1"), A1))
    shift.tell(events.CallEnded(moment(400), CallId("c1"), 16))
    assert shift.verdicts == {"c1": Verdict.ANSWERED_IN_TIME}


def test_the_rules_of_the_day_of_arrival_hold_and_are_written_down() -> None:
    policy = small_centre(1)
    stricter = replace(RU_416, since=date(2026, 11, 23), contact=timedelta(seconds=60))
    lines = {did: replace(line, rules=(stricter, RU_416)) for did, line in policy.lines.items()}
    shift = Shift(replace(policy, lines=lines))
    shift.miss()
    assert shift.dispatcher.centre.obligations[OB1].due_at == moment(61)
    shift.due(62)
    (judged,) = shift.journal(CallJudged)
    assert isinstance(judged, CallJudged)
    assert (judged.verdict, judged.rules) == ("broken", "RU-416/2026-11-23")
    line = shift.policy.lines[GENERAL_DID]
    before = line.rules_at(moment(-86400), ZoneInfo("Europe/Moscow"))
    assert before is not None
    assert before.version == "RU-416/2019-03-01"


def test_before_the_first_rules_the_first_ones_hold() -> None:
    line = small_centre(1).lines[GENERAL_DID]
    later = replace(
        line, rules=(replace(RU_416, since=date(2027, 1, 1)), replace(RU_416, since=date(2026, 12, 1)))
    )
    rules = later.rules_at(moment(0), ZoneInfo("Europe/Moscow"))
    assert rules is not None
    assert rules.version == "RU-416/2026-12-01"


def test_every_move_is_written_down() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    moves = [
        entry.state.value for entry in shift.journal(ObligationMoved) if isinstance(entry, ObligationMoved)
    ]
    assert moves == ["in_line", "claimed", "dialling", "unconfirmed", "contacted"]
