"""How the ledger and its spool fare: what is logged, and when the engine must start anew because of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ami_adapters.connection.owner import Owner
from callengine.metrics.ledger import LedgerMetrics
from callengine.platform.identity import gone_holder
from callengine.platform.logs import Log
from callengine.platform.start_errors import ledger_problem
from config.settings import Settings
from storage.leases import LeaseHeldError, LeaseLostError
from storage.ledger import Ledger, open_ledger
from storage.schema.errors import LedgerError
from storage.schema.revisions import Fit
from storage.spool.batch_writer import BEHIND
from storage.spool.drain import LedgerNews
from storage.spool.writer import Spool

_MANY_IN_MEMORY = 2 * BEHIND
"""So many decisions are in memory only when neither database nor disk has taken any for a while."""


async def opened_ledger(
    settings: Settings, now: datetime, log: Log, *, me: Owner, left: Owner | None = None
) -> Ledger:
    """The ledger and the spool of these settings, held by `me`. Raises LedgerError, which names the key to change.

    Raises LeaseHeldError when another engine holds it. `left`: who was in charge of the PBX, and is not any more.
    """

    def on_set_aside(records: int, file: Path) -> None:
        log.error(
            "spool_decisions_set_aside",
            msg="these decisions were made when another engine was in charge already",
            decisions=records,
            file=str(file),
        )

    database = settings.database
    path = settings.spool_path
    try:
        return await open_ledger(
            database.url,
            settings.pbx.name,
            now,
            password=database.password.get_secret_value(),
            news=LedgerNews(set_aside=on_set_aside),
            after_epoch=0 if left is None else left.epoch,
            holder=me.written(),
            is_gone=gone_holder(me, left),
            spool=None
            if path is None
            else Spool(path, settings.pbx.name, limit_bytes=database.spool_max_mb << 20),
        )
    except LeaseHeldError:
        raise
    except LedgerError as problem:
        if path is not None and str(path) in str(problem):
            right = "name a file of this engine's own, in a folder that is there"
            raise LedgerError(f"database.spool_file: {path.absolute()}: {problem} → {right}") from None
        what, right = ledger_problem(database.url, problem)
        raise LedgerError(f"{what} → {right}") from None


class LedgerWatch:
    """Hears all news of the ledger's writer."""

    def __init__(self, ledger: Ledger, metrics: LedgerMetrics, log: Log) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._log = log
        self._was_away = False
        self._told_of_schema = False
        self.on_lost: Callable[[LeaseLostError], None] = lambda problem: None
        """Told once that another engine holds the lease."""
        metrics.ledger = ledger
        news = ledger.writer.news
        news.failed, news.spool_failed = self._on_failure, self._on_spool_failure
        news.behind = self._on_behind
        news.lost = self._on_lost
        news.refused, news.drained = self._on_refused, metrics.drained.inc
        news.missed = self._on_missed
        self._tell_of_the_start()
        self._tell_of_schema()

    @property
    def keeps_decisions(self) -> bool:
        """Whether the database or the local disk takes what is decided."""
        writer = self._ledger.writer
        return writer.pending_rows < _MANY_IN_MEMORY and not writer.dropped_records

    def check(self) -> None:
        """Once a second: tell of changes. Raises LedgerError when only a new start gives a whole account again."""
        writer = self._ledger.writer
        self._tell_of_schema()
        if writer.is_away != self._was_away:
            self._was_away = writer.is_away
            if writer.is_away:
                self._log.error("ledger_away", msg="decisions go to the spool, routing goes on")
            else:
                self._log.info("ledger_back", msg="the ledger has everything")
        if writer.dropped_records and not writer.is_away and not writer.pending_rows:
            raise LedgerError(
                f"{writer.dropped_records} decisions found no room while neither database nor disk took any; the "
                "ledger is back: the engine starts anew and settles these calls by their traces on the PBX"
            )

    def _tell_of_schema(self) -> None:
        """Once, also of a database that was away at the start."""
        found = self._ledger.found
        if found is not None and not self._told_of_schema:
            self._told_of_schema = True
            if found.fit is Fit.NEWER:
                self._log.warning(
                    "ledger_is_newer",
                    msg="made by a newer version; all that this one knows is there",
                    revision=found.revision,
                )

    def _tell_of_the_start(self) -> None:
        spool = self._ledger.spool
        if spool is None:
            return
        for start, end in spool.damage.stretches:
            self._metrics.damaged.inc()
            self._log.error(
                "spool_damaged",
                msg="a stretch of the spool cannot be read and was set aside",
                file=str(spool.path),
                start=start,
                end=end,
            )
        if spool.damage.torn is not None:
            self._log.warning(
                "spool_tail_truncated",
                msg="the spool's last write was not finished and was cut off",
                file=str(spool.path),
            )

    def _on_failure(self, problem: Exception) -> None:
        self._metrics.failures.inc()
        self._log.error(
            "ledger_write_failed",
            msg="the database did not take a batch; tried again",
            reason=_reason(problem),
        )

    def _on_behind(self, waiting: int) -> None:
        self._log.error(
            "ledger_writer_behind", msg="the database is slower than what is decided", waiting=waiting
        )

    def _on_spool_failure(self, problem: Exception) -> None:
        self._metrics.spool_failures.inc()
        self._log.error(
            "spool_write_failed", msg="the local disk does not take decisions", reason=str(problem)
        )

    def _on_missed(self, records: int) -> None:
        self._metrics.drained.inc(records)
        self._log.warning(
            "ledger_failed_over",
            msg="another database server answers that lacks the last decisions; they are written again",
            records=records,
        )

    def _on_lost(self, problem: LeaseLostError) -> None:
        self._log.error(
            "ledger_refused_engine", msg="another engine is in charge of the PBX", reason=str(problem)
        )
        self.on_lost(problem)

    def _on_refused(self, table: str) -> None:
        self._metrics.refused.inc()
        self._log.error(
            "ledger_change_refused",
            msg="the database refuses a change for good; the journal keeps it",
            table=table,
        )


def _reason(problem: Exception) -> str:
    """Without a word of what was to be written; our own texts hold none."""
    return str(problem) if isinstance(problem, LedgerError) else type(problem).__name__
