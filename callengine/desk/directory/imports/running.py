"""Loads moved on in the background, one at a time: looked at, checked, written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from callengine.desk.data.children import CHILDREN, ChildRefused, Limits, run_in_child
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.bookkeeping import next_ids, renew
from callengine.desk.directory.imports import loads
from callengine.desk.directory.imports.busy import held
from callengine.desk.directory.imports.checking import faults_file
from callengine.desk.directory.imports.house_index import HouseIndex
from callengine.desk.directory.imports.matching import Matcher
from callengine.desk.directory.imports.rows import Fault, Row
from callengine.desk.directory.imports.writing import Writer, take_away_ended, undo
from callengine.desk.directory.tables import premises
from callengine.desk.files.shelf import refuse_upload_when_full
from callengine.desk.people.scope import Scope, system_scope
from callengine.desk.people.trail import record
from callengine.platform.logs import get_log

_log = get_log("callengine.desk")
BATCH = 500
"""Rows in one transaction: another writer waits for one of these at most."""
_READING = "callengine.desk.directory.imports.reading:look"
_CHECKING = "callengine.desk.directory.imports.checking:check"
_FAULTS = 1_000
_SHOWN_HOUSES = 50
_GONE = timedelta(days=1)
"""A load whose file is not in our folder is another desk's, or of a folder that is no more."""


class TakenAwayError(Exception):
    """Another process took the load for one that nobody is busy with, and undid it."""


class Loads:
    """`begin_…` returns at once; the load's row tells what became of it. `recover` first, `close` at the end."""

    def __init__(
        self,
        database: DeskDatabase,
        now: Callable[[], datetime],
        folder: Path,
        limits: Limits | None = None,
        free_mb: int = 0,
    ) -> None:
        self._database = database
        self._now = now
        self.folder = folder
        """Where uploads lie until they are loaded or thrown away."""
        self._limits = limits or Limits()
        self._free_mb = free_mb
        self._one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.progress: dict[int, int] = {}
        """Rows of a load that its step has done."""

    async def recover(self) -> None:
        """What a process that died was busy with is undone, and can be begun again."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scope = system_scope("a load after a new start")
        async with self._database.reading() as connection:
            found = await loads.unfinished(connection, scope)
        for row in found:
            try:
                with held(self.source(row["file"])) as is_ours:
                    if is_ours:
                        await self._take_back(scope, row)
            except FileNotFoundError:
                if row["changed_at"] < self._now() - _GONE:
                    await self._take_back(scope, row)

    async def _take_back(self, scope: Scope, row: Mapping[Any, Any]) -> None:
        """Nobody is busy with it any more."""
        load = int(row["id"])
        if row["state"] == "applying":
            await self._undo(scope, load, "interrupted", "stopped")
        else:
            await self._state(scope, load, "refused", problem="stopped")

    def refuse_when_full(self) -> None:
        """Raises FileRefused when so little is left on the disk that calls could be hurt."""
        refuse_upload_when_full(self.folder, self._free_mb)

    async def close(self) -> None:
        """End what runs; `recover` takes it up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Until nothing runs."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def begin_look(self, scope: Scope, load: int) -> None:
        """Read the heads and first rows: state `columns` or `refused`."""
        self._begin(scope, load, self._look(scope, load))

    def begin_check(self, scope: Scope, load: int) -> None:
        """The dry run: state `checked` or `refused`."""
        self._begin(scope, load, self._check(scope, load))

    def begin_apply(self, scope: Scope, load: int) -> None:
        """Write it: state `applied`, or `interrupted` with nothing changed."""
        self._begin(scope, load, self._apply(scope, load))

    def _begin(self, scope: Scope, load: int, step: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                row = await self._row(scope, load)
                with held(self.source(row["file"])) as is_ours:
                    if is_ours:
                        async with CHILDREN.turn(self._one):
                            await step
            except ChildRefused as refused:
                await self._state(scope, load, "refused", problem=refused.reason)
            except OSError:
                await self._state(scope, load, "refused", problem="no_file")
            except (SQLAlchemyError, msgspec.MsgspecError, TakenAwayError) as problem:
                _log.error(
                    "directory_load_failed",
                    msg="nothing of it was kept",
                    load=load,
                    error=type(problem).__name__,
                )
                await self._state(scope, load, "refused", only_from=("looking", "checking"), problem="failed")
            finally:
                self.progress.pop(load, None)
                step.close()

        task = asyncio.get_running_loop().create_task(run(), name=f"load {load}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def source(self, file: str) -> Path:
        """Of an uploaded file's name."""
        return self.folder / Path(file).name

    def result(self, file: str) -> Path:
        """Its good rows."""
        return self.folder / f"{Path(file).name}.rows"

    def throw_away(self, file: str) -> None:
        """The file and what was made of it: it has personal data, and is needed no more."""
        for path in (self.source(file), self.result(file), faults_file(self.result(file))):
            path.unlink(missing_ok=True)

    async def _look(self, scope: Scope, load: int) -> None:
        row = await self._row(scope, load)
        source, result = self.source(row["file"]), self.result(row["file"])
        found = await run_in_child(_READING, source, result, {}, self._limits)
        await self._state(scope, load, "columns", columns=found, rows=found["rows"])

    async def _check(self, scope: Scope, load: int) -> None:
        row = await self._row(scope, load)
        columns, mapping = json.loads(row["columns"]), json.loads(row["mapping"])
        result, grown = self.result(row["file"]), asyncio.Event()
        result.write_bytes(b"")
        arguments = {"mapping": mapping, "head_row": columns["head_row"]}

        def told(count: int) -> None:
            self.progress[load] = count
            grown.set()

        child = asyncio.get_running_loop().create_task(
            run_in_child(_CHECKING, self.source(row["file"]), result, arguments, self._limits, told)
        )
        child.add_done_callback(lambda _task: grown.set())
        try:
            run = await self._dry_run(row["company"], result, child, grown)
            read = await child
        finally:
            child.cancel()
        await self._keep_faults(scope, load, result, run.ambiguous)
        counts = {**run.matcher.counts, "bad": read["bad"] + run.matcher.counts["bad"]}
        counts["new_houses"] = [one.label for one in run.houses.new.values()][:_SHOWN_HOUSES]
        await self._state(scope, load, "checked", counts=counts, rows=read["rows"])

    async def _keep_faults(self, scope: Scope, load: int, result: Path, more: list[Fault]) -> None:
        faults = [Fault(*one) for one in msgspec_lines(faults_file(result), tuple[int, str, str, str])]
        async with self._database.writing() as connection:
            await loads.forget_faults(connection, scope, load)
        for some in (*(faults[at : at + _FAULTS] for at in range(0, len(faults), _FAULTS)), more):
            async with self._database.writing() as connection:
                await loads.keep_faults(connection, scope, load, some)

    async def _dry_run(
        self, company: str, result: Path, child: asyncio.Task[Any], grown: asyncio.Event
    ) -> _Run:
        """Of what the child has written so far, until it is done."""
        run = await self._run(company, None)
        lines = GrowingLines(result, Row)
        while True:
            done = child.done()
            for batch in lines.batches(is_whole=done):
                async with self._database.reading() as connection:
                    run.ambiguous += (await run.matcher.plan(connection, batch)).faults
            if done:
                return run
            grown.clear()
            if not child.done():
                await grown.wait()

    async def _apply(self, scope: Scope, load: int) -> None:
        row = await self._row(scope, load)
        company, result = row["company"], self.result(row["file"])
        async with self._database.writing() as connection:
            await loads.pend(connection, scope, load)
        try:
            run = await self._run(company, load, count=int(row["rows"]))
            writer = Writer(company, load, run.houses)
            for batch in GrowingLines(result, Row).batches(is_whole=True):
                async with self._database.reading() as connection:
                    plan = await run.matcher.plan(connection, batch)
                async with self._database.writing() as connection:
                    await writer.write(connection, plan)
                self._add(load, len(batch))
            counts = {**json.loads(row["counts"] or "{}"), **run.matcher.counts}
            counts["bad"] = json.loads(row["counts"] or "{}").get("bad", 0)
            async with self._database.writing() as connection:
                await loads.switch(connection, scope, load)
                await renew(connection, company)
                now = self._now()
                if not await loads.move(
                    connection, scope, now, load, "applied", only_from=("applying",), counts=counts
                ):
                    raise TakenAwayError
                subject = ("load", load)
                after = {"file": row["file_name"], **{k: v for k, v in counts.items() if k != "new_houses"}}
                await record(
                    connection, scope, self._now(), "imported", subject, company=company, after=after
                )
        except BaseException:
            await asyncio.shield(self._undo(scope, load, "interrupted", "failed"))
            raise
        self.throw_away(row["file"])
        await take_away_ended(self._database, load)

    async def _run(self, company: str, load: int | None, count: int = 0) -> _Run:
        houses = HouseIndex(company)
        async with self._database.reading() as connection:
            await houses.read(connection)
            known = await connection.scalar(
                select(func.count()).select_from(
                    select(premises.c.row).where(premises.c.company == company).limit(1).subquery()
                )
            )
        first = 1, 1
        if load is not None:
            async with self._database.writing() as connection:
                first = (
                    await next_ids(connection, "premises", count),
                    await next_ids(connection, "residents", count),
                )
        matcher = Matcher(company, houses, load, *first)
        matcher.is_first = not known
        return _Run(houses, matcher)

    async def _undo(self, scope: Scope, load: int, state: str, problem: str) -> None:
        await undo(self._database, load)
        async with self._database.writing() as connection:
            await loads.switch(connection, scope, load)
            await loads.move(connection, scope, self._now(), load, state, problem=problem)

    async def _row(self, scope: Scope, load: int) -> Mapping[str, Any]:
        async with self._database.reading() as connection:
            return {
                str(name): value for name, value in (await loads.load_of(connection, scope, load)).items()
            }

    async def _state(self, scope: Scope, load: int, state: str, **values: Any) -> None:
        async with self._database.writing() as connection:
            await loads.move(connection, scope, self._now(), load, state, **values)

    def _add(self, load: int, count: int) -> None:
        self.progress[load] = self.progress.get(load, 0) + count


class _Run:
    """One pass over a file."""

    def __init__(self, houses: HouseIndex, matcher: Matcher) -> None:
        self.houses = houses
        self.matcher = matcher
        self.ambiguous: list[Fault] = []


class GrowingLines:
    """Lines of a file that somebody is still writing, as values, some at a time."""

    def __init__(self, path: Path, kind: Any) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(kind)
        self._at = 0

    def batches(self, *, is_whole: bool) -> Iterator[list[Any]]:
        """Those that are there and were not given yet; a last short batch only when the file `is_whole`."""
        batch: list[Any] = []
        with self._path.open("rb") as lines:
            lines.seek(self._at)
            read = self._at
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                batch.append(self._decoder.decode(line))
                read += len(line)
                if len(batch) == BATCH:
                    self._at = read
                    yield batch
                    batch = []
        if batch and is_whole:
            yield batch


def msgspec_lines(path: Path, kind: Any) -> Iterator[Any]:
    """Each line as this type."""
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)
