"""What the page shows of the engine's picture."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callengine.control.live_messages import LiveObligation
from callengine.desk.agent_page.pops.happenings import of_agent
from callengine.desk.agent_page.shift import shift_of
from callengine.desk.engine_link.picture import Agent, Call, Dial, Picture
from queues.messages.journal import AgentState
from tests.support.manual_clock import NOON

MINUTE = timedelta(minutes=1)


def agent(state: str = "free", **more: object) -> Agent:
    return Agent("1001", "Иванова", state, "", NOON, ("general",), **more)


def call(name: str, state: str = "waiting", minutes: int = 0, **more: object) -> Call:
    return Call(name, "sever", "general", "7916", NOON + minutes * MINUTE, state, **more)


def owed(name: str, minutes: int, queue: str = "general") -> LiveObligation:
    return LiveObligation(
        obligation=name,
        company="sever",
        queue=queue,
        label="УК Север",
        number="79161234567",
        state="planned",
        arrived_at=NOON,
        due_at=NOON + minutes * MINUTE,
        overdue=False,
        why="abandoned",
        task="",
        taken_by="",
        dials=1,
        not_before=None,
    )


def picture(*calls: Call, agents: tuple[Agent, ...] = (), **more: object) -> Picture:
    known = {one.agent: one for one in agents}
    return Picture(1, NOON, True, {one.call: one for one in calls}, known, **more)


@pytest.mark.parametrize("state", list(AgentState))
def test_every_state_of_the_engine_has_its_buttons(state: AgentState) -> None:
    shown = shift_of(picture(agents=(agent(state),)), "1001", (), is_heard=True)
    assert shown.state == state
    assert (shown.buttons == ()) == (state is AgentState.OFFERED)
    assert ("login" in shown.buttons) == (state is AgentState.LOGGED_OUT)
    assert shift_of(picture(agents=(agent(state),)), "1001", (), is_heard=False).buttons == ()


def test_the_key_ready_ends_the_pause_or_the_wrap_up() -> None:
    asks = [
        shift_of(picture(agents=(agent(state),)), "1001", (), is_heard=True).ready_asks
        for state in ("paused", "wrap_up", "decline_pause")
    ]
    assert asks == ["agent_unpause", "agent_end_wrap_up", "agent_end_wrap_up"]


def test_an_engine_that_was_never_heard_or_does_not_know_him_shows_no_state() -> None:
    for known in (None, picture()):
        shown = shift_of(known, "1001", ("general",), is_heard=known is not None)
        assert (shown.state, shown.buttons, shown.call) == ("unknown", (), None)


def test_his_queues_count_who_waits_and_since_when() -> None:
    calls = (call("a", minutes=2), call("b", minutes=1), call("c", "talking", answered_at=NOON))
    shown = shift_of(picture(*calls, agents=(agent(),)), "1001", (), is_heard=True)
    (queue,) = shown.queues
    assert (queue.queue, queue.waiting, queue.longest_since) == ("general", 2, NOON + MINUTE)


def test_of_what_is_owed_in_his_queues_the_nearest_stand_first() -> None:
    things = {
        one.obligation: one for one in (*(owed(f"o{n}", 20 - n) for n in range(8)), owed("x", 1, "other"))
    }
    shown = shift_of(picture(agents=(agent(),), owed=things), "1001", (), is_heard=True)
    assert [one.obligation for one in shown.owed] == ["o7", "o6", "o5", "o4", "o3", "o2"]
    assert shown.owed_more == 2


def test_whom_he_is_offered_or_calls_back() -> None:
    offered = picture(call("a", "offered", agent="1001", offer="o"), agents=(agent("offered"),))
    here = of_agent(offered, "1001")
    assert here is not None
    assert (here.pop.call, here.kind, here.answered_at) == ("a", "incoming", None)
    assert of_agent(offered, "1002") is None
    dial = Dial("t1", "o1", "1001", "talking", NOON)
    called_back = picture(agents=(agent("talking"),), owed={"o1": owed("o1", 5)}, dials={"t1": dial})
    back = of_agent(called_back, "1001")
    assert back is not None
    assert (back.kind, back.answered_at, back.pop.owed) == ("callback", NOON, owed("o1", 5))
    gone = picture(agents=(agent(),), dials={"t1": dial})
    assert of_agent(gone, "1001") is None
