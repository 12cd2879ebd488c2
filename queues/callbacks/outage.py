"""No trunk carries our dials: whom that made a human's task is dialled again as soon as one does.

A network that is away switches nobody's callback off. While it is away one dial at a time looks whether it is back, at
the low rate of the late, so that agents are not rung for nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.callbacks import obligations, schedule
from queues.state.core_state import Centre
from queues.state.facts import AttemptOver
from queues.state.handlers import TimerHandlers
from queues.state.obligation import Obligation
from queues.state.timers import TimerKind
from queues.terms.outcomes import NETWORK_CARRIES
from sla.obligation import ObligationInput, ObligationState

REASON = "network"
"""Of the human's task."""


def gave_up(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    """It has failed as often as the settings allow: a person is told, and the engine goes on looking."""
    schedule.hand_to_human(centre, obligation, REASON, at)
    policy = centre.policy.callbacks
    lately = now - 2 * policy.retry_when_late
    if any(heard_at > lately for heard_at in _heard_through_its_trunks(centre, obligation)):
        obligation.own_failures += 1
    if obligation.own_failures <= policy.max_network_failures:
        wait(centre, obligation, now)


def wait(centre: Centre, obligation: Obligation, now: datetime) -> None:
    """From now on it is dialled when a trunk carries dials again."""
    centre.without_network[obligation.id] = None
    if (TimerKind.NETWORK_PROBE, "") not in centre.timers:
        centre.timers.arm(TimerKind.NETWORK_PROBE, "", now + centre.policy.callbacks.retry_when_late)


def carried(centre: Centre, trunk: str, at: datetime, now: datetime) -> None:
    """Somebody beyond this trunk had a say: everybody who waits for it is dialled again, each in his place."""
    centre.carried_at[trunk] = now
    if not centre.without_network:
        return
    for obligation in _waiting(centre):
        if obligation.line.callback is None or trunk in obligation.line.callback.trunks:
            _dial_again(centre, obligation, at, now)


def attempt_over(centre: Centre, fact: AttemptOver) -> None:
    """A telephone beyond its trunk had a say, or none."""
    if fact.rang or fact.result in NETWORK_CARRIES:
        carried(centre, fact.attempt.trunk, fact.at, fact.now)


def probe(centre: Centre, _subject: str, now: datetime) -> None:
    """Nothing was heard of the trunks for a while: the nearest deadline's resident is tried once."""
    waiting = _waiting(centre)
    if waiting:
        _dial_again(centre, min(waiting, key=lambda one: one.place), now, now)
    if centre.without_network:
        centre.timers.arm(TimerKind.NETWORK_PROBE, "", now + centre.policy.callbacks.retry_when_late)


def _waiting(centre: Centre) -> list[Obligation]:
    """Those whom nobody has taken up meanwhile: not a person, not he himself by a further call."""
    found = [centre.obligations.get(one) for one in centre.without_network]
    waiting = [one for one in found if one is not None and one.state is ObligationState.WITH_HUMAN]
    centre.without_network = dict.fromkeys(one.id for one in waiting)
    return [one for one in waiting if not one.is_taken]


def _dial_again(centre: Centre, obligation: Obligation, at: datetime, now: datetime) -> None:
    del centre.without_network[obligation.id]
    if obligations.may_dial(centre, obligation).refusal is not None:
        return
    policy = centre.policy.callbacks
    # One more failure, and it waits again.
    obligation.network_failures = policy.max_network_failures - 1
    # A number that fails while others do not is no sign of an outage, and is not tried each time one of them succeeds.
    pause = policy.retry_when_late if obligation.own_failures else timedelta(0)
    schedule.plan(centre, obligation, ObligationInput.NETWORK_BACK, now + pause, at)


def _heard_through_its_trunks(centre: Centre, obligation: Obligation) -> list[datetime]:
    trunks = () if obligation.line.callback is None else obligation.line.callback.trunks
    return [centre.carried_at[trunk] for trunk in trunks if trunk in centre.carried_at]


TIMERS: TimerHandlers = {
    TimerKind.NETWORK_PROBE: probe,
}
