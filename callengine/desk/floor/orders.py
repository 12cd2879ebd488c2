"""What a supervisor orders: values, and the way they go. The engine decides; nothing here says what was done."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callengine.desk.people.scope import Scope

LONGEST_REASON = 80
_ID = re.compile(r"[A-Za-z0-9_-]{16,60}")


@dataclass(frozen=True, slots=True)
class Order:
    """One. `id` is made by the page that it was ordered on: sent twice, it is one order. `kind`: as `wishes` has it."""

    id: str
    kind: str
    agent: str = ""
    call: str = ""
    company: str = ""
    """Whose resident it concerns; empty: nobody's in particular."""
    queue: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of one. `state`: waiting, done, refused; `refusal` is the engine's word."""

    order: Order
    by: str
    at: datetime
    state: str
    refusal: str = ""


class Commands(Protocol):
    """Carries orders to the engine, and keeps each until the engine has answered."""

    async def ask(self, scope: Scope, order: Order) -> None:
        """Keep it, with a row of the trail, and send it as soon as the engine is there."""

    async def latest(self, scope: Scope, most: int) -> Sequence[Ordered]:
        """The last ones that he may see, the newest first."""


OF_AGENT = ("agent_pause", "agent_unpause", "agent_log_out")
OF_CALL = ("call_give", "call_move", "call_raise")


def read_order(
    form: Mapping[str, str], kinds: Sequence[str], **about: str
) -> tuple[Order, Mapping[str, str]]:
    """Of a form: the order, and by field the text's name of what is wrong with it."""
    kind, reason = form.get("kind", ""), " ".join(form.get("reason", "").split())
    order = Order(
        id=form.get("id", ""),
        kind=kind,
        agent=about.get("agent") or form.get("agent", ""),
        call=about.get("call", ""),
        company=about.get("company", ""),
        queue=form.get("queue", ""),
        reason=reason,
    )
    wrong: dict[str, str] = {}
    if kind not in kinds:
        wrong["kind"] = "wrong_kind"
    if not _ID.fullmatch(order.id):
        wrong["kind"] = "wrong_page"
    if not 0 < len(reason) <= LONGEST_REASON:
        wrong["reason"] = "wrong_reason"
    if kind == "call_give" and not order.agent:
        wrong["agent"] = "wrong_agent"
    if kind == "call_move" and not order.queue:
        wrong["queue"] = "wrong_queue"
    return order, wrong
