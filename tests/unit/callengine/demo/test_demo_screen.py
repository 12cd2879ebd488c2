"""The demo's live view."""

from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from callengine.demo.screen import live_view
from callengine.realtime.statistics import DayTally
from queues.live_state import CentreView
from sla.call_facts import Promise
from tests.support.centre import GENERAL, moment


def test_the_wallboards_address_is_on_every_frame() -> None:
    tally = DayTally({GENERAL: Promise()}, ZoneInfo("Europe/Moscow"), moment(0))
    shown = Console(file=io.StringIO(), width=80)
    address = "http://127.0.0.1:40123/wallboard"
    shown.print(live_view(CentreView((), (), synced=True), tally, moment(1), timedelta(seconds=90), address))
    assert address in shown.file.getvalue()
