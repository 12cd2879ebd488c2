"""Days as they could be: each event is about somebody who is really there, in any order, some lost, some repeated.

The other properties throw nonsense at the core; here the streams go deep, because each event fits.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from queues.messages import events
from queues.messages.commands import DialCallback
from queues.messages.decision import Decision
from queues.messages.events import Choice, ContactResult, DeviceState, Disposition, Event, Review
from queues.messages.journal import AttemptFinished, AttemptMade, CallFinished, CallJudged, ObligationClosed
from queues.policy import CallbackPolicy
from queues.state.obligation import AttemptState
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, MessageId, ObligationId
from queues.terms.phone import Phone
from sla.compliance import Verdict
from tests.support.arbitrary_events import somebody_moves
from tests.support.centre import NOON, Desk, arrived, holding, small_centre

PEOPLE = ["+79160000001", "+79160000002", "+79160000003", "", "+77011234567"]
UNREACHED = [result for result in ContactResult if result is not ContactResult.CONTACTED]


class Day(RuleBasedStateMachine):
    """Residents call, wait, are answered, give up and call again; agents take, decline, say whom they reached."""

    def __init__(self) -> None:
        super().__init__()
        policy = CallbackPolicy(
            own_numbers=frozenset({Phone("+74951234501")}), max_attempts=2, late_attempts=1, trunk_channels=6
        )
        self.desk = Desk(small_centre(2, wrap_up=5, callbacks=policy), decided=self.decided)
        self.calls = 0
        self.judged: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.in_flight: dict[AttemptId, Phone] = {}
        self.stopped = False
        self.desk.open()

    @property
    def now(self) -> datetime:
        return self.desk.time.now

    def tell(self, event: Event) -> None:
        self.desk.tell(event, self.now)

    def decided(self, event: Event, decision: Decision) -> None:
        for command in decision.commands:
            match command:
                case DialCallback(attempt=attempt):
                    assert attempt in self.desk.dispatcher.centre.attempts
                    assert not self.stopped
                case _:
                    pass
        for entry in decision.journal:
            match entry:
                case CallJudged(call=call, verdict=verdict):
                    self.judged[call] += 1
                    assert verdict is not Verdict.PENDING
                case ObligationClosed(obligation=obligation):
                    self.closed[obligation] += 1
                case AttemptMade(attempt=attempt, e164=e164):
                    assert e164 not in self.in_flight.values()  # Law 4.
                    assert e164.whole.startswith("+7916")  # Law 5.
                    self.in_flight[attempt] = e164
                case AttemptFinished(attempt=attempt):
                    del self.in_flight[attempt]
                case _:
                    pass

    @rule(number=st.sampled_from(PEOPLE))
    def somebody_calls(self, number: str) -> None:
        call = f"c{self.calls}"
        self.calls += 1
        at = (self.now - NOON) / timedelta(seconds=1)
        self.tell(arrived(call, at, number=number))
        self.tell(holding(call, at))

    @precondition(lambda self: self.desk.dispatcher.centre.calls)
    @rule(data=st.data(), answered=st.booleans())
    def a_call_is_answered_or_ends(self, data: st.DataObject, answered: bool) -> None:
        call = data.draw(st.sampled_from(sorted(self.desk.dispatcher.centre.calls)))
        agent = self.desk.dispatcher.centre.calls[CallId(call)].agent
        if answered:
            self.tell(events.CallAnswered(self.now, CallId(call), agent))
        else:
            self.tell(events.CallEnded(self.now, CallId(call), 16))

    @precondition(lambda self: self.desk.dispatcher.centre.attempts)
    @rule(data=st.data(), result=st.sampled_from(UNREACHED), step=st.integers(0, 3))
    def a_dial_goes_on(self, data: st.DataObject, result: ContactResult, step: int) -> None:
        attempt = AttemptId(data.draw(st.sampled_from(sorted(self.desk.dispatcher.centre.attempts))))
        state = self.desk.dispatcher.centre.attempts[attempt].state
        match step:
            case 0:
                self.tell(events.AttemptAgentReady(self.now, attempt))
            case 1:
                self.tell(events.AttemptContacted(self.now, attempt))
            case 2 if state is AttemptState.TALKING:
                self.tell(events.AttemptEnded(self.now, attempt, ContactResult.CONTACTED))
            case _:
                self.tell(events.AttemptEnded(self.now, attempt, result))

    @rule(agent=st.sampled_from(["1001", "1002"]), disposition=st.sampled_from(Disposition))
    def an_agent_says_whom_he_reached(self, agent: str, disposition: Disposition) -> None:
        self.tell(events.AgentDisposed(self.now, AgentId(agent), disposition))

    @rule(
        agent=st.sampled_from(["1001", "1002"]), state=st.sampled_from([DeviceState.IDLE, DeviceState.BUSY])
    )
    def a_phone_changes(self, agent: str, state: DeviceState) -> None:
        self.tell(events.AgentDeviceChanged(self.now, AgentId(agent), state))

    @precondition(lambda self: self.desk.dispatcher.centre.calls)
    @rule(data=st.data(), choice=st.sampled_from(Choice), typed=st.sampled_from([None, "9160000004", "112"]))
    def a_resident_chooses(self, data: st.DataObject, choice: Choice, typed: str | None) -> None:
        call = CallId(data.draw(st.sampled_from(sorted(self.desk.dispatcher.centre.calls))))
        self.tell(events.ChoiceMade(self.now, call, choice, None if typed is None else Phone(typed)))
        if choice is Choice.MESSAGE:
            self.tell(events.MessageLeft(self.now, call, "/r/m.wav"))

    @rule(agent=st.sampled_from(["1001", "1002"]), number=st.sampled_from(PEOPLE))
    def an_agent_dials_by_hand(self, agent: str, number: str) -> None:
        channel = ChannelName(f"PJSIP/{agent}-1")
        self.tell(events.RedialWanted(self.now, AgentId(agent), channel, "1.1", Phone(number)))

    @precondition(lambda self: self.desk.dispatcher.centre.messages)
    @rule(data=st.data(), review=st.sampled_from(Review))
    def a_message_is_reviewed(self, data: st.DataObject, review: Review) -> None:
        message = MessageId(data.draw(st.sampled_from(sorted(self.desk.dispatcher.centre.messages))))
        self.tell(events.MessageReviewed(self.now, message, review, "1001"))

    @rule(enabled=st.booleans())
    def the_switch_is_moved(self, enabled: bool) -> None:
        self.stopped = not enabled
        self.tell(events.CallbackSwitchRequested(self.now, enabled, "chief", "why"))

    @precondition(lambda self: self.desk.dispatcher.centre.obligations)
    @rule(data=st.data())
    def a_person_closes_one(self, data: st.DataObject) -> None:
        obligation = data.draw(st.sampled_from(sorted(self.desk.dispatcher.centre.obligations)))
        self.tell(events.ObligationCloseRequested(self.now, ObligationId(obligation), "chief", "done"))

    @rule(seconds=st.sampled_from([1, 20, 60, 200]))
    def time_passes(self, seconds: int) -> None:
        self.desk.time.wake_late(self.now + timedelta(seconds=seconds))

    @rule()
    def everything_alive_is_lost_sight_of(self) -> None:
        """The link breaks, and when it is back nothing of what was is there any more."""
        self.tell(events.PbxLost(self.now))
        self.tell(events.PbxSnapshot(self.now, (), ()))

    @invariant()
    def nobody_is_forgotten(self) -> None:
        centre = self.desk.dispatcher.centre
        handed = set(centre.obligations)
        for obligation in centre.obligations.values():
            assert somebody_moves(centre, obligation, set(self.desk.time.alarms), handed), obligation

    @invariant()
    def every_missed_call_is_judged_once_or_waits_for_it(self) -> None:
        finished = Counter(
            entry.call for entry in self.desk.journal(CallFinished) if isinstance(entry, CallFinished)
        )
        owed = Counter(
            one.call
            for obligation in self.desk.dispatcher.centre.obligations.values()
            for one in obligation.owed
        )
        assert finished == self.judged + owed

    @invariant()
    def an_obligation_ends_once(self) -> None:
        assert all(count == 1 for count in self.closed.values())


TestDay = Day.TestCase
TestDay.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
