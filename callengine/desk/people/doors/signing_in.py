"""From a name and a password to a session: slowed, as long for unknown names, with a second factor where one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.metadata import folded
from callengine.desk.people.doors.known import Account, find_account
from callengine.desk.people.doors.passwords import Passwords
from callengine.desk.people.doors.second_factor import plain_recovery_code, taken_step
from callengine.desk.people.doors.secret import kept
from callengine.desk.people.doors.sessions import Found, Origin, Stage, begin_session, end_sessions
from callengine.desk.people.doors.slowing import Slowing
from callengine.desk.people.rights import Role
from callengine.desk.people.tables import accounts, recovery_codes
from callengine.desk.people.trail import record


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What the settings say of the door."""

    idle: timedelta = timedelta(hours=12)
    lasts: timedelta = timedelta(days=7)
    link_lasts: timedelta = timedelta(hours=48)
    second_factor: frozenset[Role] = field(default_factory=frozenset)
    """Roles that must have one."""


@dataclass(frozen=True, slots=True)
class Let:
    """In, or half-way; the secret is for the browser's cookie."""

    secret: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong tries."""

    seconds: float


class SigningIn:
    """The door's keeper."""

    def __init__(
        self,
        database: DeskDatabase,
        passwords: Passwords,
        rules: DoorRules,
        now: Callable[[], datetime],
        seconds: Callable[[], float],
    ) -> None:
        """`seconds`: a monotonic clock, by which tries are slowed."""
        self._database = database
        self._passwords = passwords
        self._now = now
        self._seconds = seconds
        self.rules = rules
        self.slowing = Slowing()

    def wait_seconds(self, account: str, address: str) -> float:
        """How long that account and that address must wait; 0: they may try."""
        return self.slowing.wait_seconds(account, address, self._seconds())

    def note_wrong(self, account: str, address: str) -> None:
        """A wrong try."""
        self.slowing.note_wrong(account, address, self._seconds())

    async def by_password(self, name: str, password: str, origin: Origin) -> Let | Wait | None:
        """None: wrong, whichever of the two. Raises TooMany.

        A try counts before it is looked at, so that many at the same moment are slowed as well.
        """
        key = folded(name)[:200]
        if wait := self.wait_seconds(key, origin.address):
            return Wait(wait)
        self.note_wrong(key, origin.address)
        async with self._database.reading() as connection:
            account = await find_account(
                connection, and_(accounts.c.name_key == key, accounts.c.disabled_at.is_(None))
            )
        hash_ = account.password_hash if account is not None else None
        if not await self._passwords.is_right(hash_, password) or account is None or hash_ is None:
            return None
        renewed = await self._passwords.hashed(password) if self._passwords.wants_renewal(hash_) else None
        stage = self._stage_of(account)
        async with self._database.writing() as connection:
            at = self._now()
            if renewed is not None:
                await connection.execute(
                    accounts.update().where(accounts.c.id == account.id).values(password_hash=renewed)
                )
            secret = await self._begun(connection, at, account, stage, origin)
        # With a second factor to come the tries at its code are slowed by the same count.
        if stage is not Stage.SECOND_FACTOR:
            self.slowing.note_right(key, origin.address)
        return Let(secret, stage)

    async def by_code(self, half: Found, code: str, origin: Origin) -> Let | Wait | None:
        """After the password the code of the telephone, or a recovery code. None: wrong."""
        key = folded(half.account.name)
        if wait := self.wait_seconds(key, origin.address):
            return Wait(wait)
        self.note_wrong(key, origin.address)
        async with self._database.writing() as connection:
            at = self._now()
            if not await self._is_taken(connection, at, half.account, code):
                return None
            await end_sessions(connection, at, half.account.shown, session_id=half.id)
            secret = await self._begun(connection, at, half.account, Stage.WHOLE, origin)
        self.slowing.note_right(key, origin.address)
        return Let(secret, Stage.WHOLE)

    async def after_enrolment(
        self, connection: AsyncConnection, half: Found, origin: Origin, at: datetime
    ) -> Let:
        """His second factor is confirmed: a session of its own, and no other browser keeps one."""
        await end_sessions(connection, at, half.account.shown, account_id=half.account.id)
        return Let(await self._begun(connection, at, half.account, Stage.WHOLE, origin), Stage.WHOLE)

    def _stage_of(self, account: Account) -> Stage:
        if account.totp_secret is not None:
            return Stage.SECOND_FACTOR
        return Stage.ENROLMENT if account.role in self.rules.second_factor else Stage.WHOLE

    async def _begun(
        self, connection: AsyncConnection, at: datetime, account: Account, stage: Stage, origin: Origin
    ) -> str:
        if stage is Stage.WHOLE:
            came_from = {"address": origin.address, "browser": origin.browser[:200]}
            await record(connection, account.scope, at, "signed in", ("account", account.id), after=came_from)
        return await begin_session(connection, at, account.id, stage, origin, self.rules.lasts)

    async def _is_taken(self, connection: AsyncConnection, at: datetime, account: Account, code: str) -> bool:
        """Each code once: of two requests with the same one, one is too late."""
        recovery = plain_recovery_code(code)
        if recovery is not None:
            used = await connection.execute(
                recovery_codes.update()
                .where(
                    recovery_codes.c.account_id == account.id,
                    recovery_codes.c.secret_hash == kept(recovery),
                    recovery_codes.c.used_at.is_(None),
                )
                .values(used_at=at)
            )
            return used.rowcount == 1
        now = await find_account(connection, accounts.c.id == account.id)
        if now is None or now.totp_secret is None:
            return False
        step = taken_step(now.totp_secret, code, at, now.totp_step)
        if step is None:
            return False
        before = accounts.c.totp_step
        used = await connection.execute(
            accounts.update()
            .where(accounts.c.id == account.id, before.is_(None) | (before < step))
            .values(totp_step=step)
        )
        return used.rowcount == 1
