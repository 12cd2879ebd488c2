"""Small centres and events for the tests of the core: moments are seconds after one fixed noon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from queues.dispatcher import Dispatcher
from queues.driver import VirtualTime
from queues.invariants import violations
from queues.messages.decision import Decision
from queues.messages.events import (
    AgentDeviceChanged,
    AgentLoggedIn,
    CallArrived,
    CallHolding,
    DeviceState,
    Event,
    PbxSnapshot,
)
from queues.policy import (
    AgentProfile,
    CallbackPolicy,
    CentrePolicy,
    LineCallback,
    LinePolicy,
    QueuePolicy,
    ServiceNumber,
)
from queues.terms.identifiers import AgentId, CallId, ChannelName, CompanyId, Did, Endpoint, QueueName
from queues.terms.phone import Phone

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GENERAL = QueueName("general")
EMERGENCY = QueueName("emergency")
GENERAL_DID = Did("74951234501")
EMERGENCY_DID = Did("74951234502")


def moment(seconds: float) -> datetime:
    """That many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


SERVICE = Phone("104")
"""The one service number of the small centre's settings."""
CALLBACK = LineCallback("trunk", Phone("+74951234501"))


def small_centre(
    agents: int = 2,
    *,
    wrap_up: float = 10,
    decline_pause: float = 5,
    callbacks: CallbackPolicy | None = None,
) -> CentrePolicy:
    """Two queues (emergency before general), one line each, agents 1001… serving both."""
    rests = {"wrap_up": timedelta(seconds=wrap_up), "decline_pause": timedelta(seconds=decline_pause)}
    profiles = [
        AgentProfile(
            AgentId(str(number)),
            f"Agent {number}",
            Endpoint(f"PJSIP/{number}"),
            frozenset({GENERAL, EMERGENCY}),
        )
        for number in range(1001, 1001 + agents)
    ]
    return CentrePolicy(
        queues={
            GENERAL: QueuePolicy(GENERAL, priority=10, **rests),
            EMERGENCY: QueuePolicy(EMERGENCY, priority=1, **rests),
        },
        lines={
            GENERAL_DID: LinePolicy(
                GENERAL_DID, CompanyId("sever"), "general", GENERAL, "Север: общая", callback=CALLBACK
            ),
            EMERGENCY_DID: LinePolicy(
                EMERGENCY_DID, CompanyId("sever"), "lift", EMERGENCY, "Север: лифт", callback=CALLBACK
            ),
        },
        agents={profile.id: profile for profile in profiles},
        callbacks=callbacks or CallbackPolicy(own_numbers=frozenset({Phone("+74951234501")})),
        service_numbers=(ServiceNumber("trunk", SERVICE),),
    )


def arrived(call: str, at: float, *, did: Did = GENERAL_DID, number: str = "+79161234567") -> CallArrived:
    """A resident's arrival."""
    return CallArrived(
        moment(at), CallId(call), ChannelName(f"PJSIP/trunk-{call}"), moment(at), did, Phone(number)
    )


def holding(call: str, at: float) -> CallHolding:
    """A resident's first entry into hold."""
    return CallHolding(moment(at), CallId(call))


def agent_ready(agent: str, at: float = 0) -> tuple[Event, Event]:
    """An agent whose phone is idle logs in."""
    return (
        AgentDeviceChanged(moment(at), AgentId(agent), DeviceState.IDLE),
        AgentLoggedIn(moment(at), AgentId(agent)),
    )


class Desk:
    """A dispatcher with its journal kept, whose laws are checked after every event."""

    def __init__(
        self,
        policy: CentrePolicy,
        *,
        decided: Callable[[Event, Decision], None] = lambda event, decision: None,
        **options: Any,
    ) -> None:
        """`options`: the dispatcher's own (node, rank, work)."""
        self.dispatcher = Dispatcher(policy, epoch=1, started_at=NOON, **options)
        self.time = VirtualTime(self.dispatcher, NOON, self._decided)
        self.policy = policy
        self._more = decided
        self.decisions: list[Decision] = []

    def tell(self, event: Event, now: datetime | None = None) -> Decision:
        """Hand in one event; `now` is the event's own moment unless told."""
        return self.time.tell(event, now or event.at)

    def _decided(self, event: Event, decision: Decision) -> None:
        self.decisions.append(decision)
        broken = violations(self.dispatcher.centre)
        assert not broken, f"after {event}: {broken}"
        self._more(event, decision)

    def open(self, at: float = 0) -> None:
        """Connect to an empty PBX and log every agent in with an idle phone."""
        self.tell(PbxSnapshot(moment(at), (), ()))
        for agent in self.policy.agents:
            self.tell(AgentDeviceChanged(moment(at), agent, DeviceState.IDLE))
            self.tell(AgentLoggedIn(moment(at), agent))

    def journal(self, kind: type) -> list[object]:
        """All entries of one kind so far."""
        return [entry for decision in self.decisions for entry in decision.journal if isinstance(entry, kind)]
