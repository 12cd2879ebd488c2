"""A floor that stands still: calls and debts of two companies, four agents; what is of `yug` carries CANARY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from callengine.control.live_messages import LiveObligation
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.engine_link.picture import Agent, Call, Picture
from callengine.desk.floor.orders import Order, Ordered
from callengine.desk.people.scope import Scope
from tests.support.centre import moment
from tests.support.told_calls import CANARY


def a_debt(obligation: str, company: str, due: float, **more: Any) -> LiveObligation:
    values: dict[str, Any] = {
        "obligation": obligation,
        "company": company,
        "queue": "general",
        "label": "",
        "number": "+79161112233",
        "state": "planned",
        "arrived_at": moment(due - 600),
        "due_at": moment(due),
        "overdue": False,
        "why": "abandoned",
        "task": "",
        "taken_by": "",
        "dials": 1,
        "not_before": None,
    }
    return LiveObligation(**values | more)


def a_call(call: str, at: float, state: str, agent: str | None = None, **more: Any) -> Call:
    one = Call(call, "sever", "general", "+79161234567", moment(at), state, agent, line_kind="general")
    return replace(one, **more)


YUG: dict[str, Any] = {"company": "yug", "queue": "yug-queue", "number": "+79160000099", "line_kind": CANARY}
CALLS = [
    a_call("waiting", 3500, "waiting"),
    a_call("ringing", 3490, "offered", "1002", queue="emergency"),
    a_call("talking", 3400, "talking", "1001", answered_at=moment(3420), held=True),
    a_call("yug-waiting", 3000, "waiting", **YUG),
    a_call("yug-talking", 3100, "talking", "1003", answered_at=moment(3110), **YUG),
]
AGENTS = [
    Agent("1001", "Иванова", "talking", "", moment(3420), ("general", "emergency"), "talking"),
    Agent("1002", "Петрова", "offered", "", moment(3590), ("general", "yug-queue"), "ringing"),
    Agent("1003", f"Сидорова-{CANARY}", "talking", "", moment(3110), ("yug-queue",), "yug-talking"),
    Agent("1004", "Константинопольская Александра Владимировна", "free", "", moment(3300), ("general",)),
    Agent("1005", f"Пауза-{CANARY}", "paused", "1", moment(3000), ("general", "yug-queue")),
]
DEBTS = [a_debt("ob-1", "sever", 3700), a_debt("ob-2", "sever", 3550, overdue=True, taken_by="Петрова")]
DEBTS.append(a_debt("ob-yug", "yug", 3650, number="+79169998877"))


def a_picture(calls: Sequence[Call] = (*CALLS,), agents: Sequence[Agent] = (*AGENTS,)) -> Picture:
    return Picture(
        1,
        moment(3600),
        True,
        {one.call: one for one in calls},
        {one.agent: one for one in agents},
        {one.obligation: one for one in DEBTS},
    )


class StandingFollower(EngineFollower):
    """One that hears nothing: its picture is put in by the test."""

    def __init__(self, picture: Picture | None) -> None:
        super().__init__(Path("/nonexistent/desk.sock"))
        self.picture = picture
        self.is_heard = picture is not None

    def becomes(self, picture: Picture) -> None:
        """Whoever subscribed is told."""
        self.picture = picture
        for one in tuple(self._subscriptions):
            one.begin_anew()


class Orders:
    """Keeps what is ordered; the engine's answer is the test's."""

    def __init__(self) -> None:
        self.kept: list[Ordered] = []

    async def ask(self, scope: Scope, order: Order) -> None:
        if order.id not in {one.order.id for one in self.kept}:
            self.kept.insert(0, Ordered(order, scope.name, moment(3600), "waiting"))

    async def latest(self, scope: Scope, most: int) -> Sequence[Ordered]:
        return [one for one in self.kept if scope.sees(one.order.company or None)][:most]

    def answered(self, state: str, refusal: str = "", at: datetime | None = None) -> None:
        """The newest is."""
        first = self.kept[0]
        self.kept[0] = replace(first, state=state, refusal=refusal, at=at or first.at)
