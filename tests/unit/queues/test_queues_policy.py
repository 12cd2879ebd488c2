"""The rules change while calls go on: nothing is cut, nobody loses his place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.messages import events
from queues.messages.commands import OfferCall, SetFallbackMember
from queues.messages.decision import Decision
from queues.messages.events import (
    ContactResult,
    DeviceState,
    LiveCallState,
    OfferResult,
    PbxSnapshot,
    PolicyChanged,
)
from queues.messages.journal import AgentState, CallFinished
from queues.policy import CentrePolicy
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, QueueName
from queues.terms.phone import Phone
from storage.rows.codec import event_from_json, event_to_json
from tests.support.arbitrary_events import without
from tests.support.centre import (
    EMERGENCY,
    EMERGENCY_DID,
    GENERAL,
    GENERAL_DID,
    Desk,
    agent_ready,
    arrived,
    holding,
    moment,
    small_centre,
)
from tests.support.shift import OB1, OB2, Shift, dialled

FIRST, SECOND = AgentId("1001"), AgentId("1002")


def change(desk: Desk, policy: CentrePolicy, at: float) -> Decision:
    return desk.tell(PolicyChanged(moment(at), policy))


def offered(decision: Decision) -> list[tuple[str, str]]:
    return [(one.call, one.agent) for one in decision.commands if isinstance(one, OfferCall)]


def test_who_waits_in_a_queue_that_is_gone_moves_to_his_lines_queue_and_keeps_his_place() -> None:
    desk = Desk(small_centre(0))
    desk.open()
    for call, at, did in (("c1", 1, EMERGENCY_DID), ("c2", 2, GENERAL_DID)):
        desk.tell(arrived(call, at, did=did, number=f"+7916000000{at}"))
        desk.tell(holding(call, at))
    change(desk, without(small_centre(1), EMERGENCY, None), 3)
    assert [(call.call, call.queue) for call in desk.dispatcher.view().calls] == [
        ("c1", GENERAL),
        ("c2", GENERAL),
    ]
    offers = [offered(desk.tell(event)) for event in agent_ready("1001", 4)]
    assert offers[-1] == [("c1", FIRST)]


def test_an_agent_who_is_gone_ends_his_conversation_and_is_offered_nothing_more() -> None:
    desk = Desk(small_centre(1, wrap_up=0))
    desk.open()
    desk.tell(
        PbxSnapshot(moment(0), (), (events.LiveAgent(FIRST, DeviceState.IDLE, True, in_fallback=True),))
    )
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(2), CallId("c1"), FIRST))
    decision = change(desk, small_centre(0), 3)
    assert [
        (one.agent, one.is_member) for one in decision.commands if isinstance(one, SetFallbackMember)
    ] == [(FIRST, False)]
    assert [call.agent for call in desk.dispatcher.view().calls] == [FIRST]
    desk.tell(events.CallEnded(moment(60), CallId("c1"), 16))
    (finished,) = desk.journal(CallFinished)
    assert finished.outcome == "answered"
    desk.tell(arrived("c2", 61))
    assert not offered(desk.tell(holding("c2", 61)))
    desk.tell(PbxSnapshot(moment(62), (), ()))
    assert not desk.dispatcher.view().agents


def test_a_new_agent_works_after_the_next_snapshot_knows_his_phone() -> None:
    desk = Desk(small_centre(0))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    assert not offered(change(desk, small_centre(1), 2))
    waits = events.LiveCall(
        CallId("c1"),
        arrived("c1", 1).channel,
        moment(1),
        GENERAL_DID,
        arrived("c1", 1).number,
        events.LiveCallState.HOLDING,
    )
    snapshot = PbxSnapshot(moment(3), (waits,), (events.LiveAgent(FIRST, DeviceState.IDLE, True),))
    assert offered(desk.tell(snapshot)) == [("c1", FIRST)]


def test_a_wrap_up_begins_by_the_new_rules_and_one_under_way_ends_by_the_old() -> None:
    desk = Desk(small_centre(2, wrap_up=10))
    desk.open()
    for call, agent in (("c1", FIRST), ("c2", SECOND)):
        desk.tell(arrived(call, 1))
        desk.tell(holding(call, 1))
        desk.tell(events.CallAnswered(moment(2), CallId(call), agent))
    desk.tell(events.CallEnded(moment(10), CallId("c1"), 16))
    change(desk, small_centre(2, wrap_up=60), 11)
    desk.tell(events.CallEnded(moment(12), CallId("c2"), 16))
    desk.tell(events.TimePassed(moment(20)))
    assert [one.state for one in desk.dispatcher.view().agents] == [AgentState.FREE, AgentState.WRAP_UP]
    assert desk.dispatcher.next_wakeup() == moment(72)


def test_what_is_owed_on_a_line_that_is_gone_is_still_owed() -> None:
    desk = Desk(small_centre(0))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(events.CallEnded(moment(5), CallId("c1"), 16))
    change(desk, without(small_centre(1), None, GENERAL_DID), 6)
    (owed,) = desk.dispatcher.view().obligations
    assert (owed.company, owed.due_at) == ("sever", moment(1) + timedelta(minutes=10))


def test_who_was_on_the_line_when_the_region_changed_is_not_taken_to_be_there_for_ever() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1, number="89161234567"))
    desk.tell(holding("c1", 1))
    policy = small_centre(1)
    change(desk, replace(policy, callbacks=replace(policy.callbacks, region="FI")), 2)
    desk.tell(events.CallEnded(moment(5), CallId("c1"), 16))
    assert not desk.dispatcher.centre.live_by_number


def test_the_journal_keeps_the_rules_exactly() -> None:
    policy = small_centre(2)
    policy = replace(
        policy, queues={**policy.queues, QueueName("x"): replace(policy.queues[GENERAL], name=QueueName("x"))}
    )
    event = PolicyChanged(moment(0), policy)
    assert event_from_json(event_to_json(event)) == event


def test_a_queue_that_goes_while_the_pbx_is_not_seen_holds_nobody_up_when_it_is_seen_again() -> None:
    """Its line was to be looked at as soon as the PBX is known."""
    desk = Desk(small_centre(1))
    desk.tell(arrived("c1", 1, did=EMERGENCY_DID))
    desk.tell(holding("c1", 1))
    change(desk, without(small_centre(1), EMERGENCY, None), 2)
    here = events.LiveCall(
        CallId("c1"), ChannelName("x"), moment(1), EMERGENCY_DID, Phone(""), LiveCallState.HOLDING
    )
    phone = events.LiveAgent(FIRST, DeviceState.IDLE, True)
    assert offered(desk.tell(PbxSnapshot(moment(3), (here,), (phone,)))) == [("c1", FIRST)]


def test_a_line_that_has_another_name_and_trunk_has_them_for_who_waits_and_for_what_is_owed() -> None:
    desk = Desk(small_centre(0))
    desk.open()
    for call in ("c1", "c2"):
        desk.tell(arrived(call, 1, number=f"+7916000000{call[-1]}"))
    desk.tell(events.CallEnded(moment(5), CallId("c2"), 16))
    policy = small_centre(0)
    renamed = replace(policy.lines[GENERAL_DID], label="Юг: общая")
    change(desk, replace(policy, lines={**policy.lines, GENERAL_DID: renamed}), 6)
    view = desk.dispatcher.view()
    assert [view.calls[0].label, view.obligations[0].label] == ["Юг: общая"] * 2


def test_a_callback_under_way_ends_by_the_rules_of_its_new_queue() -> None:
    shift = dialled()
    shift.tell(events.AttemptContacted(moment(20), AttemptId("ob-c1.1.1")))
    policy = shift.dispatcher.centre.policy
    longer = replace(policy.queues[GENERAL], wrap_up=timedelta(minutes=5))
    change(shift, replace(policy, queues={**policy.queues, GENERAL: longer}), 25)
    shift.tell(events.AttemptEnded(moment(30), AttemptId("ob-c1.1.1"), ContactResult.CONTACTED))
    assert shift.dispatcher.view().agents[0].wraps_up_until == moment(330)


@pytest.mark.parametrize(("gone", "expected"), [(GENERAL, EMERGENCY), (None, GENERAL)])
def test_a_callback_whose_obligation_is_closed_follows_the_queues_too(
    gone: QueueName | None, expected: QueueName
) -> None:
    shift = dialled()
    attempt = AttemptId("ob-c1.1.1")
    shift.tell(events.AttemptContacted(moment(20), attempt))
    shift.tell(events.ObligationCloseRequested(moment(21), OB1, "7", "said"))
    policy = shift.dispatcher.centre.policy
    change(shift, without(policy, gone, None) if gone else policy, 25)
    assert shift.dispatcher.centre.attempts[attempt].queue.name == expected


def test_an_agent_who_goes_while_the_pbx_is_not_seen_is_put_out_of_its_queue_by_nobody() -> None:
    desk = Desk(small_centre(1))
    desk.tell(
        PbxSnapshot(moment(0), (), (events.LiveAgent(FIRST, DeviceState.IDLE, True, in_fallback=True),))
    )
    desk.tell(events.PbxLost(moment(1)))
    decision = change(desk, small_centre(0), 2)
    assert [one for one in decision.commands if isinstance(one, SetFallbackMember)] == []


def test_an_agent_who_was_no_member_is_not_put_out_of_the_queue() -> None:
    desk = Desk(small_centre(1))
    desk.tell(
        PbxSnapshot(moment(0), (), (events.LiveAgent(FIRST, DeviceState.IDLE, False, in_fallback=False),))
    )
    decision = change(desk, small_centre(0), 2)
    assert [one for one in decision.commands if isinstance(one, SetFallbackMember)] == []


def test_the_settings_name_an_agent_no_more_whom_asterisks_queue_rings_beside_his_callback() -> None:
    """He never had that ring as ours; its end concerns nobody, and the resident is served on."""
    shift = dialled()
    shift.tell(arrived("c2", 20, number="+79160000002"))
    shift.tell(events.CallFellBack(moment(21), CallId("c2")))
    shift.tell(events.AgentRang(moment(22), CallId("c2"), FIRST, ChannelName("PJSIP/1001-2")))
    shift.tell(events.AttemptEnded(moment(25), AttemptId("ob-c1.1.1"), ContactResult.BUSY))
    change(shift, replace(shift.dispatcher.centre.policy, agents={}), 26)
    assert shift.dispatcher.view().agents == ()
    shift.tell(events.AgentRingEnded(moment(27), CallId("c2"), FIRST, OfferResult.NO_ANSWER))
    shift.tell(events.CallEnded(moment(30), CallId("c2"), 16))
    assert [one.outcome.value for one in shift.journal(CallFinished)][-1] == "abandoned"


def test_callbacks_for_which_the_new_rules_have_channels_are_made_at_once() -> None:
    shift = Shift(small_centre(2), max_in_flight=1)
    for n in (1, 2):
        shift.miss(f"c{n}", n, f"+7916000000{n}")
    shift.devices(5, DeviceState.IDLE)
    shift.due(20, OB1)
    shift.due(21, OB2)
    assert len(shift.dials) == 1
    policy = shift.dispatcher.centre.policy
    change(shift, replace(policy, callbacks=replace(policy.callbacks, max_in_flight=2)), 25)
    assert [dial.obligation for dial in shift.dials] == [OB1, OB2]
