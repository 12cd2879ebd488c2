"""What counts as contact, what may be dialled when, and whose turn it is: the finer rules of a callback."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from queues import events
from queues.commands import CancelAttempt, DialCallback, WakeForObligation
from queues.events import ContactResult, DeviceState, Disposition
from queues.identifiers import AgentId, AttemptId, CallId, ObligationId
from queues.journal import (
    CallbacksSwitched,
    CallJudged,
    DispositionNoted,
    HumanTaskOpened,
    ObligationClosed,
    ObligationClosing,
    ObligationMoved,
    TaskAssigned,
)
from queues.personal_data import Phone
from queues.policy import CallbackPolicy, CentrePolicy, DayHours
from sla.compliance import Verdict
from sla.obligation import ObligationState
from sla.promises import RU_416, ClockStart, Readings
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre

A1 = AgentId("1001")
OB1, OB2 = ObligationId("ob-c1"), ObligationId("ob-c2")


class Shift(Desk):
    """A desk on which residents are missed, and agents are busy until they are freed."""

    def __init__(self, policy: CentrePolicy | None = None, **callbacks: object) -> None:
        changed = replace(CallbackPolicy(own_numbers=frozenset({Phone("+74951234501")})), **callbacks)
        super().__init__(replace(policy or small_centre(1), callbacks=changed))
        self.open()
        self.devices(0, DeviceState.BUSY)

    def devices(self, at: float, state: DeviceState) -> None:
        for agent in self.policy.agents:
            self.tell(events.AgentDeviceChanged(moment(at), agent, state))

    def miss(self, call: str = "c1", at: float = 1, number: str = "+79161234567") -> None:
        self.tell(arrived(call, at, number=number))
        self.tell(holding(call, at))
        self.tell(events.CallEnded(moment(at + 2), CallId(call), 16))

    def due(self, at: float, obligation: ObligationId = OB1) -> None:
        self.tell(events.ObligationDue(moment(at), obligation))

    def reach(self, at: float, n: int = 1, obligation: ObligationId = OB1) -> None:
        """The n-th attempt reaches somebody, who talks for ten seconds."""
        attempt = AttemptId(f"{obligation}.1.{n}")
        self.tell(events.AttemptContacted(moment(at), attempt))
        self.tell(events.AttemptEnded(moment(at + 10), attempt, ContactResult.CONTACTED))

    def fail(self, at: float, result: ContactResult, n: int = 1, obligation: ObligationId = OB1) -> None:
        attempt = AttemptId(f"{obligation}.1.{n}")
        self.tell(events.AttemptAgentReady(moment(at - 1), attempt))
        self.tell(events.AttemptEnded(moment(at), attempt, result))

    @property
    def dials(self) -> list[DialCallback]:
        return [c for decision in self.decisions for c in decision.commands if isinstance(c, DialCallback)]

    @property
    def wakes(self) -> list[datetime]:
        return [c.at for c in self.decisions[-1].commands if isinstance(c, WakeForObligation)]

    @property
    def tasks(self) -> list[str]:
        return [entry.reason for entry in self.journal(HumanTaskOpened) if isinstance(entry, HumanTaskOpened)]

    @property
    def closed(self) -> list[tuple[str, datetime | None]]:
        return [
            (entry.closing.value, entry.contacted_at)
            for entry in self.journal(ObligationClosed)
            if isinstance(entry, ObligationClosed)
        ]

    @property
    def verdicts(self) -> dict[str, str]:
        return {
            entry.call: entry.verdict.value
            for entry in self.journal(CallJudged)
            if isinstance(entry, CallJudged)
        }

    def state(self, obligation: ObligationId = OB1) -> ObligationState:
        return self.dispatcher.centre.obligations[obligation].state


def dialled(**callbacks: object) -> Shift:
    """One missed resident whom an agent is about to call back."""
    shift = Shift(**callbacks)
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    assert len(shift.dials) == 1
    return shift


# ---- Contact means a human -----------------------------------------------------------------------------


def test_until_somebody_says_whom_he_reached_it_is_contacted_unconfirmed() -> None:
    shift = dialled()
    shift.reach(30)
    assert (shift.state(), shift.closed, shift.verdicts) == ("unconfirmed", [], {})
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(30))]
    assert shift.verdicts == {"c1": "contacted_in_time"}
    assert shift.journal(DispositionNoted) == [DispositionNoted(moment(45), OB1, Disposition.REACHED, "1001")]


def test_an_answering_machine_is_no_contact_and_he_is_called_again() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.ANSWERING_MACHINE))
    assert shift.state() is ObligationState.RETRY
    assert shift.wakes[-1] == moment(165)
    shift.tell(events.TimePassed(moment(50)))
    shift.due(165)
    assert len(shift.dials) == 2
    shift.reach(180, 2)
    shift.tell(events.AgentDisposed(moment(195), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(180))]


def test_a_stranger_is_not_rung_again_and_a_human_must_see_to_it() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.WRONG_PERSON))
    assert (shift.tasks, shift.state()) == (["wrong_person"], "with_human")
    shift.due(700)
    assert (len(shift.dials), shift.verdicts) == (1, {"c1": "broken"})


def test_who_was_reached_and_refused_was_contacted() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.DispositionGiven(moment(40), OB1, Disposition.REFUSED, "supervisor"))
    assert shift.closed == [("contacted", moment(30))]


@pytest.mark.parametrize(
    ("default", "state"),
    [(Disposition.REACHED, None), (Disposition.ANSWERING_MACHINE, ObligationState.RETRY)],
)
def test_said_nothing_the_settings_word_is_taken(default: Disposition, state: ObligationState | None) -> None:
    shift = dialled(disposition_default=default, disposition_time=timedelta(seconds=60))
    shift.reach(30)
    assert shift.dispatcher.next_wakeup() == moment(50)  # wrap-up
    shift.tell(events.TimePassed(moment(50)))
    assert shift.dispatcher.next_wakeup() == moment(100)
    shift.tell(events.TimePassed(moment(100)))
    assert shift.journal(DispositionNoted) == [DispositionNoted(moment(100), OB1, default, "default")]
    open_ones = shift.dispatcher.centre.obligations
    assert (open_ones[OB1].state if OB1 in open_ones else None) is state


def test_what_an_agent_says_twice_or_about_nothing_changes_nothing() -> None:
    shift = dialled()
    shift.tell(events.AgentDisposed(moment(20), A1, Disposition.REACHED))
    assert shift.state() is ObligationState.CLAIMED
    shift.reach(30)
    for _ in range(2):
        shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    assert len(shift.journal(DispositionNoted)) == 1


def test_missed_again_after_the_contact_he_is_owed_another_one() -> None:
    shift = dialled()
    shift.reach(30)
    shift.devices(41, DeviceState.BUSY)
    shift.miss("c2", 50)
    assert shift.closed == [("contacted", moment(30))]
    assert shift.state(OB2) is ObligationState.PLANNED


# ---- Each result has its answer ------------------------------------------------------------------------


def test_congestion_takes_another_trunk_and_spends_none_of_the_residents_attempts() -> None:
    policy = small_centre(1)
    lines = {
        did: replace(
            line, callback=replace(line.callback, other_trunks=("second",)) if line.callback else None
        )
        for did, line in policy.lines.items()
    }
    shift = Shift(replace(policy, lines=lines), max_attempts=1, max_network_failures=3)
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    for n, at in enumerate((20, 50, 80), start=1):
        shift.fail(at, ContactResult.UNREACHABLE, n)
        shift.due(at + 20)
    assert [dial.trunk for dial in shift.dials] == ["trunk", "second", "trunk"]
    assert shift.tasks == ["network"]


def test_a_number_that_nobody_has_is_not_dialled_again_and_stays_in_the_denominator() -> None:
    shift = dialled()
    shift.fail(25, ContactResult.INVALID_NUMBER)
    assert (shift.state(), shift.tasks) == ("impossible", ["invalid"])
    shift.due(700)
    assert shift.verdicts == {"c1": "broken"}


def test_busy_is_tried_again_soon_because_he_may_be_calling_us() -> None:
    shift = dialled()
    shift.fail(25, ContactResult.BUSY)
    assert shift.wakes == [moment(65)]


def test_a_task_stays_owed_and_a_further_call_of_his_lets_the_engine_try_again() -> None:
    shift = dialled(max_attempts=1, late_attempts=0)
    shift.fail(40, ContactResult.NO_ANSWER)
    assert (shift.state(), shift.tasks) == ("with_human", ["not_reached"])
    shift.devices(50, DeviceState.BUSY)
    shift.miss("c2", 60)
    assert shift.state() is ObligationState.PLANNED
    shift.devices(70, DeviceState.IDLE)
    shift.due(77)
    assert len(shift.dials) == 2
    shift.reach(90, 2)
    shift.tell(events.AgentDisposed(moment(105), A1, Disposition.REACHED))
    assert shift.verdicts == {"c1": "contacted_in_time", "c2": "contacted_in_time"}


def test_a_task_is_closed_by_the_resident_who_gets_through() -> None:
    shift = dialled(max_attempts=1, late_attempts=0)
    shift.fail(40, ContactResult.NO_ANSWER)
    shift.tell(arrived("c2", 60))
    shift.tell(events.CallAnswered(moment(65), CallId("c2"), None))
    assert shift.closed == [("got_through", moment(65))]
    assert shift.verdicts == {"c1": "contacted_in_time"}


def test_two_calls_of_one_episode_have_each_their_own_verdict() -> None:
    shift = Shift()
    shift.miss("c1", 1)
    shift.miss("c2", 400)
    shift.due(602)  # The first one's time is over.
    assert shift.verdicts == {"c1": "broken"}
    shift.devices(610, DeviceState.IDLE)
    shift.due(620)
    shift.reach(640)
    shift.tell(events.AgentDisposed(moment(660), A1, Disposition.REACHED))
    assert shift.verdicts == {"c1": "broken", "c2": "contacted_in_time"}


# ---- He calls himself ----------------------------------------------------------------------------------


def test_he_calls_while_the_agents_leg_is_up_and_that_agent_gets_his_call() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(20), AttemptId("ob-c1.1.1")))
    decision = shift.tell(arrived("c2", 21))
    assert CancelAttempt(AttemptId("ob-c1.1.1")) in decision.commands
    shift.tell(holding("c2", 21))
    shift.tell(events.AttemptEnded(moment(21.1), AttemptId("ob-c1.1.1"), ContactResult.AGENT_HUNG_UP))
    call = shift.dispatcher.view().calls[0]
    assert (call.state, call.agent, shift.state()) == ("offered", "1001", "suspended")
    shift.tell(events.CallAnswered(moment(23), CallId("c2"), A1))
    assert shift.closed == [("got_through", moment(23))]


def test_he_calls_and_gives_up_again_and_is_dialled_after_all() -> None:
    shift = dialled()
    shift.devices(19, DeviceState.BUSY)
    shift.tell(arrived("c2", 21))
    shift.tell(events.AttemptEnded(moment(21.1), AttemptId("ob-c1.1.1"), ContactResult.AGENT_DID_NOT_ANSWER))
    shift.tell(events.CallEnded(moment(22), CallId("c2"), 16))
    assert shift.state() is ObligationState.PLANNED
    assert shift.wakes[-1] == moment(37)


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
    shift.tell(events.CallAnswered(moment(330), CallId("c1"), None))
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


def test_every_move_is_written_down() -> None:
    shift = dialled()
    shift.reach(30)
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    moves = [
        entry.state.value for entry in shift.journal(ObligationMoved) if isinstance(entry, ObligationMoved)
    ]
    assert moves == ["in_line", "claimed", "dialling", "unconfirmed", "contacted"]
