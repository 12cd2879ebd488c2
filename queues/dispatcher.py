"""The decision core's one public object: events in, commands and journal out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from queues.agents import agent_states, missed_offers
from queues.app_queue import fallback_members, fallback_return
from queues.callbacks import attempts, dispositions, manual_dial, outage, schedule, supervisor
from queues.calls import call_states, recordings, transfers, wait_menu
from queues.desk import commands
from queues.live_state import (
    AgentView,
    CallView,
    CentreView,
    MessageView,
    ObligationView,
    OutgoingView,
)
from queues.messages import events
from queues.messages.decision import Decision
from queues.messages.events import Event
from queues.policy import CentrePolicy
from queues.recovery import inbox, policy_change, resync
from queues.routing import matching
from queues.routing.matching import Give
from queues.routing.work import WORK
from queues.state import own_calls
from queues.state.attribution import companies_of
from queues.state.core_state import Centre
from queues.state.handlers import merged
from queues.state.strategies import Rank, longest_idle
from queues.subscriptions import SUBSCRIPTIONS
from queues.terms.identifiers import AgentId, AttemptId, CallId, MessageId, ObligationId
from queues.views import (
    view_of,
    view_of_agent,
    view_of_call,
    view_of_message,
    view_of_obligation,
    view_of_outgoing,
)
from queues.voicemail import reviews

HANDLES = merged(
    call_states.HANDLES,
    own_calls.HANDLES,
    transfers.HANDLES,
    recordings.HANDLES,
    agent_states.HANDLES,
    fallback_return.HANDLES,
    fallback_members.HANDLES,
    attempts.HANDLES,
    dispositions.HANDLES,
    schedule.HANDLES,
    supervisor.HANDLES,
    manual_dial.HANDLES,
    reviews.HANDLES,
    resync.HANDLES,
    inbox.HANDLES,
    policy_change.HANDLES,
    commands.HANDLES,
)
"""Every event but TimePassed, which is what `TIMERS` is for."""
TIMERS = merged(
    call_states.TIMERS,
    wait_menu.TIMERS,
    agent_states.TIMERS,
    missed_offers.TIMERS,
    fallback_return.TIMERS,
    fallback_members.TIMERS,
    attempts.TIMERS,
    dispositions.TIMERS,
    outage.TIMERS,
)


class Dispatcher:
    """Who gets which call.

    Sans-I/O: the same events with the same `now` give the same decisions, live, in a replay and in a
    simulation. `epoch` is the number of this run of the engine; it keeps ids of offers unique. `node` names the PBX
    where several work on one ledger: calls of two PBXs may have one name, obligations and dials may not.
    Nothing is offered before the first PbxSnapshot.
    """

    def __init__(
        self,
        policy: CentrePolicy,
        *,
        epoch: int,
        started_at: datetime,
        node: str = "",
        rank: Rank = longest_idle,
        work: Mapping[type[Any], Give] = WORK,
    ) -> None:
        """`rank`: the strategy; `work`: what waits for agents, and how each kind is given."""
        self._work = work
        self._centre = Centre(
            policy, epoch=epoch, started_at=started_at, node=node, rank=rank, subscriptions=SUBSCRIPTIONS
        )

    def handle(self, event: Event, now: datetime) -> Decision:
        """Take one event into account. `now` (aware UTC) is the engine's clock, never before an earlier one.

        Every event is answered with a decision; an event that fits nothing is journalled as Unexpected.
        """
        centre = self._centre
        centre.commands, centre.journal = [], []
        centre.concerned = set(companies_of(centre, event))
        self._apply(event, now)
        centre.settle_agents(event.at)
        fallback_members.settle(centre)
        matching.match_all(centre, event.at, now, self._work)
        return Decision(tuple(centre.commands), tuple(centre.journal), tuple(sorted(centre.concerned)))

    def next_wakeup(self) -> datetime | None:
        """When to hand in a TimePassed; None while nothing is awaited."""
        return self._centre.timers.next_due()

    def view(self) -> CentreView:
        """The live state, for screens: O(n log n), not for the routing path."""
        return view_of(self._centre)

    def call(self, call: CallId) -> CallView | None:
        """One call as it is now; None: it is over."""
        found = self._centre.calls.get(call)
        return None if found is None else view_of_call(found)

    def agent(self, agent: AgentId) -> AgentView | None:
        """One agent as he is now; None: the settings have none of this id."""
        found = self._centre.agents.get(agent)
        return None if found is None else view_of_agent(self._centre, found)

    def obligation(self, obligation: ObligationId) -> ObligationView | None:
        """What is owed as it is now; None: nothing more is."""
        found = self._centre.obligations.get(obligation)
        return None if found is None else view_of_obligation(found)

    def message(self, message: MessageId) -> MessageView | None:
        """A message that waits for its review; None: it does not."""
        found = self._centre.messages.get(message)
        return None if found is None else view_of_message(self._centre, found)

    def outgoing(self, attempt: AttemptId) -> OutgoingView | None:
        """A call that an agent makes by hand as it is now; None: it is over."""
        found = self._centre.attempts.get(attempt)
        if found is None or found.outgoing is None:
            return None
        return view_of_outgoing(self._centre, found, found.outgoing)

    def is_in_flight(self, attempt: AttemptId) -> bool:
        """Whether a callback's dial is still wanted."""
        return attempt in self._centre.attempts

    @property
    def centre(self) -> Centre:
        """The live state itself: for `queues.invariants` only."""
        return self._centre

    def _apply(self, event: Event, now: datetime) -> None:
        if isinstance(event, events.TimePassed):
            for kind, subject in self._centre.timers.pop_due(now):
                TIMERS[kind](self._centre, subject, now)
        else:
            HANDLES[type(event)](self._centre, event, now)
