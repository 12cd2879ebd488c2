"""The desk's picture of the centre: a snapshot and what followed give what the engine would show."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callengine.control import live_messages as live
from callengine.desk.agent_page.pops.happenings import on_the_line
from callengine.desk.engine_link.picture import LostThread, Picture, followed, passed_over
from tests.support.manual_clock import NOON

SNAPSHOT = live.Snapshot(
    n=0,
    at=NOON,
    synced=True,
    calls=(
        live.LiveCall(
            call="c1",
            company="sever",
            queue="general",
            label="УК Север",
            number="+79160000000",
            state="waiting",
            arrived_at=NOON,
            answered_at=None,
            agent=None,
        ),
    ),
    agents=(
        live.LiveAgent(agent="1001", name="Иванова", state="free", pause_reason="", call=None, since=None),
    ),
)


def after(*messages: live.Live) -> Picture:
    picture = followed(None, SNAPSHOT)
    for message in messages:
        picture = followed(picture, message)
    return picture


def test_a_call_goes_from_arrival_over_a_refused_offer_to_its_end() -> None:
    arrived = live.CallArrived(
        n=1,
        at=NOON,
        call="c2",
        company="zarya",
        queue="general",
        did="74951234502",
        number="",
        caller_name="",
        arrived_at=NOON,
    )
    steps: list[live.Live] = [
        arrived,
        live.CallWaits(n=2, at=NOON, call="c2"),
        live.CallOffered(n=3, at=NOON, call="c2", offer="o1", agent="1001"),
        live.OfferOver(n=4, at=NOON, offer="o1", result="declined"),
        live.CallOffered(n=5, at=NOON, call="c2", offer="o2", agent="1001"),
        live.CallAnswered(n=6, at=NOON, call="c2", agent="1001"),
        live.CallHandedOver(n=7, at=NOON, call="c2", agent="1002"),
    ]
    seen = [after(*steps[: n + 1]).calls["c2"] for n in range(len(steps))]
    assert [(one.state, one.agent) for one in seen] == [
        ("arrived", None),
        ("waiting", None),
        ("offered", "1001"),
        ("waiting", None),
        ("offered", "1001"),
        ("talking", "1001"),
        ("talking", "1002"),
    ]
    ended = after(*steps, live.CallEnded(n=8, at=NOON, call="c2", outcome="answered"))
    assert set(ended.calls) == {"c1"}


def test_the_end_of_an_old_offer_does_not_touch_a_call_that_was_answered_meanwhile() -> None:
    picture = after(
        live.CallOffered(n=1, at=NOON, call="c1", offer="o1", agent="1001"),
        live.CallAnswered(n=2, at=NOON, call="c1", agent="1001"),
        live.OfferOver(n=3, at=NOON, offer="o1", result="answered"),
    )
    assert (picture.calls["c1"].state, picture.calls["c1"].agent) == ("talking", "1001")


def test_an_agents_state_its_reason_and_since_when() -> None:
    at = NOON + timedelta(seconds=9)
    agent = after(live.AgentIs(n=1, at=at, agent="1001", state="paused", reason="обед")).agents["1001"]
    assert (agent.state, agent.pause_reason, agent.since, agent.name) == ("paused", "обед", at, "Иванова")


def test_an_agent_who_was_in_no_snapshot_is_taken_up_with_his_name_and_queues() -> None:
    said = live.AgentIs(
        n=1, at=NOON, agent="1009", state="free", reason="", name="Петрова", queues=("general",)
    )
    agent = after(said).agents["1009"]
    assert (agent.name, agent.state, agent.queues) == ("Петрова", "free", ("general",))
    assert (
        after(live.AgentIs(n=1, at=NOON, agent="1009", state="free", reason="")).agents["1009"].name == "1009"
    )


OWED = live.LiveObligation(
    obligation="ob-c9",
    company="sever",
    queue="general",
    label="УК Север",
    number="+79160000009",
    state="planned",
    arrived_at=NOON,
    due_at=NOON + timedelta(minutes=10),
    overdue=False,
    why="abandoned",
    task="",
    taken_by="",
    dials=0,
    not_before=None,
)
LEFT = live.LiveVoiceMessage(
    message="c9",
    company="sever",
    queue="general",
    left_at=NOON,
    due_at=NOON + timedelta(minutes=10),
    opened_at=None,
    obligation="ob-c9",
    number="+79160000009",
)


def test_what_is_owed_is_seen_from_its_opening_over_a_callback_to_its_closing() -> None:
    steps: list[live.Live] = [
        live.Owed(n=1, at=NOON, owed=OWED),
        live.CallbackOffered(n=2, at=NOON, attempt="ob-c9.1.1", agent="1001", owed=OWED),
        live.CallbackIs(n=3, at=NOON, attempt="ob-c9.1.1", state="dialling", agent=None),
        live.CallbackIs(n=4, at=NOON, attempt="ob-c9.1.1", state="talking", agent="1002"),
        live.CallbackOver(n=5, at=NOON, attempt="ob-c9.1.1", obligation="ob-c9", result="contacted"),
        live.OwedNoMore(n=6, at=NOON, obligation="ob-c9", closing="contacted"),
    ]
    pictures = [after(*steps[: n + 1]) for n in range(len(steps))]
    assert [one.due_at for one in pictures[0].next_owed(["general"])] == [NOON + timedelta(minutes=10)]
    assert pictures[0].next_owed(["night"]) == ()
    seen = [
        [(one.state, one.agent, one.obligation) for one in picture.dials.values()] for picture in pictures
    ]
    assert seen[1:4] == [
        [("ringing_agent", "1001", "ob-c9")],
        [("dialling", "1001", "ob-c9")],
        [("talking", "1002", "ob-c9")],
    ]
    assert [list(picture.owed) for picture in pictures[4:]] == [["ob-c9"], []]
    assert pictures[5].dials == {}


def test_messages_wait_until_they_are_reviewed_and_callbacks_may_be_stopped() -> None:
    opened = msgspec.structs.replace(LEFT, opened_at=NOON)
    picture = after(
        live.VoiceMessageIs(n=1, at=NOON, message=LEFT),
        live.VoiceMessageIs(n=2, at=NOON, message=opened),
        live.CallbacksAre(n=3, at=NOON, stopped=True),
    )
    assert [one.opened_at for one in picture.messages.values()] == [NOON]
    assert picture.callbacks_stopped
    over = live.VoiceMessageOver(n=4, at=NOON, message="c9", review="done")
    assert followed(picture, over).messages == {}


def test_who_waits_stands_by_priority_and_then_by_the_laws_moment_also_after_he_was_moved() -> None:
    def arrives(n: int, call: str, priority: int, minutes: int) -> live.CallArrived:
        return live.CallArrived(
            n=n,
            at=NOON,
            call=call,
            company="sever",
            queue="general",
            did="1",
            number="",
            caller_name="",
            arrived_at=NOON,
            priority=priority,
            answer_by=NOON + timedelta(minutes=minutes),
        )

    ended = live.CallEnded(n=1, at=NOON, call="c1", outcome="abandoned")
    picture = after(ended, arrives(2, "a", 10, 5), arrives(3, "b", 10, 4), arrives(4, "c", 1, 9))
    assert [one.call for one in picture.waiting()] == ["c", "b", "a"]
    moved = live.CallMoved(n=5, at=NOON, call="a", queue="night", priority=0, answer_by=NOON)
    picture = followed(picture, moved)
    assert [one.call for one in picture.waiting()] == ["a", "c", "b"]
    assert [one.call for one in picture.waiting("night")] == ["a"]


def test_a_conversation_on_hold_is_seen_until_he_is_taken_back() -> None:
    answered = live.CallAnswered(n=1, at=NOON, call="c1", agent="1001")
    held = after(answered, live.CallHeld(n=2, at=NOON, call="c1", held=True))
    assert held.calls["c1"].held
    assert not followed(held, live.CallHeld(n=3, at=NOON, call="c1", held=False)).calls["c1"].held


def test_the_link_of_the_engine_to_the_pbx_is_seen() -> None:
    assert not after(live.PbxSeen(n=1, at=NOON, synced=False)).synced
    assert after(live.PbxSeen(n=1, at=NOON, synced=False), live.PbxSeen(n=2, at=NOON, synced=True)).synced


def test_what_is_not_known_of_a_newer_engine_takes_its_number_and_changes_nothing_else() -> None:
    before = after()
    now = passed_over(before)
    assert (now.n, now.calls, now.agents) == (1, before.calls, before.agents)
    with pytest.raises(LostThread):
        passed_over(None)


@given(st.lists(st.integers(0, 6), max_size=8))
def test_any_message_that_is_missing_doubled_or_out_of_order_loses_the_thread(numbers: list[int]) -> None:
    beats = [live.Beat(n=n, at=NOON) for n in numbers]
    if numbers == list(range(1, len(numbers) + 1)):
        assert after(*beats).n == len(numbers)
    else:
        with pytest.raises(LostThread):
            after(*beats)


def test_a_stream_that_does_not_begin_with_a_snapshot_is_none() -> None:
    with pytest.raises(LostThread):
        followed(None, live.Beat(n=0, at=NOON))


def test_a_call_by_hand_is_on_the_line_with_its_purpose_until_it_is_over() -> None:
    outgoing = live.LiveOutgoing(
        attempt="out-1.1",
        agent="1001",
        company="sever",
        label="УК Север",
        number="112",
        purpose="пожар",
        command="w",
        state="ringing_agent",
        made_at=NOON,
    )
    begun = live.OutgoingBegan(n=1, at=NOON, outgoing=outgoing)
    (one,) = [one for one in on_the_line(after(begun)) if one.kind == "dialled"]
    assert (one.agent, one.answered_at, one.pop.number, one.pop.purpose) == ("1001", None, "112", "пожар")
    dialling = live.OutgoingIs(n=2, at=NOON, attempt="out-1.1", state="dialling")
    talking = live.OutgoingIs(n=3, at=NOON + timedelta(seconds=9), attempt="out-1.1", state="talking")
    (one,) = [one for one in on_the_line(after(begun, dialling, talking)) if one.kind == "dialled"]
    assert one.answered_at == talking.at
    over = live.OutgoingOver(n=4, at=NOON, attempt="out-1.1", result="contacted")
    assert after(begun, dialling, talking, over).outgoing == {}
    # Of one that began before the snapshot nothing but its end is told.
    late = live.OutgoingIs(n=1, at=NOON, attempt="out-0.9", state="talking")
    assert after(late).outgoing == {}
    whole = followed(None, msgspec.structs.replace(SNAPSHOT, outgoing=(outgoing,)))
    assert whole.outgoing["out-1.1"].state == "ringing_agent"
