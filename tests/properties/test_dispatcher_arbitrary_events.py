"""Laws 1, 3, 6 and 8 under any events at all: in any order, lost, repeated, nonsensical."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.messages import events
from queues.messages.commands import (
    EraseInboxEntry,
    OfferCall,
)
from queues.messages.events import Event
from queues.messages.journal import (
    CallFinished,
    CallOffered,
)
from queues.terms.identifiers import CallId, ObligationId
from tests.support.arbitrary_events import EVENTS, SNAPSHOTS
from tests.support.centre import NOON, Desk, small_centre


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.booleans())
def test_the_laws_hold_whatever_happens(stream: list[Event], opened: bool) -> None:
    desk = Desk(small_centre(3))
    if opened:
        desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        desk.tell(event, now)  # Laws 3 and 8 are checked in there after each event.
    offered = Counter(entry.call for entry in desk.journal(CallOffered) if isinstance(entry, CallOffered))
    finished = Counter(entry.call for entry in desk.journal(CallFinished) if isinstance(entry, CallFinished))
    alive = Counter(call.call for call in desk.dispatcher.view().calls)
    # Law 1, per call id: each time it was offered it has one outcome, or is still there.
    assert offered == finished + alive
    erased = Counter(
        command.call
        for decision in desk.decisions
        for command in decision.commands
        if isinstance(command, EraseInboxEntry)
    )
    # Only the dialplan of callengine-in writes traces: a call that was watched may have none.
    watched = {one.call for one in desk.journal(CallOffered) if isinstance(one, CallOffered) and one.watched}
    assert erased <= finished
    assert set(finished - erased) <= watched


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_of_those_waiting_the_first_arrived_is_offered_first(stream: list[Event]) -> None:
    """Law 6: whoever is offered, nobody of the same queue with an earlier place is left in line."""
    desk = Desk(small_centre(3))
    desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)
        centre = desk.dispatcher.centre
        offers = [command for command in decision.commands if isinstance(command, OfferCall)]
        places = [centre.calls[offer.call].place for offer in offers]
        assert places == sorted(places)
        for offer in offers:
            call = centre.calls[offer.call]
            behind = [
                (centre.calls.get(CallId(waiting)) or centre.obligations[ObligationId(waiting)]).place
                for waiting in centre.waiting[call.queue.name].in_order()
            ]
            assert all(call.place < place for place in behind)


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.data())
def test_a_snapshot_makes_every_history_agree(stream: list[Event], data: st.DataObject) -> None:
    """Whatever was lost or repeated before, the state after a snapshot holds exactly its calls."""
    desk = Desk(small_centre(3))
    desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        desk.tell(event, now)
    snapshot = data.draw(SNAPSHOTS)
    desk.tell(snapshot, max(now, snapshot.at))
    desk.tell(events.InboxRead(snapshot.at, (), is_last=True), max(now, snapshot.at))
    assert {call.call for call in desk.dispatcher.view().calls} == {call.call for call in snapshot.calls}
