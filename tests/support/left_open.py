"""What a test leaves open fails that test, and no other: descriptors, processes, tasks, and what the collector meets.

Left to chance, the collector comes upon a forgotten transport in the middle of some later test and fails it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any

import pytest

GRACE_SECONDS = 1.0
"""For what is closing already when a loop ends."""
SLOW_SECONDS = 0.05
_OF_PYTHON_ITSELF = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Processes that Python starts when they are first needed and keeps to its own end."""


class LeftOpenPlugin:
    """The hooks of pytest: a test's account begins before its fixtures and is closed behind the last of them."""

    def __init__(self) -> None:
        self._account = LeftOpen()
        self._has_passed = pytest.StashKey[bool]()
        self._module: Path | None = None
        watch_loops(self._account.tell)
        logging.getLogger("asyncio").addHandler(ComplaintsOfAsyncio(self._account.tell))

    def pytest_collection_finish(self) -> None:
        """What all tests share is not looked through again after each of them."""
        gc.collect()
        gc.freeze()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        if item.path != self._module or self._account.was_slow:
            # What is read once for all (the code's syntax trees, a dictionary) would be looked through after each test.
            self._module = item.path
            gc.collect()
            gc.freeze()
        self._account.begin()
        yield

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope == "function":
            return (yield)
        with self._account.allow():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        item.stash[self._has_passed] = report.passed and item.stash.get(self._has_passed, True)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        yield
        findings = self._account.findings()
        # Who failed half-way could not tidy up; what he left is on nobody else's account all the same.
        if findings and item.stash.get(self._has_passed, False):
            pytest.fail(
                "left open by this test:\n" + "\n".join(f"  {one}" for one in findings), pytrace=False
            )


@dataclass
class LeftOpen:
    """Watches from `begin` to `findings`; what `allow`ed fixtures of a wider scope open meanwhile is theirs."""

    _before: set[str] = field(default_factory=set)
    _told: list[str] = field(default_factory=list)
    was_slow: bool = False
    """The collector had more to look through than one test makes."""

    def begin(self) -> None:
        """The test starts now."""
        self._before = set(open_things())
        self._told.clear()

    def tell(self, what: str) -> None:
        """Something that was seen to be left, by whoever saw it."""
        self._told.append(what)

    @contextmanager
    def allow(self) -> Iterator[None]:
        """What is opened inside outlives the test on purpose."""
        before = set(open_things())
        try:
            yield
        finally:
            self._before |= set(open_things()) - before

    def findings(self) -> list[str]:
        """What is left; the collector has been through everything."""
        begun = time.process_time()
        with _unraisable(self.tell):
            gc.collect()
        self.was_slow = time.process_time() - begun > SLOW_SECONDS
        return [*self._told, *(thing for thing in open_things() if thing not in self._before)]


def open_things() -> list[str]:
    """The descriptors and the children of this process, each as one line that is its own."""
    things = []
    of_python = {
        getattr(forkserver._forkserver, "_forkserver_alive_fd", None),
        getattr(resource_tracker._resource_tracker, "_fd", None),
    }
    for number in sorted({int(name) for name in os.listdir("/proc/self/fd")} - of_python):  # noqa: PTH208  # the folder is what is asked
        with suppress(OSError):
            link = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115  # no path, but what the kernel calls it
            if not link.startswith("/proc/"):
                things.append(
                    f"descriptor {number}: {link}{_address(number) if link.startswith('socket') else ''}"
                )
    return [*things, *_children()]


def _address(number: int) -> str:
    try:
        one = socket.socket(fileno=os.dup(number))
    except OSError:
        return ""
    with one:
        try:
            return f" {one.family.name} {one.type.name} {one.getsockname()!r}"
        except (OSError, AttributeError):
            return ""


def _children() -> list[str]:
    found = []
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            for child in (thread / "children").read_text().split():
                command = (
                    Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                if not any(name in command for name in _OF_PYTHON_ITSELF):
                    found.append(f"process {child}: {command[:200]}")
    return found


@contextmanager
def _unraisable(tell: Callable[[str], None]) -> Iterator[None]:
    """Warnings of `__del__` methods that are errors here reach nobody otherwise."""
    usual = sys.unraisablehook
    sys.unraisablehook = lambda what: tell(f"{what.exc_value or what.err_msg} ({what.object!r})")
    try:
        yield
    finally:
        sys.unraisablehook = usual


class ComplaintsOfAsyncio(logging.Handler):
    """A task nobody awaited or cancelled, an exception nobody looked at: asyncio only logs them."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """One complaint."""
        self._tell(f"asyncio: {record.getMessage()}"[:2000])


def watch_loops(tell: Callable[[str], None]) -> None:
    """Have every loop that ends tell the tasks that are still at work; asyncio would cancel them without a word."""
    cancel_all = asyncio.runners._cancel_all_tasks  # no public way in

    def cancel_and_tell(loop: asyncio.AbstractEventLoop) -> None:
        tasks = asyncio.all_tasks(loop)
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=GRACE_SECONDS))
        for task in tasks:
            if not task.done():
                tell(f"task: {_where(task)}")
        cancel_all(loop)

    asyncio.runners._cancel_all_tasks = cancel_and_tell


def _where(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=3)
    lines = [f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" for frame in frames]
    return f"{task.get_name()} {getattr(task.get_coro(), '__qualname__', '')} at {' '.join(lines)}"
