"""The chores that an engine has, and when: the one list of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ami_adapters.connection.owner import Owner
from callengine.chores.retention import AT_NIGHT, forget_tonight
from callengine.chores.schedule import Chores
from callengine.chores.timer_jobs import alone
from callengine.platform.logs import Log
from callengine.reconcile import yesterday
from callengine.reconcile.against_realtime import LiveSide
from callengine.reconcile.sources import books_of
from callengine.reports.schedule import ReportSchedule
from config.settings import Settings
from storage.ledger import Ledger


def plan(
    chores: Chores,
    settings: Callable[[], Settings],
    ledger: Ledger,
    live: LiveSide,
    reports: ReportSchedule,
    me: Owner,
    now: Callable[[], datetime],
    accounts_differ: Callable[[int], None],
    log: Log,
) -> None:
    """Retention, the nightly recount where it is wanted, reports where any is; each by one engine of a ledger."""

    async def forget() -> None:
        await forget_tonight(ledger.engine, settings(), now, log, alone(ledger, "retention", me))

    async def compare() -> None:
        mine = alone(ledger, "reconcile", me)
        await yesterday.compare_yesterday(books, now, accounts_differ, log, mine)

    chores.daily("retention", AT_NIGHT, forget)
    if settings().reconcile.nightly:
        books = books_of(settings(), ledger.reader, live)
        chores.daily("reconcile", yesterday.AT, compare)
    if reports.is_wanted:
        reports.alone = alone(ledger, "reports", me, done_for=0.0)
        chores.daily("reports", reports.at, reports.write, also_at_start=True, is_finished_at_stop=True)
