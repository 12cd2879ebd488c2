"""A dial that Asterisk never took leaves nothing behind: no hang-up would ever tell of it."""

from __future__ import annotations

from datetime import timedelta

from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.platform.logs import get_log
from queues.messages.commands import DialCallback
from queues.messages.events import AttemptRefused, Event
from queues.terms.identifiers import AgentId, AttemptId, Endpoint, ObligationId
from queues.terms.phone import Phone
from tests.support.centre import NOON, small_centre


def test_a_dial_that_is_refused_at_once_is_told_and_forgotten() -> None:
    told: list[Event] = []
    policy = small_centre(1)
    pbx = PbxConnection(policy.agents.values(), sink=told.append, now=lambda: NOON, log=get_log("test"))
    number = Phone("+79161234567")
    for n in range(100):
        pbx.execute(
            DialCallback(
                AttemptId(f"a{n}"),
                ObligationId("ob"),
                AgentId("1001"),
                Endpoint("PJSIP/1001"),
                number,
                number,
                "trunk",
                number,
                "Север",
                NOON,
                "ru",
                notice=True,
                record=True,
                agent_ring_time=timedelta(seconds=20),
                resident_ring_time=timedelta(seconds=30),
            )
        )
    assert [one.attempt for one in told if isinstance(one, AttemptRefused)] == [f"a{n}" for n in range(100)]
    assert not pbx._registry.attempts
    assert not pbx._registry._uniqueid_of
