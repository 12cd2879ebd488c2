"""A short day in which every type of event happens at least once: what a replay must go through."""

from __future__ import annotations

from dataclasses import replace

from queues.messages import events
from queues.messages.events import DeviceState, Event, PbxSnapshot
from queues.policy import CentrePolicy
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, ObligationId
from queues.terms.outcomes import ContactResult, SoundsLike
from storage.rows.wire_names import EVENTS
from tests.support.centre import arrived, holding, moment, small_centre
from tests.support.wire_values import fixed

A1, A2 = AgentId("1001"), AgentId("1002")


def a_day() -> list[Event]:
    """A call answered; one missed and called back, the callback passed on to a colleague; one transferred."""
    attempt = AttemptId("ob-c2.1.1")
    return [
        PbxSnapshot(moment(0), (), ()),
        *(events.AgentLoggedIn(moment(0), agent) for agent in (A1, A2)),
        *(events.AgentDeviceChanged(moment(0), agent, DeviceState.IDLE) for agent in (A1, A2)),
        arrived("c1", 1),
        holding("c1", 2),
        events.AgentRang(moment(2.1), CallId("c1"), A1, ChannelName("PJSIP/1001-1")),
        events.CallAnswered(moment(4), CallId("c1"), A1),
        events.ConversationHeld(moment(5), ChannelName("PJSIP/1001-1"), True),
        events.CallTransferred(moment(8), CallId("c1"), A2),
        events.CallEnded(moment(9), CallId("c1"), 16),
        events.AgentPaused(moment(9), A2, "lunch"),
        events.AgentDeviceChanged(moment(9), A1, DeviceState.BUSY),
        arrived("c2", 10, number="+79160000002"),
        holding("c2", 10.5),
        events.CallEnded(moment(20), CallId("c2"), 16),
        events.AgentWrapUpEnded(moment(25), A1),
        events.AgentDeviceChanged(moment(25), A1, DeviceState.IDLE),
        events.ObligationDue(moment(41), ObligationId("ob-c2")),
        events.AttemptAgentReady(moment(42), attempt),
        events.AttemptContacted(moment(45), attempt),
        events.AttemptHeard(moment(46), attempt, SoundsLike.HUMAN),
        events.AgentUnpaused(moment(47), A2),
        events.AttemptPassedOn(moment(48), attempt, A2, ChannelName("PJSIP/1002-1")),
        events.AttemptEnded(moment(60), attempt, ContactResult.CONTACTED),
    ]


def every_event() -> list[Event]:
    """The day, then one of each type that it did not have, about things nobody knows: they are counted, no more."""
    day = a_day()
    for kind in EVENTS.values():
        if kind not in {type(event) for event in day}:
            day.append(replace(fixed(kind), at=moment(100 + len(day)), **_fitting(kind)))
    return day


def _fitting(kind: type[Event]) -> dict[str, CentrePolicy]:
    return {"policy": small_centre(3)} if kind is events.PolicyChanged else {}
