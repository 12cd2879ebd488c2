"""What the engine tells of this moment: an afternoon with everybody at work, or a centre in which nothing happens."""

from __future__ import annotations

from datetime import datetime, timedelta

from callengine.control import live_messages as live
from callengine.desk.engine_link.picture import Picture, begun
from queues.messages.journal import AgentState
from tests.support.full_desk.settings import AGENTS, COMPANIES
from tests.support.manual_clock import NOON

QUEUES = ("emergency", "general")
_STATES = (
    (AgentState.TALKING, 134),
    (AgentState.FREE, 12),
    (AgentState.OFFERED, 4),
    (AgentState.TALKING, 301),
    (AgentState.WRAP_UP, 6),
    (AgentState.PAUSED, 1140),
    (AgentState.TALKING, 88),
    (AgentState.FREE, 33),
    (AgentState.DECLINE_PAUSE, 3),
    (AgentState.UNAVAILABLE, 640),
    (AgentState.BUSY_ELSEWHERE, 95),
    (AgentState.PAUSED, 312),
    (AgentState.LOGGED_OUT, 3600),
    (AgentState.LOGGED_OUT, 9000),
)
TALKING = {"1001": "talk-1", "1004": "talk-2", "1007": "talk-3"}
WAITING = 12


def ago(seconds: float) -> datetime:
    """So long before the desk's clock."""
    return NOON - timedelta(seconds=seconds)


def full_picture() -> Picture:
    """Twelve wait, three speak, twelve contacts are owed."""
    return begun(
        live.Snapshot(
            n=0,
            at=NOON,
            synced=True,
            calls=(*_waiting(), *_talking()),
            agents=tuple(_agent(n) for n in range(len(AGENTS))),
            owed=tuple(_owed(n) for n in range(12)),
            messages=(_message(),),
        )
    )


def quiet_picture() -> Picture:
    """One agent, free; nobody calls."""
    agent = live.LiveAgent(
        agent="1001",
        name=AGENTS[0],
        state="free",
        pause_reason="",
        call=None,
        since=ago(60),
        queues=QUEUES,
    )
    return begun(live.Snapshot(n=0, at=NOON, synced=True, calls=(), agents=(agent,)))


def _company(n: int) -> str:
    return tuple(COMPANIES)[n % len(COMPANIES)]


def _label(company: str, queue: str) -> str:
    return f"{COMPANIES[company]}: {'аварийная' if queue == 'emergency' else 'общая'}"[:80]


def _waiting() -> list[live.LiveCall]:
    found = []
    for n in range(WAITING):
        company, queue = _company(n), QUEUES[0] if n < 2 else QUEUES[1]
        found.append(
            live.LiveCall(
                call=f"wait-{n}",
                company=company,
                queue=queue,
                label=_label(company, queue),
                number="" if n == 5 else f"+7916700{n:02}{n:02}",
                state="offered" if n == 0 else "waiting",
                arrived_at=ago(400 - n * 30),
                answered_at=None,
                agent="1003" if n == 0 else None,
                did=f"7495000{n % 3 + 1}101",
                line_kind=queue,
                queued_at=ago(398 - n * 30),
                priority=1 if queue == "emergency" else 10,
            )
        )
    return found


def _talking() -> list[live.LiveCall]:
    return [
        live.LiveCall(
            call=call,
            company=_company(n),
            queue="general",
            label=_label(_company(n), "general"),
            number=f"+7916711{n:02}55",
            state="talking",
            arrived_at=ago(340),
            answered_at=ago(134),
            agent=agent,
            did=f"7495000{n + 1}101",
            line_kind="general",
            held=n == 1,
        )
        for n, (agent, call) in enumerate(TALKING.items())
    ]


def _agent(n: int) -> live.LiveAgent:
    agent, (state, since) = str(1001 + n), _STATES[n]
    return live.LiveAgent(
        agent=agent,
        name=AGENTS[n],
        state=state,
        pause_reason="1" if n == 5 else "",
        call=TALKING.get(agent) or ("wait-0" if agent == "1003" else None),
        since=ago(since),
        queues=QUEUES if n % 3 else ("general",),
        wraps_up_until=ago(-14) if state is AgentState.WRAP_UP else None,
        logged_in=state is not AgentState.LOGGED_OUT,
    )


def _owed(n: int) -> live.LiveObligation:
    company = _company(n)
    return live.LiveObligation(
        obligation=f"owed-{n}",
        company=company,
        queue="general",
        label=_label(company, "general"),
        number="" if n == 4 else f"+7916722{n:02}66",
        state=("planned", "in_line", "with_human")[n % 3],
        arrived_at=ago(660 - n * 60),
        due_at=ago(60 - n * 60),
        overdue=n < 1,
        why=("abandoned", "callback_requested", "message_left")[n % 3],
        task="",
        taken_by=AGENTS[1] if n == 2 else "",
        dials=n % 3,
        not_before=None,
    )


def _message() -> live.LiveVoiceMessage:
    return live.LiveVoiceMessage(
        message="told-1",
        company="zarya",
        queue="general",
        left_at=ago(300),
        due_at=ago(-300),
        opened_at=None,
        obligation="owed-2",
        number="+79167220266",
    )
