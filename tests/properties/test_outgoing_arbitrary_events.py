"""Laws 4 and 5 for calls by hand, under any events at all."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.messages.commands import DialCallback
from queues.messages.events import DeskCommand, Event
from queues.messages.journal import OutgoingDialled, OutgoingFinished, OutgoingMade, OutgoingReached
from queues.terms.desk_words import CommandKind
from queues.terms.outgoing import is_outgoing
from queues.terms.phone_numbers import judge
from tests.support.arbitrary_events import EVENTS
from tests.support.centre import NOON, SERVICE, Desk, small_centre


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_only_whom_the_rules_allow_is_dialled_once_at_a_time_and_each_dial_ends_once(
    stream: list[Event],
) -> None:
    desk = Desk(small_centre(3))
    desk.open()
    own = desk.policy.callbacks.own_numbers
    now = NOON
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)
        is_wish = isinstance(event, DeskCommand) and event.kind is CommandKind.DIAL
        made = [one for one in decision.journal if isinstance(one, OutgoingMade)]
        assert len(made) <= is_wish
        for dial in (one for one in decision.commands if isinstance(one, DialCallback)):
            if dial.e164 == SERVICE:
                assert is_wish
                assert is_outgoing(dial.attempt)
            else:
                assert judge(dial.e164, own).refusal is None
        flying = Counter(one.e164 for one in desk.dispatcher.centre.attempts.values() if not one.is_service)
        assert all(number == 1 for number in flying.values())
    begun = [one.attempt for one in desk.journal(OutgoingMade) if isinstance(one, OutgoingMade)]
    ended = [one.attempt for one in desk.journal(OutgoingFinished) if isinstance(one, OutgoingFinished)]
    alive = [one for one in desk.dispatcher.centre.attempts if is_outgoing(one)]
    assert len(begun) == len(set(begun))
    assert sorted(begun) == sorted([*ended, *alive])
    for kind in (OutgoingDialled, OutgoingReached):
        told = [one.attempt for one in desk.journal(kind)]
        assert len(told) == len(set(told))
        assert set(told) <= set(begun)
