"""Asterisk's own queue served residents while we were away: taken back in order, and no agent is rung twice."""

from __future__ import annotations

from queues.messages import events
from queues.messages.commands import FetchFromFallback, OfferCall, ReturnToHold, SetFallbackMember
from queues.messages.decision import Decision
from queues.messages.events import DeviceState, LiveCallState, PbxSnapshot
from queues.messages.journal import AgentState, CallFinished, OfferEnded
from queues.terms.identifiers import AgentId, CallId, ChannelName
from queues.terms.outcomes import OfferResult
from queues.terms.phone import Phone
from tests.support.centre import GENERAL_DID, Desk, arrived, holding, moment, small_centre
from tests.unit.queues.test_queues_pbx_queue import seen, watching

FIRST, SECOND = AgentId("1001"), AgentId("1002")


def live(call: str, arrived_at: float, state: LiveCallState, agent: AgentId | None = None) -> events.LiveCall:
    return events.LiveCall(
        CallId(call),
        ChannelName(f"PJSIP/trunk-{call}"),
        moment(arrived_at),
        GENERAL_DID,
        Phone(f"+7916123456{call[-1]}"),
        state,
        agent=agent,
    )


def phone(agent: AgentId, device: DeviceState = DeviceState.IDLE, **more: object) -> events.LiveAgent:
    return events.LiveAgent(agent, device, logged_in=True, in_fallback=True, **more)


def returned(desk: Desk, *calls: events.LiveCall, agents: tuple[events.LiveAgent, ...]) -> Decision:
    desk.tell(PbxSnapshot(moment(100), calls, agents, catching_up=True))
    return desk.tell(events.PbxCaughtUp(moment(100)))


def fetched(desk: Desk) -> list[str]:
    return [
        command.call
        for decision in desk.decisions
        for command in decision.commands
        if isinstance(command, FetchFromFallback)
    ]


def offered(decision: Decision) -> list[tuple[str, str]]:
    return [(one.call, one.agent) for one in decision.commands if isinstance(one, OfferCall)]


def state_of(desk: Desk, agent: AgentId) -> AgentState:
    return next(one.state for one in desk.dispatcher.view().agents if one.agent == agent)


def test_they_are_asked_for_in_the_order_of_their_arrival_and_served_so_however_they_come_back() -> None:
    desk = Desk(small_centre(1))
    waits = LiveCallState.FALLBACK
    returned(desk, live("c2", 50, waits), live("c1", 40, waits), agents=(phone(FIRST),))
    assert fetched(desk) == ["c1", "c2"]
    # The later one is the first to be let go: nothing is offered while the earlier may follow.
    assert not offered(desk.tell(holding("c2", 100.3)))
    assert offered(desk.tell(holding("c1", 100.9))) == [("c1", FIRST)]


def test_who_does_not_come_back_holds_the_others_up_for_two_and_a_half_seconds_only() -> None:
    desk = Desk(small_centre(1))
    waits = LiveCallState.FALLBACK
    returned(desk, live("c1", 40, waits), live("c2", 50, waits), agents=(phone(FIRST),))
    desk.tell(holding("c2", 100.3))
    for seconds in (101, 102):
        assert not offered(desk.tell(events.TimePassed(moment(seconds))))
    assert offered(desk.tell(events.TimePassed(moment(103)))) == [("c2", FIRST)]
    assert fetched(desk) == ["c1", "c2", "c1", "c1", "c1"]


def test_whoever_rings_at_an_agents_phone_is_left_to_him_and_that_agent_is_offered_nobody_else() -> None:
    desk = Desk(small_centre(1))
    decision = returned(
        desk,
        live("c1", 40, LiveCallState.FALLBACK, FIRST),
        live("c2", 50, LiveCallState.HOLDING),
        # His phone's state is told late: that it rings is known from the channels.
        agents=(phone(FIRST, DeviceState.IDLE),),
    )
    assert not offered(decision)
    assert state_of(desk, FIRST) is AgentState.OFFERED
    desk.tell(events.CallAnswered(moment(101), CallId("c1"), FIRST, by_fallback=True))
    assert state_of(desk, FIRST) is AgentState.TALKING
    desk.tell(events.CallEnded(moment(130), CallId("c1"), 16))
    (finished,) = desk.journal(CallFinished)
    assert (finished.outcome, finished.served_by) == ("answered", "fallback")


def test_a_ring_that_begins_while_he_is_being_taken_back_keeps_the_engine_from_that_agent() -> None:
    desk = Desk(small_centre(2))
    waits = LiveCallState.FALLBACK
    returned(
        desk,
        live("c1", 40, waits),
        live("c2", 50, LiveCallState.HOLDING),
        agents=(phone(FIRST), phone(SECOND)),
    )
    rang = events.AgentRang(moment(100.1), CallId("c1"), FIRST, ChannelName("PJSIP/1001-1"))
    assert offered(desk.tell(rang)) == [("c2", SECOND)]


def test_a_ring_in_vain_brings_him_back_before_asterisks_queue_rings_the_next_one() -> None:
    desk = Desk(small_centre(2))
    ringing = live("c1", 40, LiveCallState.FALLBACK, FIRST)
    returned(desk, ringing, agents=(phone(FIRST, DeviceState.RINGING), phone(SECOND)))
    desk.tell(arrived("c2", 101))
    assert offered(desk.tell(holding("c2", 101))) == [("c2", SECOND)]
    desk.tell(events.CallEnded(moment(102), CallId("c2"), 16))
    desk.tell(events.AgentLegEnded(moment(103), FIRST, ChannelName("PJSIP/1001-1"), CallId("c1")))
    desk.tell(arrived("c3", 103.1))
    # The second agent is free, but who comes back came first.
    assert not offered(desk.tell(holding("c3", 103.2)))
    assert offered(desk.tell(holding("c1", 103.9)))[0] == ("c1", SECOND)


def test_asterisk_rings_the_agent_whom_we_just_offered_another_we_give_way() -> None:
    desk = Desk(small_centre(1))
    returned(desk, agents=(phone(FIRST),))
    desk.tell(arrived("c1", 101))
    assert offered(desk.tell(holding("c1", 101))) == [("c1", FIRST)]
    desk.tell(arrived("c2", 101.1))
    desk.tell(events.CallFellBack(moment(101.1), CallId("c2")))
    decision = desk.tell(events.AgentRang(moment(101.2), CallId("c2"), FIRST, ChannelName("PJSIP/1001-1")))
    assert [one.call for one in decision.commands if isinstance(one, ReturnToHold)] == ["c1"]


def test_who_falls_back_again_and_again_is_fetched_ever_later() -> None:
    desk = Desk(small_centre(0))
    desk.open()
    desk.tell(arrived("c1", 1))
    now = 1.0
    for pause in (0, 2, 4, 8, 16, 32, 32):
        before = len(fetched(desk))
        desk.tell(events.CallFellBack(moment(now), CallId("c1")))
        assert len(fetched(desk)) - before == (pause == 0)
        if pause:
            desk.tell(events.TimePassed(moment(now + pause - 0.1)))
            assert len(fetched(desk)) == before
            desk.tell(events.TimePassed(moment(now + pause)))
        assert len(fetched(desk)) == before + 1
        now += pause + 0.5
        desk.tell(holding("c1", now))


def test_nothing_is_offered_before_all_that_happened_during_the_snapshot_is_told() -> None:
    desk = Desk(small_centre(1))
    waits = live("c1", 40, LiveCallState.HOLDING)
    desk.tell(PbxSnapshot(moment(100), (waits,), (phone(FIRST),), catching_up=True))
    # It was taken while Asterisk's queue began to ring the only agent.
    desk.tell(arrived("c2", 100))
    desk.tell(events.CallFellBack(moment(100), CallId("c2")))
    desk.tell(events.AgentRang(moment(100), CallId("c2"), FIRST, ChannelName("PJSIP/1001-1")))
    decision = desk.tell(events.PbxCaughtUp(moment(100)))
    assert not offered(decision)
    assert state_of(desk, FIRST) is AgentState.OFFERED


# ---- The fallback queue's members ----------------------------------------------------------------------------


def changes(decision: Decision) -> list[tuple[str, bool, str | None]]:
    return [
        (one.agent, one.is_member, one.pause)
        for one in decision.commands
        if isinstance(one, SetFallbackMember)
    ]


def test_at_the_start_members_are_made_what_the_agents_are() -> None:
    desk = Desk(small_centre(4))
    idle = DeviceState.IDLE
    decision = desk.tell(
        PbxSnapshot(
            moment(0),
            (),
            (
                events.LiveAgent(AgentId("1001"), idle, logged_in=True, in_fallback=False),
                events.LiveAgent(AgentId("1002"), idle, logged_in=False, in_fallback=True),
                events.LiveAgent(AgentId("1003"), idle, True, "lunch", in_fallback=True),
                events.LiveAgent(AgentId("1004"), idle, True, None, in_fallback=True),
            ),
        )
    )
    assert changes(decision) == [("1001", True, None), ("1002", False, None), ("1003", True, "lunch")]


def test_the_phones_own_codes_have_done_it_themselves_and_nothing_is_sent() -> None:
    desk = Desk(small_centre(1))
    out = events.LiveAgent(FIRST, DeviceState.IDLE, logged_in=False, in_fallback=False)
    desk.tell(PbxSnapshot(moment(0), (), (out,)))
    told = [
        events.FallbackMemberChanged(moment(1), FIRST, is_member=True),
        events.AgentLoggedIn(moment(1.1), FIRST),
        events.FallbackMemberChanged(moment(2), FIRST, is_member=True, pause="1"),
        events.AgentPaused(moment(2.1), FIRST, "1"),
        events.FallbackMemberChanged(moment(3), FIRST, is_member=True),
        events.AgentUnpaused(moment(3.1), FIRST),
        events.FallbackMemberChanged(moment(4), FIRST, is_member=False),
        events.AgentLoggedOut(moment(4.1), FIRST),
        events.TimePassed(moment(10)),
    ]
    assert [changes(desk.tell(event)) for event in told] == [[]] * len(told)


def test_whoever_logs_in_by_another_way_becomes_a_member_at_once() -> None:
    desk = Desk(small_centre(1))
    out = events.LiveAgent(FIRST, DeviceState.IDLE, logged_in=False, in_fallback=False)
    desk.tell(PbxSnapshot(moment(0), (), (out,)))
    assert changes(desk.tell(events.AgentLoggedIn(moment(1), FIRST))) == [(FIRST, True, None)]
    assert changes(desk.tell(events.AgentPaused(moment(2), FIRST, "lunch"))) == [(FIRST, True, "lunch")]
    assert changes(desk.tell(events.AgentUnpaused(moment(3), FIRST))) == [(FIRST, True, None)]
    assert changes(desk.tell(events.AgentLoggedOut(moment(4), FIRST))) == [(FIRST, False, None)]


def test_what_somebody_else_changed_is_put_right_after_two_seconds() -> None:
    desk = Desk(small_centre(1))
    desk.tell(PbxSnapshot(moment(0), (), (phone(FIRST),)))
    gone = events.FallbackMemberChanged(moment(1), FIRST, is_member=False)
    assert not changes(desk.tell(gone))
    assert changes(desk.tell(events.TimePassed(moment(3)))) == [(FIRST, True, None)]


def test_where_the_pbx_has_no_fallback_queue_nothing_is_sent() -> None:
    desk = Desk(small_centre(1))
    desk.tell(PbxSnapshot(moment(0), (), (events.LiveAgent(FIRST, DeviceState.IDLE, logged_in=True),)))
    assert not changes(desk.tell(events.AgentPaused(moment(2), FIRST, "lunch")))


def test_a_member_that_is_what_the_agent_is_needs_nothing_and_one_that_differs_is_looked_at_once() -> None:
    desk = Desk(small_centre(1))
    desk.tell(PbxSnapshot(moment(0), (), (phone(FIRST),)))
    desk.tell(events.FallbackMemberChanged(moment(1), FIRST, is_member=True))
    assert desk.dispatcher.next_wakeup() is None
    desk.tell(events.FallbackMemberChanged(moment(2), FIRST, is_member=False))
    assert desk.dispatcher.next_wakeup() == moment(4)
    # Something else about him changes meanwhile: the code may be under way still.
    decision = desk.tell(events.AgentDeviceChanged(moment(3), FIRST, DeviceState.BUSY))
    assert (decision.commands, desk.dispatcher.next_wakeup()) == ((), moment(4))
    decision = desk.tell(events.TimePassed(moment(4)))
    assert [type(one) for one in decision.commands] == [SetFallbackMember]


def test_who_comes_back_exactly_when_the_others_wait_no_longer_holds_nobody_up() -> None:
    desk = Desk(small_centre(1))
    returned(desk, live("c1", 40, LiveCallState.FALLBACK), agents=(phone(FIRST),))
    desk.tell(arrived("c2", 101, number="+79160000002"))
    assert offered(desk.tell(holding("c2", 101))) == []
    assert offered(desk.tell(events.AgentPhoneUsed(moment(102.5), FIRST, in_use=False))) == [("c2", "1001")]


def test_who_is_answered_there_without_a_ring_that_was_told_holds_nobody_up() -> None:
    desk = Desk(small_centre(2))
    returned(desk, live("c1", 40, LiveCallState.FALLBACK), agents=(phone(FIRST), phone(SECOND)))
    desk.tell(events.CallAnswered(moment(100.5), CallId("c1"), FIRST, by_fallback=True))
    desk.tell(arrived("c2", 100.6, number="+79160000002"))
    assert offered(desk.tell(holding("c2", 100.6))) == [("c2", "1002")]


def test_whom_a_watched_queue_took_from_the_fallback_is_not_fetched_from_it() -> None:
    desk = Desk(small_centre(1))
    returned(desk, live("c1", 40, LiveCallState.FALLBACK), agents=(phone(FIRST),))
    desk.tell(events.QueueJoined(moment(100.5), CallId("c1")))
    assert (desk.dispatcher.next_wakeup(), desk.dispatcher.centre.returning) == (None, {})


def test_whom_the_dialplan_takes_to_the_fallback_from_a_watched_queue_rings_no_more_where_he_was() -> None:
    desk = Desk(watching())
    desk.open()
    desk.tell(seen(4))
    desk.tell(events.QueueJoined(moment(4), CallId("c1")))
    desk.tell(events.AgentRang(moment(5), CallId("c1"), FIRST, ChannelName("PJSIP/1001-1")))
    assert state_of(desk, FIRST) is AgentState.OFFERED
    desk.tell(events.CallFellBack(moment(6), CallId("c1")))
    assert state_of(desk, FIRST) is AgentState.FREE
    assert [(one.offer, one.result) for one in desk.journal(OfferEnded)] == [
        ("c1/1.1", OfferResult.CALLER_GONE)
    ]


def test_of_who_hangs_up_while_he_is_fetched_nothing_is_left_to_be_done() -> None:
    desk = Desk(small_centre(1))
    returned(desk, live("c1", 40, LiveCallState.FALLBACK), agents=(phone(FIRST),))
    assert desk.dispatcher.next_wakeup() == moment(101)
    desk.tell(events.CallEnded(moment(100.5), CallId("c1"), 16))
    assert (desk.dispatcher.next_wakeup(), desk.dispatcher.centre.returning) == (None, {})


def test_nobody_took_him_there_and_he_is_asked_for_at_once() -> None:
    desk = Desk(small_centre(1))
    returned(desk, live("c1", 40, LiveCallState.FALLBACK), agents=(phone(FIRST),))
    desk.tell(events.AgentRang(moment(101), CallId("c1"), FIRST, ChannelName("PJSIP/1001-1")))
    ended = desk.tell(events.AgentRingEnded(moment(110), CallId("c1"), FIRST, OfferResult.NO_ANSWER))
    assert [one.call for one in ended.commands if isinstance(one, FetchFromFallback)] == ["c1"]
    assert desk.dispatcher.next_wakeup() == moment(111)
