"""Each page hears at its own pace: a slow one is told to begin anew, and costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callengine.control import live_messages as live
from callengine.desk.engine_link.changes import MOST_KEPT, Change, Subscription
from callengine.desk.engine_link.picture import Picture
from tests.support.manual_clock import NOON

PICTURE = Picture(0, NOON, synced=True)


def ended(n: int) -> live.CallEnded:
    return live.CallEnded(n=n, at=NOON, call=f"c{n}", outcome="answered")


def subscription(leave: Callable[[Subscription], None] = lambda _: None) -> Subscription:
    return Subscription(lambda: (PICTURE, True), leave)


async def following(one: Subscription) -> Change:
    return await asyncio.wait_for(anext(one), 1)


async def test_the_first_change_is_all_there_is_then_what_happens_in_one_piece() -> None:
    with subscription() as one:
        first = await following(one)
        assert (first.picture, first.is_heard, first.what, first.is_whole) == (PICTURE, True, (), False)
        one.tell(ended(1))
        one.tell(ended(2))
        second = await following(one)
        assert (second.what, second.is_whole) == ((ended(1), ended(2)), True)


async def test_who_is_slow_keeps_a_bounded_part_and_is_told_to_begin_anew() -> None:
    with subscription() as slow, subscription() as quick:
        await following(slow)
        await following(quick)
        heard = 0
        for n in range(MOST_KEPT + 5):
            slow.tell(ended(n))
            quick.tell(ended(n))
            if n % 100 == 0:
                heard += len((await following(quick)).what)
        heard += len((await following(quick)).what)
        assert heard == MOST_KEPT + 5
        late = await following(slow)
        assert (late.what, late.is_whole) == ((), False)
        slow.tell(ended(9))
        assert (await following(slow)).what == (ended(9),)


async def test_that_the_engine_is_away_is_a_change_and_who_leaves_is_forgotten() -> None:
    left: list[Subscription] = []
    with subscription(left.append) as one:
        await following(one)
        one.note()
        assert (await following(one)).what == ()
    assert left == [one]
