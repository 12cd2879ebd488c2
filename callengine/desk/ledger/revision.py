"""Whether the engine's ledger has the tables that the desk's pages read; told once, at the start."""

from __future__ import annotations

from callengine.desk.ledger.reader import LedgerReader
from callengine.platform.logs import Log
from storage.migrate import LEDGER
from storage.schema.errors import LedgerError
from storage.schema.revisions import Fit


async def tell_of_ledger(reader: LedgerReader, log: Log) -> None:
    """A ledger that is away, or not there yet, is told by the pages that want it."""
    try:
        async with reader.reading() as connection:
            found = await connection.run_sync(LEDGER.look)
    except LedgerError as problem:
        log.info("desk_ledger_unseen", msg="the ledger cannot be read yet", reason=str(problem))
        return
    if found.fit in {Fit.OLDER, Fit.NEWER}:
        log.warning(
            "desk_ledger_of_another_version",
            msg="`callengine db upgrade`, or the start of a newer desk, makes the two fit",
            found=found.told(),
            revision=found.revision,
        )
