"""What subjects use: take an upload for something of theirs, give addresses of what it has, throw one away."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from callengine.desk.data.children import CHILDREN, ChildRefused, Limits, run_in_child
from callengine.desk.data.database import DeskDatabase
from callengine.desk.files import commands, queries
from callengine.desk.files.folder import MEBIBYTE, FileFolder
from callengine.desk.files.kinds import safe_name
from callengine.desk.files.records import FileRefused, Owner, StoredFile
from callengine.desk.files.signing import Signer
from callengine.desk.people.scope import Scope, system_scope
from callengine.platform.logs import Log

_LOOK: Final = "callengine.desk.files.looking:look"
_AT_ONCE: Final = 2
"""Children that look at files; who comes meanwhile waits."""
_UNSAVED: Final = timedelta(days=1)
LOOKING = Limits(memory_bytes=1024 * MEBIBYTE, cpu_seconds=30, wall_seconds=60.0, file_bytes=64 * MEBIBYTE)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """In MB, as the settings have them."""

    one_mb: int = 20
    company_mb: int = 2048
    free_mb: int = 1024


class FileShelf:
    """One for the desk's life. Raises OSError when its folder cannot be made."""

    def __init__(
        self,
        database: DeskDatabase,
        folder: Path,
        limits: FileLimits,
        now: Callable[[], datetime],
        host: str = "",
    ) -> None:
        self._database = database
        self.limits = limits
        self._now = now
        self._folder = FileFolder(folder, limits.free_mb)
        self._signer = Signer(self._folder.prepare(), host)
        self._looking = asyncio.Semaphore(_AT_ONCE)

    @property
    def has_own_host(self) -> bool:
        """Whether files have a name of their own, where no page of the desk is."""
        return bool(self._signer.host)

    async def take(
        self,
        scope: Scope,
        owner: Owner,
        name: str,
        parts: AsyncIterator[bytes],
        *,
        said_bytes: int | None = None,
        client_id: str | None = None,
    ) -> StoredFile:
        """Keep an upload. `said_bytes`: what the browser says will come. Raises FileRefused, NotSeen, OSError."""
        scope.require(owner.company)
        if client_id is not None:
            async with self._database.reading() as connection:
                known = await queries.file_of_client(connection, scope, client_id)
            if known is not None:
                return known
        coming = said_bytes or 0
        if coming > self.limits.one_mb * MEBIBYTE:
            raise FileRefused("too_big", self.limits.one_mb)
        await self._refuse_when_full(scope, owner.company, coming)
        received = await self._folder.receive(parts, self.limits.one_mb)
        try:
            kind, looked_at = await self._looked_at(received)
            kept = await asyncio.to_thread(self._folder.keep, looked_at)
        finally:
            received.unlink(missing_ok=True)
        at = self._now()
        one = StoredFile(
            0, owner, safe_name(name, kind), kind, kept.size, kept.sha256, kept.stored, scope.name, at
        )
        try:
            await self._refuse_when_full(scope, owner.company, kept.size)
            async with self._database.writing() as connection:
                identity = await commands.add(connection, scope, at, one, client_id)
                return await queries.file_of(connection, scope, identity)
        except IntegrityError:
            # The same upload came twice at once: the other was first.
            self._folder.throw_away(kept.stored)
            async with self._database.reading() as connection:
                first = await queries.file_of_client(connection, scope, client_id or "")
            if first is None:
                raise FileRefused("failed") from None
            return first
        except BaseException:
            self._folder.throw_away(kept.stored)
            raise

    async def throw_away(self, scope: Scope, file_id: int) -> None:
        """Row, then bytes. Raises NotSeen."""
        async with self._database.writing() as connection:
            gone = await commands.remove(connection, scope, self._now(), file_id)
        self._folder.throw_away(gone.stored)

    def addresses(self, found: Iterable[StoredFile]) -> dict[int, str]:
        """Where a browser gets each of these, for some minutes."""
        now = self._now()
        return {one.id: self._signer.address(one.id, one.name, now) for one in found}

    async def opened(self, token: str) -> tuple[StoredFile, Path] | None:
        """What a signed address leads to, and where its bytes are; None: nothing, or not any more."""
        file_id = self._signer.opened(token, self._now())
        if file_id is None:
            return None
        async with self._database.reading() as connection:
            one = await queries.file_of_address(connection, system_scope("a signed address"), file_id)
        path = self._folder.at(one.stored)
        return (one, path) if path.is_file() else None

    async def tidy(self, log: Log) -> None:
        """Each night: files of forms that nobody saved, and bytes that no row stands for."""
        scope = system_scope("tidying of files")
        try:
            async with self._database.writing() as connection:
                unsaved = await commands.forget_unsaved(connection, scope, self._now() - _UNSAVED)
            async with self._database.reading() as connection:
                kept = await queries.kept_names(connection, scope)
            gone = await asyncio.to_thread(self._folder.sweep, kept, self._now().timestamp())
        except (SQLAlchemyError, OSError) as problem:
            reason = type(problem).__name__
            log.error("desk_files_tidying_failed", msg="tried again next night", reason=reason)
            return
        if gone or unsaved:
            log.info("desk_files_tidied", msg="nobody needs them", files=gone, unsaved=unsaved)

    async def _looked_at(self, received: Path) -> tuple[str, Path]:
        """What it is, and the file that is to be kept. Raises FileRefused."""
        made = self._folder.temporary()
        try:
            async with CHILDREN.turn(self._looking):
                told = await run_in_child(_LOOK, received, made, {}, LOOKING)
        except ChildRefused as refused:
            made.unlink(missing_ok=True)
            known = {"kind", "broken", "pixels"}
            raise FileRefused(refused.reason if refused.reason in known else "broken") from None
        return told["kind"], made if told["anew"] else received

    async def _refuse_when_full(self, scope: Scope, company: str | None, coming: int) -> None:
        self._folder.refuse_when_full(coming)
        async with self._database.reading() as connection:
            used = await queries.bytes_of(connection, scope, company)
        if used + coming > self.limits.company_mb * MEBIBYTE:
            raise FileRefused("company_full", self.limits.company_mb)


def refuse_upload_when_full(folder: Path, free_mb: int) -> None:
    """For uploads that are kept elsewhere, such as tables to load. Raises FileRefused."""
    if shutil.disk_usage(folder).free < free_mb * MEBIBYTE:
        raise FileRefused("disk", free_mb)
