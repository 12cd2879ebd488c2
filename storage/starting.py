"""One start of an engine on its ledger: under which epoch it is in charge of its PBX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.leases import CHARGE_SECONDS, Lease, charge_of, take
from storage.schema.tables import runs
from storage.spool.drain import LedgerNews


@dataclass(frozen=True, slots=True)
class Start:
    """For which node, who it is, what is known of others."""

    node: str
    holder: str
    at: datetime
    after_epoch: int
    """The last that was seen elsewhere."""
    is_gone: Callable[[str], bool]
    """Whether a holder whose lease has not run out is known to be dead all the same."""
    news: LedgerNews


def take_charge(connection: Connection, start: Start, known: int) -> Lease:
    """Under an epoch higher than any that is known: whoever is refused, by LeaseHeldError, has changed nothing."""
    last = connection.scalar(select(func.max(runs.c.epoch)).where(runs.c.node == start.node))
    epoch = max(last or 0, known) + 1
    name = charge_of(start.node)
    return take(connection, name, start.holder, seconds=CHARGE_SECONDS, epoch=epoch, is_gone=start.is_gone)
