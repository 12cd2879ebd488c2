"""The demo's live view."""

from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from callengine.demo.screen import live_view
from callengine.realtime.statistics import RealtimeStatistics
from queues.live_state import CentreView
from sla.call_facts import Promise
from tests.support.centre import GENERAL, moment


def shown(left: timedelta | None, *addresses: str) -> str:
    tally = RealtimeStatistics({GENERAL: Promise()}, ZoneInfo("Europe/Moscow"), moment(0))
    screen = Console(file=(text := io.StringIO()), width=80)
    screen.print(live_view(CentreView((), (), synced=True), tally, moment(1), left, addresses))
    return text.getvalue()


def test_the_addresses_are_on_every_frame() -> None:
    frame = shown(
        timedelta(seconds=90), "http://127.0.0.1:40123/wallboard", "desk: http://127.0.0.1:40124/desk/"
    )
    assert "http://127.0.0.1:40123/wallboard" in frame
    assert "http://127.0.0.1:40124/desk/" in frame
    assert "90 s to go" in frame


def test_without_an_end_it_says_how_it_ends() -> None:
    assert "until Ctrl-C" in shown(None)
