"""What counts as contact, each result's answer, and the resident who calls himself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.messages import events
from queues.messages.commands import CancelAttempt, OfferCall
from queues.messages.events import ContactResult, DeviceState, Disposition
from queues.messages.journal import (
    DispositionNoted,
)
from queues.policy import CallbackPolicy
from queues.terms.identifiers import AttemptId, CallId, ChannelName
from sla.obligation import ObligationState
from tests.support.centre import arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, OB2, Shift, dialled

# ---- Contact means a human -----------------------------------------------------------------------------


def test_until_somebody_says_whom_he_reached_it_is_contacted_unconfirmed() -> None:
    shift = dialled()
    shift.reach(30)
    assert (shift.state(), shift.closed, shift.verdicts) == ("unconfirmed", [], {})
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(30))]
    assert shift.verdicts == {"c1": "contacted_in_time"}
    assert shift.journal(DispositionNoted) == [DispositionNoted(moment(45), OB1, Disposition.REACHED, "1001")]


def test_answered_but_nothing_heard_of_it_silence_is_no_contact() -> None:
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(30), AttemptId(f"{OB1}.1.1")))
    shift.tell(events.AttemptVoice(moment(40), AttemptId(f"{OB1}.1.1"), heard=False))
    shift.tell(events.AttemptEnded(moment(40), AttemptId(f"{OB1}.1.1"), ContactResult.CONTACTED))
    assert (shift.state(), shift.closed) == ("unconfirmed", [])
    shift.tell(events.TimePassed(moment(160)))
    assert (shift.state(), shift.closed) == (ObligationState.RETRY, [])
    assert shift.dispatcher.centre.obligations[OB1].dials == 1


def test_answered_but_nothing_heard_what_the_agent_says_counts() -> None:
    """A resident whose microphone is off is a resident all the same."""
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(30), AttemptId(f"{OB1}.1.1")))
    shift.tell(events.AttemptVoice(moment(40), AttemptId(f"{OB1}.1.1"), heard=False))
    shift.tell(events.AttemptEnded(moment(40), AttemptId(f"{OB1}.1.1"), ContactResult.CONTACTED))
    shift.tell(events.AgentDisposed(moment(45), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(30))]


def cut_off(shift: Shift) -> None:
    """The agent's phone dies in mid-talk; the resident's telephone is still there."""
    shift.tell(events.AttemptContacted(moment(30), AttemptId(f"{OB1}.1.1")))
    shift.tell(events.AttemptEnded(moment(60), AttemptId(f"{OB1}.1.1"), ContactResult.CONTACTED, "AGENTGONE"))


@pytest.mark.parametrize("disposition", [timedelta(0), timedelta(minutes=2)])
def test_whom_a_phone_that_died_left_is_called_again_as_soon_as_he_is_off_the_line(
    disposition: timedelta,
) -> None:
    shift = dialled(disposition_time=disposition)
    cut_off(shift)
    shift.tell(events.TimePassed(moment(200)))
    # He waits for another agent: nobody rings him meanwhile, and it is no contact by silence.
    assert (shift.state(), shift.closed) == ("unconfirmed", [])
    shift.tell(events.AttemptVoice(moment(210), AttemptId(f"{OB1}.1.1"), heard=True))
    assert (shift.state(), shift.closed) == (ObligationState.RETRY, [])
    assert [one.by for one in shift.journal(DispositionNoted)] == ["phone died"]
    assert moment(210) + CallbackPolicy().retry_after_failure in shift.wakes


def test_whom_a_phone_that_died_left_is_called_again_though_his_own_hang_up_was_missed() -> None:
    shift = dialled()
    cut_off(shift)
    shift.tell(events.TimePassed(moment(60 + 301)))
    assert (shift.state(), shift.closed) == (ObligationState.RETRY, [])


def test_whom_a_phone_that_died_left_is_contacted_when_a_colleague_speaks_with_him() -> None:
    shift = dialled()
    cut_off(shift)
    shift.tell(events.AttemptPassedOn(moment(70), AttemptId(f"{OB1}.1.1"), A1, ChannelName("PJSIP/trunk-1")))
    shift.tell(events.AttemptVoice(moment(80), AttemptId(f"{OB1}.1.1"), heard=True))
    shift.tell(events.TimePassed(moment(400)))
    assert shift.closed == [("contacted", moment(30))]


def test_whom_a_phone_that_died_left_is_contacted_when_the_agent_says_so() -> None:
    shift = dialled()
    cut_off(shift)
    shift.tell(events.AgentDisposed(moment(65), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(30))]


def test_whom_a_phone_that_died_left_and_who_calls_himself_is_still_owed() -> None:
    shift = dialled()
    cut_off(shift)
    shift.devices(61, DeviceState.UNAVAILABLE)
    shift.miss("c2", 70)
    assert OB2 not in shift.dispatcher.centre.obligations
    assert (shift.closed, shift.state()) == ([], ObligationState.PLANNED)


@pytest.mark.parametrize(
    ("heard", "late", "closed"),
    [
        (True, False, True),
        (True, True, True),
        (None, False, True),
        (False, False, False),
        (False, True, False),
    ],
)
def test_without_time_to_say_it_the_evidence_is_waited_for(
    heard: bool | None, late: bool, closed: bool
) -> None:
    """The resident's channel ends just before or just after the agent's; an older dialplan tells nothing."""
    shift = dialled(disposition_time=timedelta(0))
    attempt = AttemptId(f"{OB1}.1.1")
    shift.tell(events.AttemptContacted(moment(30), attempt))
    ended = events.AttemptEnded(moment(40), attempt, ContactResult.CONTACTED)
    told = [] if heard is None else [events.AttemptVoice(moment(40), attempt, heard)]
    for event in (ended, *told) if late else (*told, ended):
        shift.tell(event)
    shift.tell(events.TimePassed(moment(43)))
    assert bool(shift.closed) is closed
    assert closed or shift.state() is ObligationState.RETRY


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


def test_where_silence_is_no_contact_he_calls_again_and_is_still_owed_the_first_one() -> None:
    shift = dialled(disposition_default=Disposition.ANSWERING_MACHINE)
    shift.reach(30)
    shift.devices(41, DeviceState.BUSY)
    shift.miss("c2", 50)
    assert (shift.closed, list(shift.dispatcher.centre.obligations)) == ([], [OB1])
    assert shift.state() is ObligationState.PLANNED
    shift.due(602)
    assert shift.verdicts == {"c1": "broken"}


def test_he_calls_again_and_asks_to_be_called_back_and_is_called_at_once() -> None:
    shift = Shift()
    shift.miss()
    shift.tell(arrived("c2", 100))
    shift.tell(holding("c2", 100))
    shift.tell(events.ChoiceMade(moment(110), CallId("c2"), events.Choice.CALLBACK))
    shift.tell(events.CallEnded(moment(112), CallId("c2"), 16))
    assert shift.wakes[-1] == moment(112)


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


def test_who_presses_reject_spends_one_attempt_as_one_who_is_busy() -> None:
    shift = dialled(max_attempts=2, late_attempts=0)
    shift.fail(25, ContactResult.REFUSED)
    assert shift.wakes == [moment(65)]
    shift.due(65)
    shift.fail(70, ContactResult.REFUSED, 2)
    assert (shift.state(), shift.tasks) == ("with_human", ["not_reached"])


@pytest.mark.parametrize(("rang", "tasks"), [(True, ["not_reached"]), (None, ["not_reached"]), (False, [])])
def test_an_agent_who_gives_up_spends_an_attempt_only_when_it_rang(
    rang: bool | None, tasks: list[str]
) -> None:
    shift = dialled(max_attempts=1, late_attempts=0)
    attempt = AttemptId(f"{OB1}.1.1")
    shift.tell(events.AttemptAgentReady(moment(20), attempt))
    shift.tell(events.AttemptEnded(moment(25), attempt, ContactResult.AGENT_HUNG_UP, rang=rang))
    assert shift.tasks == tasks


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
    shift.tell(events.CallAnswered(moment(65), CallId("c2"), A1))
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


def test_he_calls_while_the_agents_leg_is_up_and_that_agent_takes_his_call() -> None:
    shift = dialled()
    attempt = AttemptId("ob-c1.1.1")
    shift.tell(events.AttemptAgentReady(moment(20), attempt))
    assert shift.tell(arrived("c2", 21)).commands == ()
    decision = shift.tell(holding("c2", 21))
    (offer,) = (command for command in decision.commands if isinstance(command, OfferCall))
    assert (offer.call, offer.agent, offer.leg) == ("c2", "1001", attempt)
    call = shift.dispatcher.view().calls[0]
    assert (call.state, call.agent, shift.state()) == ("offered", "1001", "suspended")
    shift.tell(events.CallAnswered(moment(23), CallId("c2"), A1))
    assert shift.closed == [("got_through", moment(23))]


def test_he_calls_while_the_agents_phone_still_rings_and_the_dial_is_given_up() -> None:
    shift = dialled()
    assert CancelAttempt(AttemptId("ob-c1.1.1")) in shift.tell(arrived("c2", 21)).commands


def test_he_calls_and_hangs_up_before_he_waits_and_the_dial_goes_on() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(20), AttemptId("ob-c1.1.1")))
    shift.tell(arrived("c2", 21))
    shift.tell(events.CallEnded(moment(21.01), CallId("c2"), 16))
    assert shift.state() is ObligationState.DIALLING


def test_he_calls_and_gives_up_again_and_is_dialled_after_all() -> None:
    shift = dialled()
    shift.devices(19, DeviceState.BUSY)
    shift.tell(arrived("c2", 21))
    shift.tell(events.AttemptEnded(moment(21.1), AttemptId("ob-c1.1.1"), ContactResult.AGENT_DID_NOT_ANSWER))
    shift.tell(events.CallEnded(moment(22), CallId("c2"), 16))
    assert shift.state() is ObligationState.PLANNED
    assert shift.wakes[-1] == moment(37)
