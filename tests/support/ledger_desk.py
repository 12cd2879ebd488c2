"""A desk whose decisions go into a ledger, as the engine's do."""

from __future__ import annotations

from collections.abc import Sequence

from queues.messages import events
from queues.messages.events import DeviceState, PbxSnapshot
from queues.terms.identifiers import AgentId
from storage.ledger import Ledger
from tests.support.centre import Desk, moment, small_centre

A1 = AgentId("1001")


def play(ledger: Ledger, desk: Desk, stream: Sequence[events.Event]) -> None:
    """Hand the events in, and their decisions to the ledger's writer."""
    for event in stream:
        ledger.writer.append(event, desk.tell(event), event.at)


def opened_desk(ledger: Ledger, *, node: str = "") -> Desk:
    """One agent, free."""
    desk = Desk(small_centre(1), node=node)
    play(
        ledger,
        desk,
        [
            PbxSnapshot(moment(0), (), ()),
            events.AgentLoggedIn(moment(0), A1),
            events.AgentDeviceChanged(moment(0), A1, DeviceState.IDLE),
        ],
    )
    return desk
