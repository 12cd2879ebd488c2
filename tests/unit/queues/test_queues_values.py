"""Values the core is made of: pools in order, what counts against a cap, numbers that do not show themselves, rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.dispatcher import Dispatcher
from queues.messages.snapshot import DialledNumber, LedgerRestored
from queues.policy import CallbackPolicy, CentrePolicy, Dispatch, LineCallback
from queues.state.attempt_limits import CapReached, DialCaps
from queues.state.priority_queue import PriorityQueue
from queues.terms.identifiers import AgentId, ObligationId
from queues.terms.phone import WITHHELD, Phone
from queues.terms.phone_numbers import DialRefusal, is_region
from sla.call_facts import Promise
from sla.promises import ClockStart
from tests.support.centre import EMERGENCY, GENERAL, GENERAL_DID, NOON, Desk, moment, small_centre

NUMBER, OTHER = Phone("+79161234567"), Phone("+79161230002")
POLICY = CallbackPolicy(max_per_number_and_day=2, max_per_hour=3)
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


# ---- A pool in order -----------------------------------------------------------------------------------


def test_whoever_is_put_in_his_place_again_stands_in_the_new_one_only() -> None:
    pool: PriorityQueue[str, int] = PriorityQueue()
    pool.add("a", 1)
    pool.add("b", 2)
    pool.add("a", 3)
    assert (pool.first(), pool.first_key(), list(pool.in_order())) == ("b", 2, ["b", "a"])
    pool.discard("b")
    pool.discard("never there")
    assert (pool.first(), "b" in pool) == ("a", False)
    pool.discard("a")
    assert (pool.first(), pool.first_key(), list(pool.in_order())) == (None, None, [])


def test_of_equal_keys_the_first_to_come_is_the_first() -> None:
    pool: PriorityQueue[str, int] = PriorityQueue()
    for member in "cab":
        pool.add(member, 0)
    assert (pool.first(), list(pool.in_order())) == ("c", ["c", "a", "b"])


def test_a_pool_stays_as_small_as_what_is_in_it_however_often_it_changes() -> None:
    pool: PriorityQueue[str, int] = PriorityQueue()
    for turn in range(10_000):
        pool.add("a", turn)
        pool.add("b", -turn)
    assert (pool.first(), pool.first_key(), list(pool.in_order())) == ("b", -9999, ["b", "a"])
    assert len(pool._heap) <= 2 * 2 + 64


# ---- Caps ----------------------------------------------------------------------------------------------


def test_a_ring_counts_a_day_for_its_number_and_an_hour_for_all() -> None:
    caps = DialCaps()
    for at in (0, 60):
        caps.rang(NUMBER, moment(at))
    assert caps.reached(NUMBER, POLICY, moment(70)) == CapReached(DialRefusal.CAP_PER_NUMBER, moment(0) + DAY)
    assert caps.reached(NUMBER, POLICY, moment(0) + DAY - TICK) is not None
    assert caps.reached(NUMBER, POLICY, moment(0) + DAY) is None
    caps = DialCaps()
    for at in (0, 60, 90):
        caps.rang(OTHER, moment(at))
    assert caps.reached(NUMBER, POLICY, moment(95)) == CapReached(DialRefusal.CAP_PER_HOUR, moment(0) + HOUR)
    assert caps.reached(NUMBER, POLICY, moment(0) + HOUR) is None


def test_dials_in_flight_hold_their_place_and_nobody_knows_until_when() -> None:
    caps = DialCaps()
    caps.rang(OTHER, moment(0))
    assert caps.reached(NUMBER, POLICY, moment(1), in_flight=1) is None
    assert caps.reached(NUMBER, POLICY, moment(1), in_flight=2) == CapReached(DialRefusal.CAP_PER_HOUR, None)


def test_rings_that_are_told_late_count_from_when_they_were_made() -> None:
    caps = DialCaps()
    for at in (60, 0, 30):
        caps.rang(OTHER, moment(at))
    assert caps.reached(NUMBER, POLICY, moment(61)) == CapReached(DialRefusal.CAP_PER_HOUR, moment(0) + HOUR)


def test_numbers_that_nobody_rang_for_a_day_are_forgotten_once_an_hour() -> None:
    caps = DialCaps()
    caps.rang(NUMBER, moment(0))
    caps.reached(OTHER, POLICY, moment(1))
    caps.rang(OTHER, moment(0) + DAY - HOUR)
    caps.reached(OTHER, POLICY, moment(0) + DAY)
    assert set(caps._of_number) == {OTHER}
    caps.reached(OTHER, POLICY, moment(0) + DAY + HOUR - TICK)
    assert caps._sweep_at == moment(0) + DAY + HOUR


def test_what_earlier_runs_rang_counts_in_the_next() -> None:
    desk = Desk(small_centre(1))
    rung = tuple(DialledNumber(NUMBER, moment(-at)) for at in (60, 30))
    desk.tell(LedgerRestored(moment(0), (), dialled=rung))
    found = desk.dispatcher.centre.dial_caps.reached(NUMBER, POLICY, moment(1))
    assert found == CapReached(DialRefusal.CAP_PER_NUMBER, moment(-60) + DAY)


# ---- Numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "shown"),
    [("+79161234567", "**********67"), ("1234", "****"), ("12345", "***45"), ("", "withheld")],
)
def test_a_number_shows_at_most_its_last_two_digits(whole: str, shown: str) -> None:
    assert str(Phone(whole)) == f"{Phone(whole)}" == shown
    assert whole == "" or whole not in repr(Phone(whole))


def test_who_sent_no_number_withheld_it() -> None:
    assert WITHHELD.is_withheld
    assert not NUMBER.is_withheld


def test_a_country_is_one_that_has_telephone_numbers() -> None:
    assert [is_region(one) for one in ("RU", "KZ", "XX", "ru", "")] == [True, True, False, False, False]


# ---- Rules ---------------------------------------------------------------------------------------------


def test_a_queue_is_held_against_its_own_promise() -> None:
    queue = replace(
        small_centre().queues[GENERAL], target=timedelta(seconds=20), goal_ratio=0.9, clock=ClockStart.QUEUE
    )
    assert queue.promise == Promise(timedelta(seconds=20), 0.9, ClockStart.QUEUE)


def test_every_trunk_is_named_once_in_the_order_of_the_lines() -> None:
    policy = small_centre()
    both, none = LineCallback("b", Phone("+74951234501"), other_trunks=("trunk",)), None
    lines = list(policy.lines)
    changed = {
        lines[0]: policy.lines[lines[0]],
        lines[1]: replace(policy.lines[lines[1]], callback=both),
        "third": replace(policy.lines[GENERAL_DID], callback=none),
    }
    assert replace(policy, lines=changed).trunks == ("trunk", "b")


def test_only_of_asterisks_own_queues_no_trace_is_left_while_nobody_looks() -> None:
    policy = small_centre()
    watched = replace(policy.queues[EMERGENCY], dispatch=Dispatch.ASTERISK)
    policy = replace(policy, queues={**policy.queues, EMERGENCY: watched})
    assert policy.not_recovered == {EMERGENCY}
    assert small_centre().not_recovered == frozenset()


def test_a_centre_needs_a_queue() -> None:
    nothing: CentrePolicy = replace(small_centre(0), queues={}, lines={})
    with pytest.raises(ValueError, match="at least one queue"):
        Dispatcher(nothing, epoch=1, started_at=NOON)


def test_one_agent_obligation_or_message_can_be_looked_at_by_itself() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    seen = desk.dispatcher.agent(AgentId("1001"))
    assert seen is not None
    assert (seen.state.value, seen in desk.dispatcher.view().agents) == ("free", True)
    assert desk.dispatcher.agent(AgentId("9999")) is None
    assert desk.dispatcher.obligation(ObligationId("ob-x")) is None
