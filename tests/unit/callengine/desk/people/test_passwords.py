"""Which passwords are taken, and that verifying one takes as long for nobody as for somebody."""

from __future__ import annotations

import asyncio
import threading

import pytest

from callengine.desk.people.doors.passwords import Passwords, TooMany, Weakness, weakness


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("вишня растёт у окна", None),
        ("correct horse battery staple", None),
        ("short", Weakness.SHORT),
        ("д" * 201, Weakness.LONG),
        ("aaaaaaaaaaaaaaaa", Weakness.MONOTONOUS),
        ("qwerty1234567890", Weakness.COMMON),
        ("Пароль-123456", Weakness.COMMON),
        ("ivanova-ivan", Weakness.NAME),
        ("ivanova растит вишню у окна", None),
    ],
)
def test_what_is_taken(password: str, wrong: Weakness | None) -> None:
    assert weakness(password, "ivanova") == wrong


async def test_it_is_argon2id_with_the_parameters_that_were_asked_for() -> None:
    passwords = Passwords()
    kept = await passwords.hashed("вишня растёт у окна")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.is_right(kept, "вишня растёт у окна")
    assert not await passwords.is_right(kept, "вишня растёт у двери")
    assert not await passwords.is_right("not a hash", "вишня")
    assert not passwords.wants_renewal(kept)


async def test_as_much_is_computed_for_nobody_as_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords()
    kept = await passwords.hashed("вишня растёт у окна")
    await passwords.is_right(None, "begin")
    computed: list[str] = []
    verified = passwords._verified

    def counted(kept: str, password: str) -> bool:
        computed.append(kept[:30])
        return verified(kept, password)

    monkeypatch.setattr(passwords, "_verified", counted)
    assert not await passwords.is_right(kept, "wrong")
    assert not await passwords.is_right(None, "wrong")
    assert computed == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


async def test_two_are_computed_at_once_and_a_flood_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, go, running, most = Passwords(), threading.Event(), 0, 0
    lock = threading.Lock()

    def slow(_kept: str, _password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(20)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(passwords, "_verified", slow)
    tries = [asyncio.create_task(passwords.is_right("kept", "p")) for _ in range(60)]
    await asyncio.sleep(0)
    go.set()
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert most <= 2
    assert results.count(True) == 40
    assert sum(isinstance(one, TooMany) for one in results) == 20
