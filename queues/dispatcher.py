"""The decision core's one public object: events in, commands and journal out."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from queues.agents import agent_states, missed_offers
from queues.app_queue import fallback_members, fallback_return
from queues.callbacks import attempts, dispositions, manual_dial, outage, schedule, supervisor
from queues.calls import call_states, transfers, wait_menu
from queues.live_state import AgentView, CallView, CentreView, ObligationView
from queues.messages import events
from queues.messages.decision import Decision
from queues.messages.events import Event
from queues.messages.journal import RecordingMissed, RecordingStarted
from queues.policy import CentrePolicy
from queues.recovery import inbox, policy_change, resync
from queues.routing import matching
from queues.state.attribution import companies_of
from queues.state.core_state import Centre
from queues.state.timers import TimerKind
from queues.terms.identifiers import AttemptId
from queues.voicemail import reviews


class Dispatcher:
    """Who gets which call.

    Sans-I/O: the same events with the same `now` give the same decisions, live, in a replay and in a
    simulation. `epoch` is the number of this run of the engine; it keeps ids of offers unique. `node` names the PBX
    where several work on one ledger: calls of two PBXs may have one name, obligations and dials may not.
    Nothing is offered before the first PbxSnapshot.
    """

    def __init__(self, policy: CentrePolicy, *, epoch: int, started_at: datetime, node: str = "") -> None:
        self._centre = Centre(policy, epoch=epoch, started_at=started_at, node=node)

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
        matching.match_all(centre, event.at, now)
        return Decision(tuple(centre.commands), tuple(centre.journal), tuple(sorted(centre.concerned)))

    def next_wakeup(self) -> datetime | None:
        """When to hand in a TimePassed; None while nothing is awaited."""
        return self._centre.timers.next_due()

    def view(self) -> CentreView:
        """The live state, for screens: O(n log n), not for the routing path."""
        centre = self._centre
        calls = sorted(centre.calls.values(), key=lambda call: (call.answered_at is not None, call.place))
        return CentreView(
            calls=tuple(
                CallView(
                    call.id,
                    call.line.company,
                    call.queue.name,
                    call.line.label,
                    call.number,
                    call.state,
                    call.arrived_at,
                    call.answered_at,
                    call.agent,
                    call.offers_made,
                )
                for call in calls
            ),
            agents=tuple(
                AgentView(
                    agent.id,
                    agent.profile.name,
                    agent.state,
                    agent.pause_reason or "",
                    agent.call,
                    agent.profile.queues,
                    agent.shown_since,
                )
                for agent in sorted(centre.agents.values(), key=lambda agent: agent.id)
            ),
            synced=centre.synced,
            obligations=tuple(
                ObligationView(
                    one.id,
                    one.line.company,
                    one.queue.name,
                    one.state,
                    one.due_at,
                    one.is_overdue,
                    one.arrived_at,
                    one.is_taken,
                )
                for one in centre.obligations.values()
            ),
            callbacks_stopped=centre.callbacks_stopped,
            messages_waiting=len(centre.messages),
        )

    def is_in_flight(self, attempt: AttemptId) -> bool:
        """Whether a callback's dial is still wanted."""
        return attempt in self._centre.attempts

    @property
    def centre(self) -> Centre:
        """The live state itself: for `queues.invariants` only."""
        return self._centre

    def _apply(self, event: Event, now: datetime) -> None:  # noqa: PLR0912, PLR0915  # one line per event type is the plainest table
        centre = self._centre
        match event:
            case (
                events.CallArrived()
                | events.CallWatched()
                | events.QueueJoined()
                | events.QueueLeft()
                | events.AgentRingEnded()
                | events.CallHolding()
                | events.AgentRang()
                | events.CallAnswered()
                | events.CallTransferred()
                | events.CallFellBack()
                | events.CallRejected()
                | events.CallEnded()
                | events.ChoiceMade()
                | events.MessageLeft()
            ):
                call_states.handle(centre, event, now)
            case events.RecordingBegan():
                self._note_recording(event)
            case events.RecordingLost():
                self._note_missing_recording(event)
            case events.ConversationHeld():
                transfers.held(centre, event)
            case events.AttemptVoice():
                dispositions.voice(centre, event, now)
            case events.AttemptHeard():
                attempts.heard(centre, event)
            case events.AttemptPassedOn():
                transfers.callback_passed_on(centre, event, now)
            case events.AgentLegEnded():
                fallback_return.leg_ended(centre, event, now)
                agent_states.leg_ended(centre, event, now)
            case events.AgentDeviceChanged():
                agent_states.device_changed(centre, event)
            case events.AgentPhoneUsed():
                agent_states.phone_used(centre, event)
            case events.TimePassed():
                self._pass_time(now)
            case events.OfferRefused():
                call_states.offer_refused(centre, event, now)
            case events.AgentLoggedIn():
                agent_states.logged_in(centre, event, now)
            case events.AgentLoggedOut():
                agent_states.logged_out(centre, event)
            case events.AgentPaused():
                agent_states.paused(centre, event)
            case events.AgentUnpaused():
                agent_states.unpaused(centre, event, now)
            case events.AgentWrapUpEnded():
                agent_states.wrap_up_ended(centre, event, now)
            case events.ObligationDue():
                schedule.timer_came(centre, event.obligation, event.at, now)
            case (
                events.AttemptRefused()
                | events.AttemptAgentReady()
                | events.AttemptContacted()
                | events.AttemptEnded()
            ):
                attempts.handle(centre, event, now)
            case events.AgentDisposed():
                dispositions.said_by_phone(centre, event, now)
            case events.DispositionGiven():
                dispositions.said_on_screen(centre, event, now)
            case (
                events.ObligationCloseRequested()
                | events.TaskAssignmentRequested()
                | events.CallbackSwitchRequested()
            ):
                supervisor.handle(centre, event)
            case events.MessageWanted():
                reviews.wanted(centre, event)
            case events.MessageReviewed():
                reviews.reviewed(centre, event, now)
            case events.RedialWanted():
                manual_dial.wanted(centre, event, now)
            case events.FallbackMemberChanged():
                fallback_members.told(centre, event, now)
            case events.PolicyChanged():
                policy_change.change(centre, event, now)
            case events.InboxRead():
                inbox.read(centre, event, now)
            case events.PbxCaughtUp():
                centre.catching_up = False
            case events.PbxLost():
                resync.lose_link(centre, event)
            case events.PbxSnapshot():
                resync.apply_snapshot(centre, event, now)
            case events.LedgerRestored():
                resync.restore(centre, event)
            case _:
                assert_never(event)

    def _note_missing_recording(self, event: events.RecordingLost) -> None:
        call = None if event.call is None else self._centre.calls.get(event.call)
        if call is not None:
            call.recording = ""
        self._centre.note(RecordingMissed(event.at, event.call, event.attempt, event.path))

    def _note_recording(self, event: events.RecordingBegan) -> None:
        centre = self._centre
        if event.call in centre.calls or event.attempt in centre.attempts:
            if event.call in centre.calls:
                centre.calls[event.call].recording = event.path
            centre.note(RecordingStarted(event.at, event.call, event.attempt, event.path))
        else:
            subject = event.call or event.attempt or ""
            centre.note_unexpected(event.at, "call", "unknown", event, subject)

    def _pass_time(self, now: datetime) -> None:
        centre = self._centre
        for kind, subject in centre.timers.pop_due(now):
            match kind:
                case TimerKind.OFFER_DEADLINE:
                    call_states.offer_deadline(centre, subject, now)
                case TimerKind.HELD_BACK:
                    call_states.release_held_back(centre, subject, now)
                case TimerKind.ATTEMPT_DEADLINE:
                    attempts.deadline_passed(centre, subject, now)
                case TimerKind.FETCH_BACK:
                    fallback_return.time_came(centre, subject, now)
                case TimerKind.FALLBACK_MEMBER:
                    fallback_members.time_came(centre, subject)
                case TimerKind.PHONE_REST:
                    missed_offers.rest_is_over(centre, subject, now)
                case TimerKind.CHOICE:
                    wait_menu.time_came(centre, subject, now, now)
                case TimerKind.DISPOSITION:
                    dispositions.time_is_over(centre, subject, now)
                case TimerKind.NETWORK_PROBE:
                    outage.probe(centre, now)
                case TimerKind.WRAP_UP | TimerKind.DECLINE_PAUSE:
                    agent_states.end_rest(centre, subject, kind, now)
