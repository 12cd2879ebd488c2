"""Watch mode in the core: what Asterisk's own queue does becomes the same journal, and nothing is ordered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.journal import (
    CallConnected,
    CallFinished,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    HumanTaskOpened,
    ObligationOpened,
    OfferEnded,
    OfferMade,
    Outcome,
    ServedBy,
    Unexpected,
)
from queues.messages.snapshot import (
    EndedCall,
    KnownCall,
    LedgerRestored,
    LiveAgent,
    LiveCall,
    LiveCallState,
    PbxSnapshot,
)
from queues.policy import CentrePolicy, Dispatch, KeyExit, WatchPolicy
from queues.terms.identifiers import AgentId, CallId, ChannelName, Did, QueueName
from queues.terms.outcomes import DeviceState, OfferResult, QueueExit
from queues.terms.phone import Phone
from tests.support.centre import (
    EMERGENCY_DID,
    GENERAL,
    GENERAL_DID,
    Desk,
    arrived,
    holding,
    moment,
    small_centre,
)

A1, A2, C1 = AgentId("1001"), AgentId("1002"), CallId("c1")
LEG = ChannelName("PJSIP/1001-00000001")


def watching(*, key_exit: KeyExit = KeyExit.ABANDONED, dial: bool = False, agents: int = 2) -> CentrePolicy:
    """The small centre whose general queue is Asterisk's queue 500."""
    policy = small_centre(agents)
    watch = WatchPolicy(("500",), GENERAL_DID, dial_callbacks=dial, key_exit=key_exit)
    general = replace(policy.queues[GENERAL], dispatch=Dispatch.ASTERISK, watch=watch)
    return replace(policy, queues={**policy.queues, GENERAL: general})


def seen(at: float, *, arrived_at: float | None = None, did: str = "") -> events.CallWatched:
    return events.CallWatched(
        moment(at),
        C1,
        ChannelName("PJSIP/trunk-1"),
        moment(at if arrived_at is None else arrived_at),
        GENERAL,
        Did(did),
        Phone("+79161234567"),
    )


def in_queue(policy: CentrePolicy | None = None) -> Desk:
    """c1 arrived at 1 and waits in queue 500 since 4."""
    desk = Desk(policy or watching())
    desk.open()
    desk.tell(seen(4, arrived_at=1))
    desk.tell(events.QueueJoined(moment(4), C1))
    return desk


def orders(desk: Desk) -> list[object]:
    return [order for decision in desk.decisions for order in decision.commands]


def finished(desk: Desk) -> CallFinished:
    (entry,) = desk.journal(CallFinished)
    assert isinstance(entry, CallFinished)
    return entry


def test_he_counts_from_his_arrival_and_waits_from_the_queue_and_free_agents_are_not_rung_by_us() -> None:
    desk = in_queue()
    (offered,) = desk.journal(CallOffered)
    assert isinstance(offered, CallOffered)
    assert (offered.arrived_at, offered.company, offered.watched) == (moment(1), "sever", True)
    assert desk.journal(CallQueued) == [CallQueued(moment(4), C1)]
    assert not orders(desk)
    assert [call.state.value for call in desk.dispatcher.view().waiting] == ["watched"]


def test_whom_the_queue_rings_and_who_answers_is_journalled_like_our_own_offers() -> None:
    desk = in_queue()
    desk.tell(events.AgentRang(moment(5), C1, A1, LEG))
    desk.tell(events.AgentRang(moment(5), C1, A2, ChannelName("PJSIP/1002-1")))
    assert [agent.state.value for agent in desk.dispatcher.view().agents] == ["offered", "offered"]
    desk.tell(events.AgentRingEnded(moment(20), C1, A1, OfferResult.NO_ANSWER))
    desk.tell(events.AgentRang(moment(22), C1, A1, LEG))
    desk.tell(events.CallAnswered(moment(24), C1, A1))
    assert [agent.state.value for agent in desk.dispatcher.view().agents] == ["talking", "free"]
    (connected,) = desk.journal(CallConnected)
    assert isinstance(connected, CallConnected)
    assert (connected.at, connected.agent, connected.served_by) == (moment(24), A1, ServedBy.ASTERISK)
    assert connected.offer == "c1/1.3"
    assert len(desk.journal(OfferMade)) == 3
    assert [(one.offer, one.result) for one in desk.journal(OfferEnded) if isinstance(one, OfferEnded)] == [
        ("c1/1.1", OfferResult.NO_ANSWER),
        ("c1/1.2", OfferResult.CALLER_GONE),
    ]
    desk.tell(events.CallEnded(moment(60), C1, 16))
    assert finished(desk).outcome is Outcome.ANSWERED
    assert not orders(desk)


@pytest.mark.parametrize(
    ("exit_", "outcome"),
    [
        (QueueExit.ABANDONED, Outcome.ABANDONED),
        (QueueExit.KEY, Outcome.ABANDONED),
        (QueueExit.TIMED_OUT, Outcome.REJECTED),
        (QueueExit.LEFT_EMPTY, Outcome.REJECTED),
        (QueueExit.WITHDRAWN, Outcome.REJECTED),
    ],
)
def test_every_exit_has_its_one_outcome_and_owes_a_contact(exit_: QueueExit, outcome: Outcome) -> None:
    desk = in_queue()
    desk.tell(events.QueueLeft(moment(30), C1, exit_))
    desk.tell(events.CallEnded(moment(31), C1, 16))
    assert (finished(desk).outcome, finished(desk).served_by) == (outcome, ServedBy.ASTERISK)
    assert desk.journal(CallLeftQueue) == [CallLeftQueue(moment(30), C1, exit_)]
    assert len(desk.journal(ObligationOpened)) == 1


@pytest.mark.parametrize("exit_", [QueueExit.JOIN_EMPTY, QueueExit.FULL])
def test_who_is_not_let_in_counts_and_never_waited_in_the_queue(exit_: QueueExit) -> None:
    desk = Desk(watching())
    desk.open()
    desk.tell(seen(4, arrived_at=1))
    desk.tell(events.QueueLeft(moment(4), C1, exit_))
    desk.tell(events.CallEnded(moment(6), C1, 16))
    assert finished(desk).outcome is Outcome.REJECTED
    assert not desk.journal(CallQueued)
    assert len(desk.journal(ObligationOpened)) == 1


def test_what_asterisk_says_later_about_an_exit_is_believed() -> None:
    """QueueCallerAbandon comes for a timeout as well; QUEUESTATUS tells a moment later."""
    desk = in_queue()
    desk.tell(events.QueueLeft(moment(30), C1, QueueExit.ABANDONED))
    desk.tell(events.QueueLeft(moment(30), C1, QueueExit.TIMED_OUT))
    desk.tell(events.CallEnded(moment(35), C1, 16))
    assert finished(desk).outcome is Outcome.REJECTED


def test_from_one_queue_to_the_next_he_is_one_call_and_a_human_at_last_is_an_answer() -> None:
    desk = in_queue()
    desk.tell(events.QueueLeft(moment(30), C1, QueueExit.TIMED_OUT))
    desk.tell(seen(31))
    desk.tell(events.QueueJoined(moment(31), C1))
    desk.tell(events.QueueLeft(moment(50), C1, QueueExit.LEFT_EMPTY))
    desk.tell(events.CallAnswered(moment(55), C1, None))
    desk.tell(events.CallEnded(moment(90), C1, 16))
    assert len(desk.journal(CallOffered)) == 1
    assert len(desk.journal(CallQueued)) == 1
    assert finished(desk).outcome is Outcome.ANSWERED
    assert not desk.journal(ObligationOpened)


def test_a_key_that_asks_for_a_callback_is_one_where_the_settings_say_so() -> None:
    desk = in_queue(watching(key_exit=KeyExit.CALLBACK))
    desk.tell(events.QueueLeft(moment(30), C1, QueueExit.KEY))
    desk.tell(events.CallEnded(moment(33), C1, 16))
    assert finished(desk).outcome is Outcome.CALLBACK_REQUESTED


def test_a_missed_call_becomes_a_task_and_is_dialled_only_where_the_settings_say_so() -> None:
    only_tasks, dialling = in_queue(), in_queue(watching(dial=True))
    for desk in (only_tasks, dialling):
        desk.tell(events.QueueLeft(moment(30), C1, QueueExit.ABANDONED))
        desk.tell(events.CallEnded(moment(30), C1, 16))
    (task,) = only_tasks.journal(HumanTaskOpened)
    assert isinstance(task, HumanTaskOpened)
    assert task.reason == "watched_only"
    assert not dialling.journal(HumanTaskOpened)


def test_sent_on_to_callengine_the_engine_serves_him_in_the_place_of_his_arrival() -> None:
    desk = in_queue(watching(agents=1))
    desk.tell(events.QueueLeft(moment(30), C1, QueueExit.TIMED_OUT))
    desk.tell(arrived("c1", 30))
    desk.tell(holding("c1", 30))
    assert [type(order).__name__ for order in orders(desk)] == ["OfferCall"]
    desk.tell(events.CallEnded(moment(32), C1, 16))
    assert finished(desk).outcome is Outcome.ABANDONED
    assert finished(desk).served_by is ServedBy.ENGINE


def test_an_agent_of_asterisks_queues_is_never_paused_by_us() -> None:
    policy = watching(dial=True, agents=1)
    only = replace(policy.agents[A1], queues=frozenset({GENERAL}))
    desk = Desk(replace(policy, agents={A1: only}))
    desk.open()
    for n in range(4):
        desk.tell(replace(seen(n * 40 + 1), call=CallId(f"c{n}")))
        desk.tell(events.QueueJoined(moment(n * 40 + 1), CallId(f"c{n}")))
        desk.tell(events.AgentRang(moment(n * 40 + 2), CallId(f"c{n}"), A1, LEG))
        desk.tell(events.AgentRingEnded(moment(n * 40 + 20), CallId(f"c{n}"), A1, OfferResult.NO_ANSWER))
    assert desk.dispatcher.view().agents[0].state.value == "free"
    assert not orders(desk)


def test_after_a_gap_what_the_queue_log_tells_settles_known_and_unknown_calls() -> None:
    desk = Desk(watching())
    desk.tell(
        LedgerRestored(
            moment(100),
            (
                KnownCall(
                    C1, moment(1), GENERAL_DID, Phone("+79161234567"), queued_at=moment(4), watched=True
                ),
                KnownCall(
                    CallId("c2"),
                    moment(2),
                    GENERAL_DID,
                    Phone("+79161234568"),
                    queued_at=moment(4),
                    answered_at=moment(9),
                    agent=A1,
                    watched=True,
                ),
            ),
        )
    )
    general = QueueName("general")
    gone = EndedCall(
        C1, moment(1), GENERAL_DID, Phone(""), moment(50), watched=general, exit=QueueExit.TIMED_OUT
    )
    missed = EndedCall(
        CallId("c3"),
        moment(40),
        GENERAL_DID,
        Phone("+79161234569"),
        moment(70),
        watched=general,
        queued_at=moment(41),
        exit=QueueExit.ABANDONED,
    )
    talks = LiveCall(
        CallId("c4"),
        ChannelName("PJSIP/trunk-4"),
        moment(60),
        GENERAL_DID,
        Phone("+79161234560"),
        LiveCallState.TALKING,
        agent=A2,
        answered_at=moment(66),
        watched=general,
        queued_at=moment(61),
    )
    desk.tell(PbxSnapshot(moment(101), (talks,), (), ended=(gone, missed)))
    outcomes = {
        entry.call: (entry.outcome.value, entry.at)
        for entry in desk.journal(CallFinished)
        if isinstance(entry, CallFinished)
    }
    assert outcomes == {
        "c1": ("rejected", moment(50)),
        "c2": ("answered", moment(101)),
        "c3": ("abandoned", moment(70)),
    }
    assert {call.call: call.answered_at for call in desk.dispatcher.view().calls} == {"c4": moment(66)}
    assert not desk.journal(Unexpected)
    assert len(desk.journal(ObligationOpened)) == 2


def test_the_fallback_queues_rings_are_measured_the_same_way() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(events.CallFellBack(moment(2), C1))
    desk.tell(events.AgentRang(moment(3), C1, A1, LEG))
    desk.tell(events.CallAnswered(moment(5), C1, A1, by_fallback=True))
    (connected,) = desk.journal(CallConnected)
    assert isinstance(connected, CallConnected)
    assert (connected.offer, connected.served_by) == ("c1/1.1", ServedBy.FALLBACK)


def test_whose_call_nobody_can_tell_is_the_first_line_of_the_queue_or_else_an_unlisted_one() -> None:
    policy = watching()
    watch = WatchPolicy(("500",))
    queues = {**policy.queues, GENERAL: replace(policy.queues[GENERAL], watch=watch)}
    in_order = {EMERGENCY_DID: policy.lines[EMERGENCY_DID], GENERAL_DID: policy.lines[GENERAL_DID]}
    desk = Desk(replace(policy, queues=queues, lines=in_order))
    desk.open()
    desk.tell(seen(4, did="74950000000"))
    assert desk.dispatcher.view().calls[0].did == GENERAL_DID
    desk = Desk(replace(policy, queues=queues, lines={EMERGENCY_DID: policy.lines[EMERGENCY_DID]}))
    desk.open()
    desk.tell(seen(4, did="74950000000"))
    assert desk.dispatcher.view().calls[0].did == "74950000000"


def test_a_ring_that_is_told_twice_or_of_nobodys_phone_is_one_offer() -> None:
    desk = in_queue()
    for agent in (A1, A1, AgentId("9999")):
        desk.tell(events.AgentRang(moment(5), C1, agent, LEG))
    assert len(desk.journal(OfferMade)) == 1
    for _ in range(2):
        desk.tell(events.AgentRingEnded(moment(9), C1, A1, OfferResult.NO_ANSWER))
    assert len(desk.journal(OfferEnded)) == 1


def test_whoever_talks_already_is_not_taken_from_his_talk_by_asterisks_ring() -> None:
    desk = in_queue()
    desk.tell(arrived("c2", 5, did=EMERGENCY_DID, number="+79160000002"))
    desk.tell(holding("c2", 5))
    desk.tell(events.CallAnswered(moment(6), CallId("c2"), A1))
    desk.tell(events.AgentRang(moment(7), C1, A1, LEG))
    desk.tell(events.AgentRingEnded(moment(9), C1, A1, OfferResult.NO_ANSWER))
    assert [agent.state.value for agent in desk.dispatcher.view().agents] == ["talking", "free"]
    assert len(desk.journal(OfferEnded)) == 1


def test_who_joins_a_watched_queue_from_our_line_leaves_it_and_what_he_left_before_is_forgotten() -> None:
    desk = Desk(watching(agents=0))
    desk.open()
    desk.tell(seen(1))
    desk.tell(events.QueueLeft(moment(2), C1, QueueExit.FULL))
    desk.tell(holding("c1", 3))
    assert C1 in desk.dispatcher.centre.waiters
    desk.tell(events.QueueJoined(moment(4), C1))
    assert C1 not in desk.dispatcher.centre.waiters
    desk.tell(events.CallEnded(moment(9), C1, 16))
    assert finished(desk).outcome is Outcome.ABANDONED


def test_whom_a_watched_queue_rang_when_he_came_to_our_line_is_free_for_him() -> None:
    desk = in_queue()
    desk.tell(events.AgentRang(moment(5), C1, A1, LEG))
    desk.tell(holding("c1", 6))
    assert [(one.offer, one.result) for one in desk.journal(OfferEnded)] == [
        ("c1/1.1", OfferResult.CALLER_GONE)
    ]
    assert desk.dispatcher.centre.calls[C1].rings == {}


def test_who_works_for_asterisks_queues_only_is_put_into_no_fallback_queue() -> None:
    policy = watching(agents=1)
    only = replace(policy.agents[A1], queues=frozenset({GENERAL}))
    desk = Desk(replace(policy, agents={A1: only}))
    phone = LiveAgent(A1, DeviceState.IDLE, logged_in=True, in_fallback=False)
    desk.tell(PbxSnapshot(moment(0), (), (phone,)))
    desk.tell(events.FallbackMemberChanged(moment(1), A1, is_member=False))
    assert (orders(desk), desk.dispatcher.next_wakeup()) == ([], None)
