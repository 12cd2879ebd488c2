"""Wrong tries at a door come slower and slower, and nobody is ever locked out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callengine.desk.people.doors.slowing import (
    LONGEST_SECONDS,
    MOST_KEYS,
    OF_ACCOUNT,
    OF_ADDRESS,
    Slowing,
)


def wrong_tries(slowing: Slowing, hours: float, account: str = "ivanova") -> int:
    """How many somebody has who tries as soon as he may, each time from another address."""
    now, tries = 0.0, 0
    while now < hours * 3600:
        address = f"10.0.{tries // 250}.{tries % 250}"
        wait = slowing.wait_seconds(account, address, now)
        if wait:
            now += wait
            continue
        slowing.note_wrong(account, address, now)
        tries += 1
    return tries


def test_one_account_is_tried_at_most_some_sixty_times_an_hour_from_however_many_addresses() -> None:
    assert wrong_tries(Slowing(), hours=24) <= 24 * 120


def test_one_address_cannot_try_a_word_at_many_accounts() -> None:
    slowing, tries = Slowing(), 0
    for n in range(1000):
        if slowing.wait_seconds(f"account{n}", "10.0.0.1", 0.0) == 0:
            slowing.note_wrong(f"account{n}", "10.0.0.1", 0.0)
            tries += 1
    assert tries == OF_ADDRESS


def test_an_owner_who_is_right_begins_anew_and_frees_no_address() -> None:
    slowing = Slowing()
    for n in range(OF_ADDRESS + 1):
        slowing.note_wrong(f"a{n}", "10.0.0.1", 0.0)
    for _ in range(OF_ACCOUNT):
        slowing.note_wrong("ivanova", "10.0.0.2", 0.0)
    slowing.note_right("ivanova", "10.0.0.1")
    assert slowing.wait_seconds("ivanova", "", 0.0) == 0
    assert slowing.wait_seconds("", "10.0.0.1", 0.0) > 0


@given(st.lists(st.floats(0, 1000), max_size=200))
def test_nobody_waits_longer_than_a_minute(pauses: list[float]) -> None:
    slowing, now = Slowing(), 0.0
    for pause in pauses:
        now += pause
        slowing.note_wrong("a", "b", now)
        assert slowing.wait_seconds("a", "b", now) <= LONGEST_SECONDS
    assert slowing.wait_seconds("a", "b", now + LONGEST_SECONDS) == 0


def test_memory_is_bounded() -> None:
    slowing = Slowing()
    for n in range(MOST_KEYS + 500):
        slowing.note_wrong(f"name {n}", "", float(n))
    assert len(slowing._wrong) == MOST_KEYS
