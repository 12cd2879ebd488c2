"""The law's unclear points, read strictly and mildly, and the obligation's table."""

from __future__ import annotations

from dataclasses import replace

from sla.compliance import Care, Verdict, owes_contact, verdict
from sla.obligation import FINAL, HUMAN, IN_FLIGHT, TRANSITIONS, ObligationInput, ObligationState, next_state
from sla.promises import RU_416, ClockStart, Readings
from tests.support.centre import moment


def test_a_machines_pick_up_counts_only_by_the_mild_reading() -> None:
    care = Care(moment(0), queued_at=moment(2), ended_at=moment(200))
    assert verdict(care, RU_416, moment(601)) is Verdict.BROKEN
    assert owes_contact(care, RU_416)
    mild = replace(RU_416, readings=Readings(pick_up_is_answer=True))
    assert verdict(care, mild, moment(601)) is Verdict.ANSWERED_IN_TIME
    assert not owes_contact(care, mild)


def test_the_queues_clock_moves_both_limits() -> None:
    mild = replace(RU_416, readings=Readings(clock=ClockStart.QUEUE))
    late = Care(moment(0), queued_at=moment(30), contacted_at=moment(630))
    assert verdict(late, RU_416, moment(700)) is Verdict.BROKEN
    assert verdict(late, mild, moment(700)) is Verdict.CONTACTED_IN_TIME


def test_who_waited_longer_than_early_is_owed_a_contact_by_every_reading() -> None:
    mild = replace(RU_416, readings=Readings(early_hang_up_owes=False))
    assert not owes_contact(Care(moment(0), ended_at=moment(5)), mild)
    assert owes_contact(Care(moment(0), ended_at=moment(5.001)), mild)


def test_every_state_has_a_way_out_until_it_is_final() -> None:
    for state in ObligationState:
        assert bool(TRANSITIONS[state]) != (state in FINAL)
    reachable = {ObligationState.PLANNED}
    while more := {after for state in reachable for after in TRANSITIONS[state].values()} - reachable:
        reachable |= more
    assert reachable == set(ObligationState)
    assert not FINAL & (HUMAN | IN_FLIGHT)


def test_whatever_is_open_can_be_closed_by_hand_and_by_the_resident_himself() -> None:
    for state in set(ObligationState) - FINAL:
        assert next_state(state, ObligationInput.CLOSE) is ObligationState.CLOSED_BY_HAND
        assert next_state(state, ObligationInput.GOT_THROUGH) is ObligationState.CANCELLED
    assert next_state(ObligationState.CONTACTED, ObligationInput.CLOSE) is None
