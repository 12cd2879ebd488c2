"""A recorded run of the engine decided again: by this version of the core, and by the settings of today."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from queues.dispatcher import Dispatcher
from queues.driver import Difference, Replay
from queues.policy import CentrePolicy
from storage.restore.recorded_run import RecordedRun, recorded, recorded_run


class CannotReplay(Exception):
    """Why a run cannot be decided again, in words for whoever asked."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One event on which it is decided otherwise now: only what is not in both decisions."""

    number: int
    """Of the run's events, from 1."""
    at: datetime
    event: str
    recorded: tuple[str, ...]
    now: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "event": self.event,
            "recorded": list(self.recorded),
            "now": list(self.now),
        }


@dataclass(slots=True)
class DecidedAgain:
    """What came of it. The first difference is the one to look at: later ones may only follow from it."""

    run: RecordedRun
    differing: int = 0
    first: list[Differing] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "node": self.run.node,
            "epoch": self.run.epoch,
            "started_at": self.run.started_at.isoformat(),
            "events": self.run.events,
            "differing": self.differing,
            "first": [one.as_json() for one in self.first],
        }


async def decide_again(
    ledger: AsyncEngine, node: str, epoch: int | None, policy: CentrePolicy, most: int
) -> DecidedAgain:
    """Hand every event of the run in again; `most`: so many differences are kept. Raises CannotReplay.

    The run begins by `policy`; what was reloaded while it ran is in its journal, and is taken from there.
    """
    run = await recorded_run(ledger, node, epoch)
    if run is None:
        which = "no run" if epoch is None else f"no run {epoch}"
        raise CannotReplay(f'the ledger has {which} of "{node}" with a journal')
    if run.missing:
        raise CannotReplay(
            f"{run.missing} of the {run.events + run.missing} decisions of run {run.epoch} are not in the journal any "
            "more (retention), so nobody knows from what the others followed; a later run may be whole (--epoch)"
        )
    told = DecidedAgain(run)
    replay = Replay(Dispatcher(policy, epoch=run.epoch, started_at=run.started_at, node=node), run.started_at)
    try:
        async for at, event, decision in recorded(ledger, node, run.epoch):
            difference = replay.hand_in(at, event, decision)
            if difference is not None:
                told.differing += 1
                if len(told.first) < most:
                    told.first.append(_differing(at, difference))
    except (KeyError, msgspec.ValidationError) as unknown:
        raise CannotReplay(f"event {replay.events + 1} was written by a newer version: {unknown}") from None
    return told


def _differing(at: datetime, difference: Difference) -> Differing:
    before, now = _lines(difference.recorded), _lines(difference.decided)
    return Differing(
        difference.number + 1,
        at,
        in_words(difference.event),
        tuple((before - now).elements()),
        tuple((now - before).elements()),
    )


def _lines(decision: Any) -> Counter[str]:
    return Counter(in_words(one) for one in (*decision.commands, *decision.journal))


def in_words(value: Any) -> str:
    """`OfferCall(call=c1, agent=1001)`: what is set, telephone numbers masked, no moment that is `at`."""
    told = [
        f"{one.name}={_short(getattr(value, one.name))}"
        for one in fields(value)
        if one.name != "at" and getattr(value, one.name) not in {None, "", ()}
    ]
    return f"{type(value).__name__}({', '.join(told)})"


def _short(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)
