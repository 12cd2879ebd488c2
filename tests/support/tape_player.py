"""A tape through the whole adapter and the dispatcher, without Asterisk and without a clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from ami_adapters.protocol.recording import play
from callengine.demo.centre import EMERGENCY_DID, GENERAL_DID
from queues.messages.journal import JournalEntry
from queues.policy import AgentProfile, CentrePolicy, LinePolicy, QueuePolicy
from queues.terms.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from tests.support.replayed_engine import ReplayedEngine

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
    engine: ReplayedEngine | None = None
    for message in play(chunks):
        if message.timestamp is None:
            continue
        if engine is None:
            engine = ReplayedEngine(tape_policy(), message.timestamp)
            engine.begin(message.timestamp)
        engine.hear(message)
    return [] if engine is None else engine.journal


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
