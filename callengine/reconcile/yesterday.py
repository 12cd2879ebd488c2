"""Every night the engine holds yesterday's figures against the ledger, and exports how many calls differ."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, time, timedelta

from sqlalchemy.exc import SQLAlchemyError

from callengine.chores.timer_jobs import Alone
from callengine.platform.logs import Log
from callengine.reconcile.run import Books, reconcile
from storage.leases import LeaseHeldError

AT = time(3, 30)
_SHOWN = 20


async def compare_yesterday(
    books: Books,
    now: Callable[[], datetime],
    found: Callable[[int], None],
    log: Log,
    alone: Alone = nullcontext,
) -> None:
    """Each night at AT by the centre's clock. A database that is away is logged, and tried again next night."""
    try:
        async with alone():
            found(await of_yesterday(books, now(), log))
    except LeaseHeldError as problem:
        log.info(
            "reconcile_left_to_other_engine",
            msg="another engine of this ledger does it tonight",
            reason=str(problem),
        )
    except (SQLAlchemyError, OSError) as problem:
        log.error(
            "reconcile_failed",
            msg="nothing was compared; tried again next night",
            reason=type(problem).__name__,
        )


async def of_yesterday(books: Books, now: datetime, log: Log) -> int:
    """How many calls and sums of the day before are told differently; logs them. Raises SQLAlchemyError, OSError."""
    end = now.astimezone(books.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = (end - timedelta(hours=12)).replace(hour=0)
    findings = await reconcile(books, start.astimezone(now.tzinfo), end.astimezone(now.tzinfo), now)
    for one in findings.differences[:_SHOWN]:
        log.error(
            "reconcile_difference",
            msg="another source tells a figure differently from the ledger",
            source=one.source,
            subject=one.subject,
            what=one.what,
            ledger=one.ledger,
            other=one.other,
        )
    log.info(
        "reconcile_finished",
        msg="every figure was counted again from the ledger",
        calls=findings.calls,
        differences=findings.subjects,
        compared=findings.compared,
    )
    return findings.subjects
