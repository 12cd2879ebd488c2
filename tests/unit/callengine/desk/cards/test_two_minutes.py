"""Settled at the first contact, and the time from answer to closed card (P36)."""

from __future__ import annotations

from datetime import timedelta

from callengine.desk.cards.two_minutes import Contact, figures, figures_by
from tests.support.manual_clock import NOON


def contact(
    seconds: int | None, *, settled: bool = False, topic: str = "Вода", answered: bool = True
) -> Contact:
    closed = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Contact("sever", topic, "1001", "incoming", NOON if answered else None, closed, settled)


def test_only_closed_cards_have_a_time_and_only_closed_ones_are_settled() -> None:
    told = figures([contact(60, settled=True), contact(120), contact(300), contact(None, settled=True)])
    assert (told.contacts, told.settled, told.closed, told.never_closed) == (4, 1, 3, 1)
    assert (told.mean, told.median, told.p95) == (
        timedelta(seconds=160),
        timedelta(seconds=120),
        timedelta(seconds=300),
    )
    assert (told.settled_ratio, told.never_closed_ratio) == (0.25, 0.25)


def test_what_no_human_answered_has_no_time() -> None:
    told = figures([contact(60, answered=False)])
    assert (told.closed, told.mean, told.never_closed) == (0, None, 0)


def test_of_nothing_there_is_no_ratio() -> None:
    told = figures([])
    assert (told.settled_ratio, told.never_closed_ratio, told.p95) == (None, None, None)


def test_apart_by_topic() -> None:
    apart = figures_by([contact(60), contact(20, topic="Лифт"), contact(40, topic="Лифт")], "topic")
    assert {name: one.contacts for name, one in apart.items()} == {"Вода": 1, "Лифт": 2}
