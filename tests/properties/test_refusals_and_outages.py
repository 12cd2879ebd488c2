"""Whatever is refused: caps count rings, attempts are spent by telephones, an outage switches off nobody's callback.

The desk is played as a PBX would: each dial ends somehow, timers come when they are due, and the caps are compared with
a count of our own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.messages import events
from queues.messages.commands import DialCallback
from queues.messages.decision import Decision
from queues.messages.events import ContactResult, DeviceState
from queues.messages.journal import DialPostponed, DialRefused, HumanTaskOpened
from queues.policy import CallbackPolicy
from queues.terms.identifiers import CallId
from queues.terms.outcomes import spends_an_attempt
from queues.terms.phone import Phone
from queues.terms.refusals import LegEnd, Refusal, why_not_answered
from tests.support.centre import NOON, Desk, arrived, holding, small_centre

NUMBERS = [f"+7916000000{n}" for n in range(4)]
RESULT_OF = {
    Refusal.REFUSED: ContactResult.REFUSED,
    Refusal.BUSY: ContactResult.BUSY,
    Refusal.NO_ANSWER: ContactResult.NO_ANSWER,
    Refusal.INVALID: ContactResult.INVALID_NUMBER,
    Refusal.FORWARDED: ContactResult.UNREACHABLE,
    Refusal.NETWORK: ContactResult.UNREACHABLE,
}


@dataclass(frozen=True)
class End:
    """How one dial ends: by the agent's phone, or by what SIP says of the resident's leg."""

    sip_code: int | None
    rang: bool
    agent_declines: bool = False


SIP_ENDS = st.builds(
    End, st.sampled_from([None, 302, 403, 404, 408, 480, 486, 487, 488, 500, 503, 600, 603]), st.booleans()
)
ENDS = SIP_ENDS | st.just(End(None, rang=False, agent_declines=True))


class Played:
    """A desk whose dials end as told, with the clock running to each next thing that is due."""

    def __init__(self, policy: CallbackPolicy) -> None:
        own = frozenset({Phone("+74951234501")})
        self.policy = replace(policy, own_numbers=own)
        self.desk = Desk(
            replace(small_centre(1, wrap_up=0, callbacks=self.policy), missed_offers_before_pause=0),
            decided=self.decided,
        )
        self.dials: list[DialCallback] = []
        self.rings: list[tuple[datetime, Phone]] = []
        self.spent: Counter[str] = Counter()
        self.desk.open()

    @property
    def now(self) -> datetime:
        return self.desk.time.now

    def tell(self, event: events.Event) -> None:
        self.desk.tell(event, self.now)

    def decided(self, event: events.Event, decision: Decision) -> None:
        del event
        self.dials += [one for one in decision.commands if isinstance(one, DialCallback)]

    def miss(self, call: str, number: str) -> None:
        at = (self.now - NOON) / timedelta(seconds=1)
        self.tell(events.AgentDeviceChanged(self.now, next(iter(self.desk.policy.agents)), DeviceState.BUSY))
        self.tell(arrived(call, at, number=number))
        self.tell(holding(call, at))
        self.tell(events.CallEnded(self.now, CallId(call), 16))
        self.tell(events.AgentDeviceChanged(self.now, next(iter(self.desk.policy.agents)), DeviceState.IDLE))

    def end(self, how: End) -> None:
        dial = self.dials.pop(0)
        if how.agent_declines:
            result, rang = ContactResult.AGENT_DID_NOT_ANSWER, False
        else:
            self.tell(events.AttemptAgentReady(self.now, dial.attempt))
            why = why_not_answered(LegEnd(how.sip_code, rang=how.rang))
            result, rang = RESULT_OF[why], how.rang
            if why is Refusal.FORWARDED and rang:
                result = ContactResult.NO_ANSWER
        if rang:
            self.rings.append((self.now, dial.e164))
        self.spent[str(dial.obligation)] += spends_an_attempt(result, rang)
        self.tell(events.AttemptEnded(self.now, dial.attempt, result, sip_code=how.sip_code, rang=rang))

    def reach(self) -> None:
        dial = self.dials.pop(0)
        self.tell(events.AttemptContacted(self.now, dial.attempt))
        self.rings.append((self.now, dial.e164))
        self.desk.time.now += timedelta(seconds=5)
        self.tell(events.AttemptEnded(self.now, dial.attempt, ContactResult.CONTACTED, rang=True))

    def go_on(self, until: datetime) -> bool:
        """Let the next thing happen that is due; False when nothing is before `until`."""
        return self.desk.time.step(until)

    def counted(self, number: Phone) -> int:
        """The rings of this number within a day, by our own count."""
        return sum(at > self.now - timedelta(days=1) and e164 == number for at, e164 in self.rings)


@given(ends=st.lists(ENDS, max_size=40), per_number=st.integers(1, 4), per_hour=st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_caps_count_what_rang_and_nothing_else(ends: list[End], per_number: int, per_hour: int) -> None:
    """Nobody is refused or postponed by a cap that has not rung so often, and no cap is ever passed."""
    day = Played(
        CallbackPolicy(
            max_per_number_and_day=per_number,
            max_per_hour=per_hour,
            max_attempts=10,
            max_network_failures=50,
            late_attempts=10,
        )
    )
    for n, number in enumerate(NUMBERS):
        day.miss(f"c{n}", number)
    rest = list(ends)
    while rest and (day.dials or day.go_on(NOON + timedelta(hours=3))):
        seen = len(day.desk.decisions)
        if day.dials:
            dialled = day.dials[0].e164
            assert day.counted(dialled) < per_number
            assert sum(at > day.now - timedelta(hours=1) for at, _ in day.rings) < per_hour
            day.end(rest.pop(0))
        hour = sum(at > day.now - timedelta(hours=1) for at, _ in day.rings)
        for decision in day.desk.decisions[seen:]:
            for entry in decision.journal:
                if isinstance(entry, DialPostponed | DialRefused) and entry.reason.startswith("cap_"):
                    obligation = day.desk.dispatcher.centre.obligations[entry.obligation]
                    assert obligation.e164 is not None
                    rang_often = day.counted(obligation.e164) >= per_number or hour >= per_hour
                    assert rang_often or day.desk.dispatcher.centre.attempts


@given(ends=st.lists(ENDS, max_size=30))
@settings(max_examples=150, deadline=None)
def test_attempts_are_spent_by_telephones_only(ends: list[End]) -> None:
    day = Played(CallbackPolicy(max_attempts=3, late_attempts=2, max_network_failures=4))
    day.miss("c", NUMBERS[0])
    rest = list(ends)
    while rest and (day.dials or day.go_on(NOON + timedelta(hours=12))):
        if day.dials:
            day.end(rest.pop(0))
        for obligation in day.desk.dispatcher.centre.obligations.values():
            assert obligation.dials == day.spent[obligation.id]
    tasks = [e.reason for e in day.desk.journal(HumanTaskOpened) if isinstance(e, HumanTaskOpened)]
    if "not_reached" in tasks:
        assert day.spent.total() >= 3


@given(
    residents=st.integers(1, 4),
    outage=st.lists(
        st.builds(End, st.sampled_from([None, 302, 403, 408, 500, 503]), st.just(False))
        | st.just(End(None, rang=False, agent_declines=True)),
        min_size=1,
        max_size=60,
    ),
    limit=st.integers(1, 6),
)
@settings(max_examples=150, deadline=None)
def test_an_outage_of_the_network_switches_nobodys_callback_off(
    residents: int, outage: list[End], limit: int
) -> None:
    """However many dials no trunk carried: when one carries again, everybody who is owed a call is called."""
    day = Played(CallbackPolicy(max_network_failures=limit, max_per_hour=residents, max_per_number_and_day=1))
    for n in range(residents):
        day.miss(f"c{n}", NUMBERS[n])
    rest = list(outage)
    while rest and (day.dials or day.go_on(NOON + timedelta(days=2))):
        if day.dials:
            day.end(rest.pop(0))
    over = day.now
    while day.desk.dispatcher.centre.obligations and (day.dials or day.go_on(over + timedelta(hours=1))):
        if day.dials:
            day.reach()
    assert not day.desk.dispatcher.centre.obligations
    assert Counter(e164 for _, e164 in day.rings) == {Phone(NUMBERS[n]): 1 for n in range(residents)}
