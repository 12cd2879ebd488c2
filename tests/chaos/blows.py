"""What is done to a running centre, and when: told by a seed, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class BlowKind(StrEnum):
    """One kind of misfortune."""

    KILL_ENGINE = "engine killed (kill -9) and started anew"
    HANG_ENGINE = "engine stopped for a while (SIGSTOP), then going on"
    CUT_AMI = "AMI connection cut"
    BLACKHOLE_AMI = "AMI connection open, nothing passes"
    LOSE_LEDGER = "ledger away"
    FULL_DISK = "disk full for ledger and spool"
    STOP_POSTGRES = "PostgreSQL stopped and started"
    STOP_POSTGRES_KILL_ENGINE = "PostgreSQL stopped, the engine killed and started meanwhile"
    KILL_PBX = "Asterisk killed (kill -9) and started anew"


NOT_AWAY = frozenset({BlowKind.LOSE_LEDGER, BlowKind.FULL_DISK, BlowKind.STOP_POSTGRES})
"""Through these the engine goes on routing."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One misfortune: so many seconds after the one before is over, for so many seconds."""

    kind: BlowKind
    after_seconds: float
    for_seconds: float


LONG: Mapping[BlowKind, int] = {
    BlowKind.KILL_ENGINE: 200,
    BlowKind.HANG_ENGINE: 8,
    BlowKind.CUT_AMI: 15,
    BlowKind.BLACKHOLE_AMI: 8,
    BlowKind.LOSE_LEDGER: 8,
    BlowKind.FULL_DISK: 8,
    BlowKind.KILL_PBX: 4,
}
LONG_POSTGRES: Mapping[BlowKind, int] = {
    BlowKind.KILL_ENGINE: 20,
    BlowKind.STOP_POSTGRES: 10,
    BlowKind.STOP_POSTGRES_KILL_ENGINE: 10,
    BlowKind.CUT_AMI: 5,
    BlowKind.KILL_PBX: 1,
}
SHORT: Mapping[BlowKind, int] = {
    BlowKind.KILL_ENGINE: 4,
    BlowKind.HANG_ENGINE: 1,
    BlowKind.CUT_AMI: 1,
    BlowKind.BLACKHOLE_AMI: 1,
    BlowKind.LOSE_LEDGER: 1,
    BlowKind.FULL_DISK: 1,
    BlowKind.KILL_PBX: 1,
}
SHORT_POSTGRES: Mapping[BlowKind, int] = {
    BlowKind.STOP_POSTGRES: 1,
    BlowKind.STOP_POSTGRES_KILL_ENGINE: 1,
}
_LASTS: Mapping[BlowKind, tuple[float, float]] = {
    BlowKind.KILL_ENGINE: (0.0, 3.0),
    BlowKind.HANG_ENGINE: (6.0, 9.0),
    BlowKind.CUT_AMI: (0.0, 0.0),
    BlowKind.BLACKHOLE_AMI: (6.0, 9.0),
    BlowKind.LOSE_LEDGER: (2.0, 8.0),
    BlowKind.FULL_DISK: (2.0, 8.0),
    BlowKind.STOP_POSTGRES: (2.0, 8.0),
    BlowKind.STOP_POSTGRES_KILL_ENGINE: (0.5, 3.0),
    BlowKind.KILL_PBX: (0.5, 2.0),
}


def schedule(counts: Mapping[BlowKind, int], seed: int) -> Iterator[Blow]:
    """All of them in an order of chance, at moments of chance."""
    chance = Random(seed)
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    chance.shuffle(kinds)
    for kind in kinds:
        yield Blow(kind, chance.uniform(0.2, 2.5), chance.uniform(*_LASTS[kind]))
