"""What no table knows changes nothing and is counted; a timer that rings for somebody who is gone does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from queues.callbacks import moves, obligations, schedule
from queues.dispatcher import TIMERS
from queues.messages import events
from queues.messages.events import DeviceState
from queues.messages.journal import ObligationMoved, Unexpected
from queues.state.call import STEPS, CallState, CallStep
from queues.state.core_state import Centre
from queues.state.obligation import Obligation
from queues.state.timers import TimerKind
from sla.obligation import FINAL, TRANSITIONS, ObligationInput, ObligationState, next_state
from tests.support.centre import Desk, arrived, moment, small_centre
from tests.support.shift import OB1, Shift

UNKNOWN = [
    (state, what) for state in ObligationState for what in ObligationInput if what not in TRANSITIONS[state]
]


def owed(state: ObligationState) -> tuple[Centre, Obligation]:
    """One resident is owed a contact, and it stands there."""
    shift = Shift()
    shift.miss()
    centre = shift.dispatcher.centre
    obligation = centre.obligations[OB1]
    obligation.state = state
    centre.commands, centre.journal = [], []
    return centre, obligation


@pytest.mark.parametrize(("state", "what"), UNKNOWN, ids=str)
def test_a_pair_that_the_obligations_table_does_not_know_changes_nothing_and_is_counted(
    state: ObligationState, what: ObligationInput
) -> None:
    centre, obligation = owed(state)
    assert not moves.move(centre, obligation, what, moment(9))
    assert obligation.state is state
    assert centre.journal == [Unexpected(moment(9), "obligation", state, what, OB1)]
    assert centre.commands == []


@pytest.mark.parametrize("state", ObligationState)
def test_every_pair_that_it_knows_is_written_down_with_the_state_it_leads_to(state: ObligationState) -> None:
    for what, after in TRANSITIONS[state].items():
        centre, obligation = owed(state)
        assert moves.move(centre, obligation, what, moment(9))
        assert obligation.state is after is next_state(state, what)
        assert centre.journal == [ObligationMoved(moment(9), OB1, after, None)]


def test_what_is_final_stays_so() -> None:
    assert all(not TRANSITIONS[state] for state in FINAL)


@pytest.mark.parametrize(
    "act",
    [
        lambda centre, one: schedule.plan(centre, one, ObligationInput.NOT_REACHED, moment(60), moment(9)),
        lambda centre, one: schedule.enter_line(centre, one, moment(9), moment(9)),
        lambda centre, one: schedule.back_into_line(centre, one, moment(9)),
        lambda centre, one: schedule.hand_to_human(centre, one, "not_reached", moment(9)),
        lambda centre, one: obligations.take(centre, one, moment(9)),
        lambda centre, one: obligations.reached(centre, one, moment(9)),
        lambda centre, one: obligations.confirm(centre, one, moment(9)),
        lambda centre, one: obligations.close_by_hand(centre, one, "7", "said", None, moment(9)),
        lambda centre, one: obligations.agent_took_it(centre, one, moment(9)),
        lambda centre, one: obligations.stand_aside(centre, one, moment(9)),
    ],
)
def test_whatever_is_wanted_of_an_obligation_that_is_over_nothing_is_done_with_it(
    act: Callable[[Centre, Obligation], object],
) -> None:
    centre, obligation = owed(ObligationState.CONTACTED)
    before = replace(obligation)
    assert not act(centre, obligation)
    assert obligation == before
    assert [type(entry) for entry in centre.journal] == [Unexpected]
    assert (centre.commands, centre.waiters) == ([], {})
    assert OB1 in centre.obligations


def test_a_review_that_wants_him_called_now_changes_nothing_for_whom_somebody_is_calling() -> None:
    centre, obligation = owed(ObligationState.DIALLING)
    schedule.call_now(centre, obligation, moment(9), moment(9))
    assert obligation.state is ObligationState.DIALLING
    assert (centre.journal, centre.commands) == ([], [])


@pytest.mark.parametrize("kind", TimerKind)
def test_a_timer_that_rings_for_somebody_who_is_gone_does_nothing(kind: TimerKind) -> None:
    desk = Desk(small_centre(1))
    desk.open()
    centre = desk.dispatcher.centre
    before = desk.dispatcher.view()
    TIMERS[kind](centre, "gone", moment(60))
    assert (desk.dispatcher.view(), centre.timers.next_due()) == (before, None)
    assert centre.without_network == {}


def test_a_step_that_does_not_belong_to_its_event_is_counted_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mistake in the table itself: the next resident is served all the same."""
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    wrong = {**STEPS[CallState.ARRIVED], events.CallRejected: CallStep.CHOOSE}
    monkeypatch.setitem(STEPS, CallState.ARRIVED, wrong)
    decision = desk.tell(events.CallRejected(moment(2), arrived("c1", 1).call, "full"))
    assert decision.journal == (Unexpected(moment(2), "call", "arrived", "CallRejected", "c1"),)
    assert desk.dispatcher.view().calls[0].state.value == "arrived"


def test_the_rest_of_a_phone_that_is_not_tried_any_more_ends_for_nobody() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    (agent,) = desk.dispatcher.centre.agents.values()
    desk.tell(events.AgentPaused(moment(1), agent.id, "lunch"))
    TIMERS[TimerKind.PHONE_REST](desk.dispatcher.centre, agent.id, moment(60))
    assert (agent.is_tried, agent.pause_reason, agent.device) == (False, "lunch", DeviceState.IDLE)
