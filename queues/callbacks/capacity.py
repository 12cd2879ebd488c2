"""Whether one more callback may be dialled now: the switch, the cap at a time, the channels kept for arrivals."""

from __future__ import annotations

from queues.state.core_state import Centre
from queues.state.facts import AttemptOver, CallOver
from queues.state.obligation import Obligation


def may_dial_now(centre: Centre) -> bool:
    """Whether there is a channel for one more callback."""
    return _free(centre) > 0


def park(centre: Centre, obligation: Obligation) -> None:
    """It keeps its place, and leaves the line to those for whom there is a channel."""
    centre.take_out_of_line(obligation)
    obligation.is_parked = True
    centre.parked.add(obligation.id, obligation.place)


def unpark(centre: Centre) -> None:
    """A channel may have become free: as many as there are channels stand in line again, earliest first."""
    if centre.parked.first() is None:
        return
    free = _free(centre)
    while free > 0 and (first := centre.parked.first()) is not None:
        obligation = centre.obligations[first]
        centre.parked.discard(first)
        obligation.is_parked = False
        centre.put_in_line(obligation)
        free -= 1


def call_over(centre: Centre, _fact: CallOver) -> None:
    """His channel may carry a callback."""
    unpark(centre)


def attempt_over(centre: Centre, _fact: AttemptOver) -> None:
    """Its channel may carry another one."""
    unpark(centre)


def trunks_have_room(centre: Centre) -> bool:
    """Whether one more call by hand leaves residents who call the channels that are kept for them."""
    policy = centre.policy.callbacks
    return not policy.trunk_channels or _channels_left(centre) > 0


def _channels_left(centre: Centre) -> int:
    """A callback takes one channel of the trunks, as each resident's call does."""
    policy = centre.policy.callbacks
    return policy.trunk_channels - policy.keep_for_arrivals - len(centre.calls) - len(centre.attempts)


def _free(centre: Centre) -> int:
    """How many more may be dialled; a large number where nothing limits it."""
    policy = centre.policy.callbacks
    if centre.callbacks_stopped:
        return 0
    limits = [len(centre.obligations)]
    if policy.max_in_flight:
        limits.append(policy.max_in_flight - len(centre.attempts))
    if policy.trunk_channels:
        limits.append(_channels_left(centre))
    return min(limits)
