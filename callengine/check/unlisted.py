"""`callengine check`: residents who dialled a number that no line of these settings has, as the ledger knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from callengine.check.finding import Finding
from callengine.observers.unlisted_calls import REMEDY
from callengine.platform.ledger_access import ledger_of
from config.settings import Settings
from storage.queries.unlisted import UnlistedCall, unlisted_calls
from storage.schema.errors import LedgerError

LOOKED_BACK = timedelta(days=7)
_MOST_NUMBERS = 5


async def check_unlisted(settings: Settings, now: datetime, *, last: int = 0) -> list[Finding]:
    """A warning for each number of the last week, and the `last` such calls one by one.

    Without a ledger there is nothing to tell: an engine that never ran has heard no call.
    """
    try:
        async with ledger_of(settings, read_only=True) as ledger, ledger.connect() as connection:
            calls = await unlisted_calls(
                connection, settings.pbx.name, now - LOOKED_BACK, {line.did for line in settings.lines}
            )
    except (LedgerError, SQLAlchemyError, OSError):
        return []  # A ledger that cannot be read is told by check_ledger.
    zone = ZoneInfo(settings.centre.time_zone)
    return [*_by_number(calls, zone), *(_one(call, zone) for call in calls[:last])]


def _by_number(calls: Sequence[UnlistedCall], zone: ZoneInfo) -> list[Finding]:
    numbers: dict[str, list[UnlistedCall]] = {}
    for call in calls:
        numbers.setdefault(call.dialled, []).append(call)
    found = [
        Finding(
            "warning",
            f"no line has the number {dialled!r}: {len(its)} calls in a week, the last at "
            f"{its[0].arrived_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            REMEDY,
        )
        for dialled, its in list(numbers.items())[:_MOST_NUMBERS]
    ]
    if len(numbers) > _MOST_NUMBERS:
        more = f"{len(numbers) - _MOST_NUMBERS} more numbers that no line has were dialled in a week"
        found.append(Finding("warning", more, "callengine check --unlisted 100 lists the calls"))
    return found


def _one(call: UnlistedCall, zone: ZoneInfo) -> Finding:
    what = (
        f"call of {call.arrived_at.astimezone(zone):%Y-%m-%d %H:%M:%S} to {call.dialled!r} from {call.number}: "
        f"{call.outcome or 'on the line'}, company {call.company}, queue {call.queue}"
    )
    return Finding("warning", what)
