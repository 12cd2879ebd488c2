"""The demo's terminal view, and what it prints at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from callengine.realtime.statistics import RealtimeStatistics
from queues.live_state import CallView, CentreView
from queues.messages.journal import AgentState, Outcome
from sla.obligation import HUMAN
from sla.service_level import ServiceLevel
from storage.queries.obligations import ObligationEnd

_COLOURS = {
    AgentState.FREE: "green",
    AgentState.OFFERED: "yellow",
    AgentState.TALKING: "cyan",
    AgentState.WRAP_UP: "magenta",
    AgentState.DECLINE_PAUSE: "red",
}
_SHOWN_CALLERS = 8


def live_view(
    view: CentreView,
    tally: RealtimeStatistics,
    now: datetime,
    left: timedelta | None,
    addresses: Sequence[str],
) -> RenderableType:
    """One moment of the centre. `left` None: until Ctrl-C. `addresses`: what a browser may open."""
    to_go = "until Ctrl-C" if left is None else f"{max(left, timedelta(0)).seconds} s to go"
    return Group(
        Panel(_figures(view, tally, now), title=f"callengine — {to_go}"),
        Panel(_waiting(view.waiting, now), title="residents without a human, the longest waiting first"),
        Panel(_agents(view), title="agents"),
        *(Text(f"  {address}") for address in addresses),
    )


def plain_line(view: CentreView, tally: RealtimeStatistics, now: datetime) -> str:
    """The same in one line, for a log."""
    level = tally.total(now)
    free = sum(1 for agent in view.agents if agent.state is AgentState.FREE)
    return (
        f"offered {level.offered}, answered {level.answered}, within 30 s {_percent(level)}, "
        f"waiting {len(view.waiting)}, longest {_longest(view.waiting, now):.1f} s, free agents {free}"
    )


def summary(tally: RealtimeStatistics, now: datetime, obligations: Sequence[ObligationEnd]) -> Iterable[str]:
    """What happened, in the field's words; each line can be checked in the ledger."""
    level = tally.total(now)
    figures = [tally.figures(queue, now) for queue in tally.queues]
    outcomes = {outcome: sum(one.by_outcome.get(outcome, 0) for one in figures) for outcome in Outcome}
    on_line = level.offered - sum(outcomes.values())
    yield f"offered            {level.offered:5}"
    yield f"answered           {level.answered:5}"
    yield f"within 30 s        {level.answered_within:5}   {_percent(level)} of the offered"
    yield f"abandoned          {outcomes[Outcome.ABANDONED]:5}"
    told = " + ".join(f"{count} {outcome.value}" for outcome, count in outcomes.items() if count)
    balance = f"offered {level.offered} = {told or '0'} + {on_line} on the line"
    yield f"law 1              {balance}   (balance {tally.imbalance()})"
    yield from _callbacks(obligations)


def _callbacks(obligations: Sequence[ObligationEnd]) -> Iterable[str]:
    got_through = sum(1 for one in obligations if one.closing == "got_through")
    contacted = [
        (one.contacted_at - one.arrived_at, one.due_at - one.arrived_at)
        for one in obligations
        if one.contacted_at is not None and one.closing != "got_through"
    ]
    tasks = sum(1 for one in obligations if one.state in HUMAN)
    yield f"missed             {len(obligations):5}   residents owed a contact"
    yield f"called back        {len(contacted):5}"
    yield f"called again       {got_through:5}   and got through by themselves"
    yield f"for a human        {tasks:5}   withheld, not reached …"
    yield f"still open         {len(obligations) - got_through - len(contacted) - tasks:5}"
    if contacted:
        took, allowed = max(contacted)
        yield (
            f"slowest callback   {took.total_seconds():5.1f} s after the arrival, "
            f"of {allowed.total_seconds():.0f} s allowed"
        )


def _figures(view: CentreView, tally: RealtimeStatistics, now: datetime) -> Table:
    level = tally.total(now)
    table = Table.grid(expand=True)
    for _ in range(5):
        table.add_column(justify="center")
    table.add_row(
        f"[bold]{level.offered}[/]\noffered",
        f"[bold]{level.answered}[/]\nanswered",
        f"[bold]{_percent(level)}[/]\nwithin 30 s",
        f"[bold]{len(view.waiting)}[/]\nwaiting",
        f"[bold]{_longest(view.waiting, now):.1f} s[/]\nlongest wait",
    )
    return table


def _waiting(waiting: Sequence[CallView], now: datetime) -> RenderableType:
    if not waiting:
        return Text("nobody")
    table = Table.grid(padding=(0, 2))
    for call in waiting[:_SHOWN_CALLERS]:
        waited = (now - call.arrived_at).total_seconds()
        table.add_row(f"{waited:5.1f} s", str(call.number), call.label, call.state.value, call.agent or "")
    if len(waiting) > _SHOWN_CALLERS:
        table.add_row("", f"and {len(waiting) - _SHOWN_CALLERS} more")
    return table


def _agents(view: CentreView) -> Table:
    table = Table.grid(expand=True)
    for _ in view.agents:
        table.add_column(justify="center")
    cells = [
        f"{agent.agent}\n[{_COLOURS.get(agent.state, 'white')}]{agent.state.value.replace('_', ' ')}[/]"
        for agent in view.agents
    ]
    table.add_row(*cells)
    return table


def _percent(level: ServiceLevel) -> str:
    return "—" if level.ratio is None else f"{float(level.ratio) * 100:.1f} %"


def _longest(waiting: Sequence[CallView], now: datetime) -> float:
    return max(((now - call.arrived_at).total_seconds() for call in waiting), default=0.0)
