"""What one board shows at one moment, and in which tone: numbers without words, of one look at the centre."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from callengine.realtime.figures import QuarterHour, ScopeFigures
from callengine.wallboard.scope import Scope
from config.schema.wallboard import Wallboard
from queues.live_state import AgentView, CentreView
from queues.messages.journal import AgentState, Outcome
from sla.call_facts import Promise
from sla.figures import Rated
from sla.obligation import HUMAN

_ZERO = timedelta(0)
LOST = (Outcome.ABANDONED, Outcome.REJECTED, Outcome.LOST)
"""Ended without a human, and without a callback or a message that the resident chose instead."""


class Tone(StrEnum):
    """How a tile looks: always a colour, a mark and a word together."""

    CALM = "calm"
    GREY = "grey"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ALARM = "alarm"


class Group(StrEnum):
    """Agents as the bar sums them, from left to right."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    AWAY = "away"


GROUP_OF: Mapping[AgentState, Group] = {
    AgentState.FREE: Group.FREE,
    AgentState.OFFERED: Group.RINGING,
    AgentState.TALKING: Group.TALKING,
    AgentState.BUSY_ELSEWHERE: Group.TALKING,
    AgentState.WRAP_UP: Group.WRAP_UP,
    AgentState.DECLINE_PAUSE: Group.WRAP_UP,
    AgentState.PAUSED: Group.PAUSED,
    AgentState.UNAVAILABLE: Group.AWAY,
    AgentState.LOGGED_OUT: Group.AWAY,
}


@dataclass(frozen=True, slots=True)
class Links:
    """The ways to the outside, as the footer shows them."""

    pbx: bool
    """Connected, and its state is known."""
    trunks: tuple[bool | None, ...] = ()
    """Whether each can carry calls; None: not known."""
    unlisted: tuple[str, ...] = ()
    """Numbers that were dialled within the hour and that no line of the settings has, the latest first."""
    in_charge: str | None = None
    """Of an engine that stands by: who is in charge of the PBX, and where; "" when nobody knows."""


@dataclass(frozen=True, slots=True)
class LevelTile:
    """The service level with all that belongs beside it."""

    tone: Tone
    rated: Rated
    last_hour: Rated
    promise: Promise | None
    """None: queues with different promises are summed."""
    goal: float
    unknown: timedelta


@dataclass(frozen=True, slots=True)
class WaitingTile:
    """Residents without a human now."""

    tone: Tone
    waiting: int
    late: int
    """Past their queue's target."""
    longest: timedelta
    longest_tone: Tone
    longest_of: str
    """The company whom the longest waiting called."""


@dataclass(frozen=True, slots=True)
class LostTile:
    """Today's calls that ended without a human."""

    tone: Tone
    lost: int
    short: int
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class CallbackTile:
    """What is owed and the engine sees to; `tasks` are for people."""

    tone: Tone
    owed: int
    oldest: timedelta | None
    tasks: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class AgentCell:
    """One agent in the grid."""

    name: str
    state: AgentState
    group: Group
    since: timedelta | None
    reason: str
    too_long: bool


@dataclass(frozen=True, slots=True)
class AgentTile:
    """All of them as a bar, those who are there as a grid; `more` found no room."""

    tone: Tone
    groups: Mapping[Group, int]
    cells: tuple[AgentCell, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Board:
    """One board at one moment."""

    scope: Scope
    at: datetime
    level: LevelTile
    waiting: WaitingTile
    lost: LostTile
    callbacks: CallbackTile
    agents: AgentTile
    quarters: Sequence[QuarterHour]
    links: Links


def board_of(
    scope: Scope,
    figures: ScopeFigures,
    quarters: Sequence[QuarterHour],
    view: CentreView,
    links: Links,
    limits: Wallboard,
    goal: float,
    now: datetime,
) -> Board:
    """The board. `goal` is used where `figures` sums queues with different ones."""
    agents = _agents(scope, view, figures.waiting, limits, now)
    return Board(
        scope=scope,
        at=now,
        level=_level(figures, limits, goal),
        waiting=_waiting(scope, figures, view, agents.groups[Group.FREE], limits),
        lost=_lost(figures, limits),
        callbacks=_callbacks(scope, view, limits, now),
        agents=agents,
        quarters=quarters,
        links=links,
    )


def _level(figures: ScopeFigures, limits: Wallboard, goal: float) -> LevelTile:
    rated = figures.today.service_level()
    goal = goal if figures.promise is None else figures.promise.goal
    return LevelTile(
        tone=_level_tone(rated, goal, limits),
        rated=rated,
        last_hour=figures.hour.service_level(),
        promise=figures.promise,
        goal=goal,
        unknown=figures.today.unknown,
    )


def _level_tone(rated: Rated, goal: float, limits: Wallboard) -> Tone:
    """By what is certain: time that nobody saw is not good."""
    if rated.low is None or rated.calls < limits.few_calls:
        return Tone.GREY
    if rated.low >= _exact(goal):
        return Tone.GOOD
    return Tone.WARN if rated.low >= _exact(goal) - _exact(limits.level_amber_below_goal) else Tone.BAD


def _exact(share: float) -> Fraction:
    """As it was written in the settings: 0.88 − 0.08 is 0.8."""
    return Fraction(share).limit_denominator(10**6)


def _waiting(
    scope: Scope, figures: ScopeFigures, view: CentreView, free: int, limits: Wallboard
) -> WaitingTile:
    waiting, longest = figures.waiting, figures.longest_wait
    if waiting >= limits.waiting_red or (waiting >= limits.waiting_amber and waiting > free):
        tone = Tone.BAD
    else:
        tone = Tone.WARN if waiting >= limits.waiting_amber else Tone.CALM
    steps = (
        (limits.longest_wait_alarm_seconds, Tone.ALARM),
        (limits.longest_wait_red_seconds, Tone.BAD),
        (limits.longest_wait_amber_seconds, Tone.WARN),
    )
    reached = (tone for seconds, tone in steps if longest.total_seconds() >= seconds)
    first = min(
        (call for call in view.waiting if scope.has(call)), key=lambda call: call.arrived_at, default=None
    )
    return WaitingTile(
        tone,
        waiting,
        figures.waiting_late,
        longest,
        next(reached, Tone.CALM),
        "" if first is None else first.company,
    )


def _lost(figures: ScopeFigures, limits: Wallboard) -> LostTile:
    outcomes = figures.today.outcomes
    lost = sum(outcomes.get(outcome.value, 0) for outcome in LOST)
    offered = figures.today.offered
    share = Fraction(lost, offered) if offered else None
    if share is None or offered < limits.few_calls:
        tone = Tone.GREY if lost else Tone.CALM
    elif share > limits.lost_red_ratio:
        tone = Tone.BAD
    else:
        tone = Tone.WARN if share > limits.lost_amber_ratio else Tone.CALM
    return LostTile(tone, lost, figures.today.short_abandons, share)


def _callbacks(scope: Scope, view: CentreView, limits: Wallboard, now: datetime) -> CallbackTile:
    here = [one for one in view.obligations if scope.has(one)]
    owed = [now - one.arrived_at for one in here if one.state not in HUMAN]
    oldest = max(owed, default=None)
    tone = Tone.CALM
    if oldest is not None:
        if oldest.total_seconds() >= limits.callback_red_seconds:
            tone = Tone.BAD
        elif oldest.total_seconds() >= limits.callback_amber_seconds:
            tone = Tone.WARN
    if view.callbacks_stopped:
        tone = Tone.BAD
    return CallbackTile(tone, len(owed), oldest, len(here) - len(owed), view.callbacks_stopped)


CELLS = 12
"""As many agents as the grid has room for at a size that is read from five metres."""
_NEED = (Group.PAUSED, Group.AWAY, Group.FREE, Group.RINGING, Group.WRAP_UP, Group.TALKING)
"""Who is shown when there is no room for all: those about whom something could be done."""


def _agents(scope: Scope, view: CentreView, waiting: int, limits: Wallboard, now: datetime) -> AgentTile:
    here = scope.agents_of(view)
    groups = Counter(GROUP_OF[agent.state] for agent in here)
    cells = [_cell(agent, limits, now) for agent in here if agent.state is not AgentState.LOGGED_OUT]
    more = 0
    if len(cells) > CELLS:
        by_need = sorted(
            cells, key=lambda cell: (not cell.too_long, _NEED.index(cell.group), -(cell.since or _ZERO))
        )
        shown = by_need[: CELLS - 1]
        more = len(cells) - len(shown)
        cells = [cell for cell in cells if cell in shown]
    if waiting > 0 and groups[Group.FREE] == 0:
        tone = Tone.BAD
    else:
        tone = Tone.WARN if any(cell.too_long for cell in cells) else Tone.CALM
    return AgentTile(tone, {group: groups[group] for group in Group}, tuple(cells), more)


def _cell(agent: AgentView, limits: Wallboard, now: datetime) -> AgentCell:
    since = None if agent.since is None else max(now - agent.since, _ZERO)
    paused = agent.state is AgentState.PAUSED and since is not None
    return AgentCell(
        name=agent.name,
        state=agent.state,
        group=GROUP_OF[agent.state],
        since=since,
        reason=agent.pause_reason if agent.state is AgentState.PAUSED else "",
        too_long=paused and since is not None and since.total_seconds() > limits.pause_amber_seconds,
    )
