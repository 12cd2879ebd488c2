"""Passwords: which are good enough, and Argon2id with OWASP's parameters (19 MiB, two passes, one lane)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Result = TypeVar("Result")
SHORTEST, LONGEST = 12, 200
_AT_ONCE = 2
"""Hashes made at the same time: 38 MiB, and never more than the machine's two cores."""
_WAITING = 40
"""Beyond these somebody floods the door."""


class TooMany(Exception):
    """So many passwords are being looked at that this one must come again."""


class Weakness(StrEnum):
    """Why a password is not taken."""

    SHORT = "password_short"
    LONG = "password_long"
    NAME = "password_name"
    MONOTONOUS = "password_monotonous"
    COMMON = "password_common"


_COMMON = ("password", "qwerty", "йцукен", "пароль", "123456", "111111", "admin", "callengine", "диспетчер")


def weakness(password: str, name: str) -> Weakness | None:
    """What is wrong with it for the account of that name; None: nothing. Length counts, not kinds of letters (NIST)."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    plain = password.casefold()
    if name and name.casefold() in plain and len(password) - len(name) < SHORTEST - 4:
        return Weakness.NAME
    if len(set(plain)) < 5:
        return Weakness.MONOTONOUS
    rest = plain
    for word in _COMMON:
        rest = rest.replace(word, "")
    return Weakness.COMMON if len(rest.strip("0123456789!. ")) < 4 and rest != plain else None


class Passwords:
    """Makes and verifies hashes in threads, few at a time; knows as much time for nobody as for somebody."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """What is kept of it. Raises TooMany."""
        return await self._in_turn(self._hasher.hash, password)

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Whether it is the one of which that is kept; None: of nobody, which takes as long. Raises TooMany."""
        if kept is None:
            if self._nobodys is None:
                self._nobodys = await self.hashed("of nobody at all")
            await self._in_turn(self._verified, self._nobodys, password)
            return False
        return await self._in_turn(self._verified, kept, password)

    def wants_renewal(self, kept: str) -> bool:
        """It was made with other parameters."""
        return self._hasher.check_needs_rehash(kept)

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[..., Result], *arguments: str) -> Result:
        if self._waiting >= _WAITING:
            raise TooMany
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work, *arguments)
        finally:
            self._waiting -= 1
