"""The desk's picture of the centre: a snapshot and what followed give what the engine would show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callengine.control import live_messages as live
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


def test_an_agent_who_was_not_in_the_snapshot_means_another_snapshot_is_needed() -> None:
    with pytest.raises(LostThread, match="1009"):
        after(live.AgentIs(n=1, at=NOON, agent="1009", state="free", reason=""))


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
