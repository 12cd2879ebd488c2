"""A desk on which residents are missed and called back: the words in which the rules of callbacks are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from queues.messages import events
from queues.messages.commands import DialCallback, WakeForObligation
from queues.messages.events import ContactResult, DeviceState
from queues.messages.journal import (
    CallJudged,
    HumanTaskOpened,
    ObligationClosed,
)
from queues.policy import CallbackPolicy, CentrePolicy
from queues.terms.identifiers import AgentId, AttemptId, CallId, ObligationId
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import Desk, arrived, holding, moment, small_centre

A1 = AgentId("1001")
OB1, OB2 = ObligationId("ob-c1"), ObligationId("ob-c2")


class Shift(Desk):
    """A desk on which residents are missed, and agents are busy until they are freed."""

    def __init__(self, policy: CentrePolicy | None = None, **callbacks: object) -> None:
        changed = replace(CallbackPolicy(own_numbers=frozenset({Phone("+74951234501")})), **callbacks)
        super().__init__(replace(policy or small_centre(1), callbacks=changed))
        self.open()
        self.devices(0, DeviceState.BUSY)

    def devices(self, at: float, state: DeviceState) -> None:
        for agent in self.policy.agents:
            self.tell(events.AgentDeviceChanged(moment(at), agent, state))

    def miss(self, call: str = "c1", at: float = 1, number: str = "+79161234567") -> None:
        self.tell(arrived(call, at, number=number))
        self.tell(holding(call, at))
        self.tell(events.CallEnded(moment(at + 2), CallId(call), 16))

    def due(self, at: float, obligation: ObligationId = OB1) -> None:
        self.tell(events.ObligationDue(moment(at), obligation))

    def reach(self, at: float, n: int = 1, obligation: ObligationId = OB1) -> None:
        """The n-th attempt reaches somebody, who talks for ten seconds."""
        attempt = AttemptId(f"{obligation}.1.{n}")
        self.tell(events.AttemptContacted(moment(at), attempt))
        self.tell(events.AttemptEnded(moment(at + 10), attempt, ContactResult.CONTACTED))

    def fail(self, at: float, result: ContactResult, n: int = 1, obligation: ObligationId = OB1) -> None:
        attempt = AttemptId(f"{obligation}.1.{n}")
        self.tell(events.AttemptAgentReady(moment(at - 1), attempt))
        self.tell(events.AttemptEnded(moment(at), attempt, result))

    @property
    def dials(self) -> list[DialCallback]:
        return [c for decision in self.decisions for c in decision.commands if isinstance(c, DialCallback)]

    @property
    def wakes(self) -> list[datetime]:
        return [c.at for c in self.decisions[-1].commands if isinstance(c, WakeForObligation)]

    @property
    def tasks(self) -> list[str]:
        return [entry.reason for entry in self.journal(HumanTaskOpened) if isinstance(entry, HumanTaskOpened)]

    @property
    def closed(self) -> list[tuple[str, datetime | None]]:
        return [
            (entry.closing.value, entry.contacted_at)
            for entry in self.journal(ObligationClosed)
            if isinstance(entry, ObligationClosed)
        ]

    @property
    def verdicts(self) -> dict[str, str]:
        return {
            entry.call: entry.verdict.value
            for entry in self.journal(CallJudged)
            if isinstance(entry, CallJudged)
        }

    def state(self, obligation: ObligationId = OB1) -> ObligationState:
        return self.dispatcher.centre.obligations[obligation].state


def dialled(policy_of: CentrePolicy | None = None, **callbacks: object) -> Shift:
    """One missed resident whom 1001 is about to call back."""
    shift = Shift(policy_of, **callbacks)
    shift.miss()
    shift.tell(events.AgentDeviceChanged(moment(5), A1, DeviceState.IDLE))
    shift.due(18)
    assert len(shift.dials) == 1
    return shift
