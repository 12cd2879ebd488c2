"""What people at the desk ask for: each wish once, done as the phone's codes do it, or refused with nothing changed."""

from __future__ import annotations

from typing import TypeVar

import pytest

from queues.desk import commands
from queues.messages import events
from queues.messages.commands import KeepLoggedIn, OfferCall, SetFallbackMember
from queues.messages.events import DeskCommand, LiveAgent, MessageLeft, PbxSnapshot
from queues.messages.journal import (
    AgentStateChanged,
    CallbacksSwitched,
    CallMoved,
    CommandDecided,
    DispositionNoted,
    MessageClosed,
    ObligationClosed,
    TaskAssigned,
)
from queues.terms.desk_words import REFUSALS_IN_WORDS, CommandKind, CommandRefusal
from queues.terms.identifiers import AgentId, CallId, MessageId, ObligationId, QueueName
from queues.terms.outcomes import DeviceState, Disposition, Review
from tests.support.centre import EMERGENCY, GENERAL, Desk, agent_ready, arrived, holding, moment, small_centre
from tests.support.shift import OB1, dialled

A1, A2 = AgentId("1001"), AgentId("1002")
K = CommandKind
_T = TypeVar("_T")


def open_desk(agents: int = 2) -> Desk:
    desk = Desk(small_centre(agents))
    phones = tuple(
        LiveAgent(AgentId(f"{1001 + n}"), DeviceState.IDLE, False, in_fallback=False) for n in range(agents)
    )
    desk.tell(PbxSnapshot(moment(0), (), phones))
    return desk


def ask(desk: Desk, id_: str, kind: CommandKind, at: float = 1, **about: object) -> CommandRefusal | None:
    """What the core decides; that it decides at all."""
    before = len(decided(desk))
    desk.tell(DeskCommand(moment(at), id_, kind, "7", "Петрова", **about))
    (one,) = decided(desk)[before:]
    assert (one.command, one.kind, one.account, one.by) == (id_, kind, "7", "Петрова")
    return one.refusal


def noted(desk: Desk, kind: type[_T]) -> list[_T]:
    return [one for decision in desk.decisions for one in decision.journal if isinstance(one, kind)]


def ordered(desk: Desk, kind: type[_T]) -> list[_T]:
    return [one for decision in desk.decisions for one in decision.commands if isinstance(one, kind)]


def decided(desk: Desk) -> list[CommandDecided]:
    return list(noted(desk, CommandDecided))


def logged_in(desk: Desk, *agents: AgentId) -> None:
    for agent in agents:
        for event in agent_ready(agent):
            desk.tell(event)


def test_an_agent_logs_in_pauses_changes_the_reason_comes_back_and_logs_out() -> None:
    desk = open_desk()
    assert ask(desk, "a", K.AGENT_LOG_IN, 1, agent=A1) is None
    assert ask(desk, "b", K.AGENT_PAUSE, 2, agent=A1, reason="lunch") is None
    assert ask(desk, "c", K.AGENT_PAUSE, 3, agent=A1, reason="break") is None
    assert ask(desk, "d", K.AGENT_UNPAUSE, 4, agent=A1) is None
    assert ask(desk, "e", K.AGENT_LOG_OUT, 5, agent=A1) is None
    states = [(one.state, one.reason) for one in noted(desk, AgentStateChanged) if one.agent == A1]
    assert states == [
        ("free", ""),
        ("paused", "lunch"),
        ("paused", "break"),
        ("free", ""),
        ("logged_out", ""),
    ]
    kept = [one.logged_in for one in ordered(desk, KeepLoggedIn)]
    assert kept == [True, False]
    members = [(one.is_member, one.pause) for one in ordered(desk, SetFallbackMember)]
    assert members[0] == (True, None)
    assert (True, "lunch") in members
    assert members[-1] == (False, None)


def test_the_same_by_the_phone_and_by_the_desk_leaves_the_same_agent() -> None:
    by_phone, by_desk = open_desk(), open_desk()
    logged_in(by_phone, A1)
    by_phone.tell(events.AgentPaused(moment(2), A1, "lunch"))
    ask(by_desk, "a", K.AGENT_LOG_IN, 0, agent=A1)
    ask(by_desk, "b", K.AGENT_PAUSE, 2, agent=A1, reason="lunch")
    assert by_phone.dispatcher.agent(A1) == by_desk.dispatcher.agent(A1)


def test_a_repeated_id_does_nothing_and_says_nothing_new() -> None:
    desk = open_desk()
    logged_in(desk, A1)
    ask(desk, "a", K.AGENT_PAUSE, 2, agent=A1)
    desk.tell(events.AgentUnpaused(moment(3), A1))
    before = len(noted(desk, object))
    desk.tell(DeskCommand(moment(4), "a", K.AGENT_PAUSE, "7", "Петрова", agent=A1))
    assert len(noted(desk, object)) == before
    assert desk.dispatcher.agent(A1).state == "free"


def test_what_came_too_late_is_not_done_and_a_duty_is_never_too_late() -> None:
    desk = open_desk()
    logged_in(desk, A1)
    late = {"expires_at": moment(5)}
    assert ask(desk, "a", K.AGENT_PAUSE, 6, agent=A1, **late) is CommandRefusal.TOO_LATE
    assert desk.dispatcher.agent(A1).state == "free"
    assert ask(desk, "b", K.AGENT_PAUSE, 100_000, agent=A1) is None


@pytest.mark.parametrize(
    ("kind", "about", "refusal"),
    [
        (K.AGENT_PAUSE, {"agent": A1}, CommandRefusal.LOGGED_OUT),
        (K.AGENT_UNPAUSE, {"agent": A1}, CommandRefusal.LOGGED_OUT),
        (K.AGENT_LOG_OUT, {"agent": A1}, CommandRefusal.LOGGED_OUT),
        (K.AGENT_LOG_IN, {"agent": AgentId("9")}, CommandRefusal.UNKNOWN_AGENT),
        (K.AGENT_END_WRAP_UP, {"agent": A1}, CommandRefusal.NO_WRAP_UP),
        (K.CALL_GIVE, {"call": CallId("gone"), "agent": A1}, CommandRefusal.NOT_WAITING),
        (K.CALL_MOVE, {"call": CallId("gone"), "queue": EMERGENCY}, CommandRefusal.NOT_WAITING),
        (K.CALL_RAISE, {}, CommandRefusal.NOT_WAITING),
        (K.CALLBACK_ASSIGN, {"obligation": ObligationId("ob-x")}, CommandRefusal.NOT_OWED),
        (
            K.CALLBACK_CLOSE,
            {"obligation": ObligationId("ob-x"), "reason": "said"},
            CommandRefusal.NOT_OWED,
        ),
        (K.CALLBACK_DISPOSE, {"obligation": ObligationId("ob-x")}, CommandRefusal.NOT_OWED),
        (K.MESSAGE_REVIEW, {"message": MessageId("x"), "review": Review.DONE}, CommandRefusal.NO_MESSAGE),
        (K.MESSAGE_REVIEW, {"message": MessageId("x")}, CommandRefusal.INCOMPLETE),
        (K.CALLBACKS_STOP, {}, CommandRefusal.INCOMPLETE),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason_and_changes_nothing(
    kind: CommandKind, about: dict[str, object], refusal: CommandRefusal
) -> None:
    desk = open_desk()
    before = desk.dispatcher.view()
    assert ask(desk, "a", kind, **about) is refusal
    assert desk.dispatcher.view() == before
    assert set(REFUSALS_IN_WORDS) == set(CommandRefusal)


def test_nothing_is_done_with_phones_while_the_pbx_is_not_seen() -> None:
    desk = open_desk()
    logged_in(desk, A1)
    desk.tell(events.PbxLost(moment(2)))
    assert ask(desk, "a", K.AGENT_PAUSE, 3, agent=A1) is CommandRefusal.PBX_AWAY
    assert ask(desk, "b", K.CALL_RAISE, 3, call=CallId("c1")) is CommandRefusal.PBX_AWAY


def test_the_end_of_wrap_up() -> None:
    desk = open_desk()
    logged_in(desk, A1)
    for event in (
        arrived("c1", 1),
        holding("c1", 2),
        events.CallAnswered(moment(3), CallId("c1"), A1),
        events.CallEnded(moment(4), CallId("c1"), 16),
    ):
        desk.tell(event)
    wrapping = desk.dispatcher.agent(A1)
    assert (wrapping.state, wrapping.wraps_up_until) == ("wrap_up", moment(14))
    assert ask(desk, "a", K.AGENT_END_WRAP_UP, 5, agent=A1) is None
    assert desk.dispatcher.agent(A1).state == "free"


def waiting(desk: Desk, *calls: str) -> None:
    for n, call in enumerate(calls, 1):
        desk.tell(arrived(call, n, number=f"+7916000000{n}"))
        desk.tell(holding(call, n + 0.5))


def test_a_raised_caller_is_served_before_all_others_and_it_is_written_who_wanted_it() -> None:
    desk = open_desk()
    waiting(desk, "c1", "c2", "c3")
    assert ask(desk, "a", K.CALL_RAISE, 10, call=CallId("c3")) is None
    assert [one.call for one in desk.dispatcher.view().waiting] == ["c3", "c1", "c2"]
    (moved,) = list(noted(desk, CallMoved))
    assert (moved.call, moved.raised, moved.by) == ("c3", True, "Петрова")
    logged_in(desk, A1)
    assert [one.call for one in ordered(desk, OfferCall)] == ["c3"]


def test_a_caller_who_is_moved_waits_there_by_his_arrival_and_comes_back_there_after_an_offer() -> None:
    desk = open_desk()
    waiting(desk, "c1", "c2")
    assert ask(desk, "a", K.CALL_MOVE, 10, call=CallId("c2"), queue=EMERGENCY) is None
    assert [(one.call, one.queue) for one in desk.dispatcher.view().waiting] == [
        ("c2", EMERGENCY),
        ("c1", GENERAL),
    ]
    unknown = ask(desk, "b", K.CALL_MOVE, 11, call=CallId("c1"), queue=QueueName("nowhere"))
    assert unknown is CommandRefusal.UNKNOWN_QUEUE
    logged_in(desk, A1)
    (offered,) = list(ordered(desk, OfferCall))
    assert offered.call == "c2"
    desk.tell(events.CallHolding(moment(30), CallId("c2"), offered.offer, events.OfferResult.NO_ANSWER))
    assert desk.dispatcher.call(CallId("c2")).queue == EMERGENCY


def test_a_caller_is_given_to_a_certain_agent_who_must_be_free() -> None:
    desk = open_desk()
    desk.tell(events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY))
    for agent in (A1, A2):
        desk.tell(events.AgentLoggedIn(moment(0), agent))
    ask(desk, "p", K.AGENT_PAUSE, 0.5, agent=A2)
    waiting(desk, "c1", "c2")
    assert ask(desk, "a", K.CALL_GIVE, 10, call=CallId("c2"), agent=A1) is CommandRefusal.AGENT_BUSY
    desk.tell(events.PbxLost(moment(11)))
    assert ask(desk, "b", K.CALL_GIVE, 12, call=CallId("c2"), agent=A2) is CommandRefusal.PBX_AWAY


def test_a_caller_is_given_across_queues_while_others_wait_longer() -> None:
    policy = small_centre(1)
    desk = Desk(policy)
    night = policy.agents[A1]
    desk.policy.agents[A1] = type(night)(night.id, night.name, night.endpoint, frozenset({EMERGENCY}))  # type: ignore[index]
    desk = Desk(desk.policy)
    desk.tell(PbxSnapshot(moment(0), (), (LiveAgent(A1, DeviceState.IDLE, True),)))
    waiting(desk, "c1", "c2")
    assert list(ordered(desk, OfferCall)) == []
    assert ask(desk, "a", K.CALL_GIVE, 10, call=CallId("c2"), agent=A1) is None
    (offered,) = list(ordered(desk, OfferCall))
    assert (offered.call, offered.agent) == ("c2", A1)


def missed(desk: Desk) -> ObligationId:
    """A resident with a number that may not be dialled: a human's task."""
    desk.tell(arrived("c9", 1, number=""))
    desk.tell(holding("c9", 1.5))
    desk.tell(events.CallEnded(moment(3), CallId("c9"), 16))
    return ObligationId("ob-c9")


def test_a_task_is_taken_and_closed_with_a_reason() -> None:
    desk = open_desk()
    owed = missed(desk)
    assert ask(desk, "a", K.CALLBACK_ASSIGN, 4, obligation=owed) is None
    assert desk.dispatcher.obligation(owed).taken_by == "Петрова"
    assert ask(desk, "b", K.CALLBACK_CLOSE, 5, obligation=owed) is CommandRefusal.INCOMPLETE
    early = {"contacted_at": moment(-60)}
    assert (
        ask(desk, "c", K.CALLBACK_CLOSE, 5, obligation=owed, reason="said", **early)
        is CommandRefusal.INCOMPLETE
    )
    assert ask(desk, "d", K.CALLBACK_DISPOSE, 5, obligation=owed) is CommandRefusal.INCOMPLETE
    told = {"reason": "talked to him", "contacted_at": moment(5)}
    assert ask(desk, "e", K.CALLBACK_CLOSE, 6, obligation=owed, **told) is None
    (taken,) = list(noted(desk, TaskAssigned))
    (closed,) = list(noted(desk, ObligationClosed))
    assert (taken.to, closed.by, closed.reason, closed.contacted_at) == (
        "Петрова",
        "Петрова",
        "talked to him",
        moment(5),
    )
    assert ask(desk, "f", K.CALLBACK_CLOSE, 7, obligation=owed, **told) is CommandRefusal.NOT_OWED


def test_a_message_is_reviewed_and_callbacks_are_stopped_and_go_on() -> None:
    desk = open_desk()
    desk.tell(arrived("c9", 1))
    desk.tell(holding("c9", 1.5))
    desk.tell(events.ChoiceMade(moment(2), CallId("c9"), events.Choice.MESSAGE))
    desk.tell(MessageLeft(moment(3), CallId("c9"), "/m.wav"))
    desk.tell(events.CallEnded(moment(4), CallId("c9"), 16))
    assert ask(desk, "a", K.MESSAGE_REVIEW, 5, message=MessageId("c9"), review=Review.DONE) is None
    (closed,) = list(noted(desk, MessageClosed))
    assert closed.by == "Петрова"
    assert ask(desk, "b", K.CALLBACKS_STOP, 6, reason="strike") is None
    assert ask(desk, "c", K.CALLBACKS_STOP, 7, reason="strike") is None
    assert ask(desk, "d", K.CALLBACKS_GO_ON, 8, reason="over") is None
    switched = [one.enabled for one in noted(desk, CallbacksSwitched)]
    assert switched == [False, True]


def test_what_the_desk_says_of_a_callback_is_taken_once_it_reached_somebody() -> None:
    shift = dialled()
    about = {"obligation": OB1}
    assert ask(shift, "a", K.CALLBACK_DISPOSE, 20, **about) is CommandRefusal.INCOMPLETE
    reached = {**about, "disposition": Disposition.REACHED}
    assert ask(shift, "b", K.CALLBACK_DISPOSE, 21, **reached) is CommandRefusal.NOT_REACHED
    assert ask(shift, "c", K.CALLBACK_ASSIGN, 22, **about) is CommandRefusal.NO_TASK
    shift.reach(30)
    assert ask(shift, "d", K.CALLBACK_DISPOSE, 45, **reached) is None
    assert shift.closed == [("contacted", moment(30))]
    assert noted(shift, DispositionNoted) == [
        DispositionNoted(moment(45), OB1, Disposition.REACHED, "Петрова")
    ]


def test_a_caller_is_given_to_nobody_who_is_unknown_or_out() -> None:
    desk = open_desk()
    waiting(desk, "c1")
    about = {"call": CallId("c1")}
    assert ask(desk, "a", K.CALL_GIVE, 5, agent=AgentId("9999"), **about) is CommandRefusal.UNKNOWN_AGENT
    assert ask(desk, "b", K.CALL_GIVE, 5, agent=A1, **about) is CommandRefusal.LOGGED_OUT
    assert ordered(desk, OfferCall) == []


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (K.AGENT_LOG_OUT, CommandRefusal.LOGGED_OUT),
        (K.AGENT_PAUSE, CommandRefusal.LOGGED_OUT),
        (K.AGENT_UNPAUSE, CommandRefusal.LOGGED_OUT),
        (K.AGENT_END_WRAP_UP, CommandRefusal.NO_WRAP_UP),
    ],
)
def test_of_an_agent_who_is_out_or_unknown_only_his_coming_can_be_asked(
    kind: CommandKind, refusal: CommandRefusal
) -> None:
    desk = open_desk()
    assert ask(desk, "a", kind, agent=A1) is refusal
    assert ask(desk, "b", kind, agent=AgentId("9999")) is CommandRefusal.UNKNOWN_AGENT
    assert ordered(desk, KeepLoggedIn) == []


def test_whoever_is_not_on_pause_comes_back_from_none_and_who_logs_in_twice_ends_his_pause() -> None:
    desk = open_desk()
    logged_in(desk, A1)
    assert ask(desk, "a", K.AGENT_UNPAUSE, 1, agent=A1) is CommandRefusal.NOT_PAUSED
    assert ask(desk, "b", K.AGENT_PAUSE, 2, agent=A1) is None
    assert desk.dispatcher.agent(A1).pause_reason == "pause"
    assert ask(desk, "c", K.AGENT_LOG_IN, 3, agent=A1) is None
    assert (desk.dispatcher.agent(A1).state, ordered(desk, KeepLoggedIn)) == ("free", [])


def test_of_many_thousand_commands_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger knows the older ones."""
    monkeypatch.setattr(commands, "MOST_REMEMBERED", 3)
    desk = open_desk()
    for id_ in ("a", "b", "c", "d"):
        ask(desk, id_, K.AGENT_LOG_IN, agent=A2)
    assert list(desk.dispatcher.centre.decided) == ["b", "c", "d"]


def test_the_callbacks_are_stopped_once_and_go_on_once() -> None:
    desk = open_desk()
    for id_, kind in (("a", K.CALLBACKS_GO_ON), ("b", K.CALLBACKS_STOP), ("c", K.CALLBACKS_STOP)):
        assert ask(desk, id_, kind, reason="storm") is None
    assert [one.enabled for one in noted(desk, CallbacksSwitched)] == [False]
