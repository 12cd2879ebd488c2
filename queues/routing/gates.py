"""What must hold before anybody is given to anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from queues.app_queue import fallback_return
from queues.state.core_state import Centre


def pbx_is_known(centre: Centre, _now: datetime) -> bool:
    """What we believe of the PBX may be acted upon."""
    return centre.synced and not centre.catching_up


def nobody_is_on_his_way_back(centre: Centre, now: datetime) -> bool:
    """Who comes back from the fallback queue may have arrived before those who wait here."""
    return not fallback_return.is_awaited(centre, now)


GATES: tuple[Callable[[Centre, datetime], bool], ...] = (pbx_is_known, nobody_is_on_his_way_back)
"""All of them, in this order; another reason to hold everybody back is one more line."""
