"""A tape through the whole adapter and the dispatcher, without Asterisk and without a clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from ami_adapters.channel_registry import ChannelRegistry
from ami_adapters.event_translation import EventTranslator
from ami_adapters.tape import play
from callengine.demo.centre import EMERGENCY_DID, GENERAL_DID
from queues.dispatcher import Dispatcher
from queues.events import PbxSnapshot, TimePassed
from queues.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from queues.journal import JournalEntry
from queues.policy import AgentProfile, CentrePolicy, LinePolicy, QueuePolicy

TAPES = Path(__file__).parent.parent / "tapes"


def tape_policy() -> CentrePolicy:
    """The centre that the tapes were recorded in."""
    general, emergency = QueueName("general"), QueueName("emergency")
    rules = {
        "ring_time": timedelta(seconds=1),
        "wrap_up": timedelta(0),
        "decline_pause": timedelta(seconds=3),
    }
    company = CompanyId("zarya")
    return CentrePolicy(
        queues={
            name: QueuePolicy(name, priority=priority, **rules)
            for name, priority in ((general, 10), (emergency, 1))
        },
        lines={
            Did(GENERAL_DID): LinePolicy(Did(GENERAL_DID), company, "general", general, "УК Заря: общая"),
            Did(EMERGENCY_DID): LinePolicy(
                Did(EMERGENCY_DID), company, "emergency", emergency, "УК Заря: аварийная"
            ),
        },
        agents={
            AgentId(user): AgentProfile(
                AgentId(user), user, Endpoint(f"PJSIP/{user}"), frozenset({general, emergency})
            )
            for user in ("1001", "1002")
        },
    )


def play_tape(chunks: Iterable[bytes]) -> list[JournalEntry]:
    """The journal that a recording leads to, however it is cut."""
    policy = tape_policy()
    registry = ChannelRegistry.of(policy.agents.values())
    journal: list[JournalEntry] = []
    dispatcher: Dispatcher | None = None
    for message in play(chunks):
        at = message.timestamp
        if at is None:
            continue
        if dispatcher is None:
            dispatcher = Dispatcher(policy, epoch=1, started_at=at)
            journal += dispatcher.handle(PbxSnapshot(at, (), ()), at).journal
        translator = EventTranslator(registry, lambda now=at: now)
        for event in translator.translate(message):
            due = dispatcher.next_wakeup()
            while due is not None and due <= event.at:
                journal += dispatcher.handle(TimePassed(due), due).journal
                due = dispatcher.next_wakeup()
            journal += dispatcher.handle(event, event.at).journal
    return journal


def journal_of(entries: Iterable[JournalEntry]) -> str:
    """One line for each entry, times as seconds after the first, call ids as #1, #2 …: the same for each recording."""
    lines: list[str] = []
    for entry in entries:
        subject = getattr(entry, "agent", None) or getattr(entry, "queue", None) or ""
        detail = [
            str(getattr(entry, name))
            for name in ("state", "outcome", "result", "served_by", "reason", "closing", "verdict")
            if getattr(entry, name, None)
        ]
        lines.append(" ".join([type(entry).__name__, str(subject), *detail]).strip())
    return "\n".join(lines) + "\n"
