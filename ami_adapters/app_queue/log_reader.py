"""Asterisk's queue_log, read from a moment on, across rotations. Blocking: call it in a thread.

A line is `epoch|uniqueid|queue|agent|EVENT|data…` (main/logger.c), in whole seconds, appended in order and flushed
at once. The file may be renamed at any moment (logrotate: queue_log.1, queue_log-20261125; Asterisk's own rotation:
queue_log.0); what was renamed is read on through the handle that is open, and older parts are looked for by name.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_NEAR_ENOUGH = 64 * 1024
"""A search by halves ends within this of the wanted line."""
_MOST_LINES = 500_000


class QueueLogUnreadable(Exception):
    """The file cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class LoggedLine:
    """One line of queue_log."""

    at: datetime
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


def parse_line(line: str) -> LoggedLine | None:
    """None for what is no whole line."""
    fields = line.rstrip("\r\n").split("|")
    if len(fields) < 5 or not (fields[0].isascii() and fields[0].isdigit()):
        return None
    at = datetime.fromtimestamp(int(fields[0][:11]), UTC)
    return LoggedLine(at, fields[1], fields[2], fields[3], fields[4], tuple(fields[5:]))


def lines_since(path: Path, since: datetime) -> Iterator[LoggedLine]:
    """Every line from this second on, in order. Raises QueueLogUnreadable.

    Older parts are read as long as the part after them begins later than `since`.
    """
    try:
        with contextlib.ExitStack() as opened:
            parts = _parts(path, since)
            for part in parts:
                opened.enter_context(part)
            yield from itertools.islice(_lines_of(parts, since), _MOST_LINES)
    except OSError as problem:
        raise QueueLogUnreadable(f"{path}: {problem.strerror or problem}") from None


def _lines_of(parts: Iterable[io.BufferedReader], since: datetime) -> Iterator[LoggedLine]:
    for part in parts:
        _go_to(part, since)
        for raw in part:
            line = parse_line(raw.decode("utf-8", "replace"))
            if line is not None and line.at >= since - timedelta(seconds=1):
                yield line


def _parts(path: Path, since: datetime) -> list[io.BufferedReader]:
    """The open files, oldest first; each rotated file once, whatever it is called by now."""
    opened = [path.open("rb")]
    seen = {_inode(opened[0])}
    older = sorted(
        (one for one in path.parent.glob(f"{path.name}[.-]*") if one.suffix not in {".gz", ".xz", ".bz2"}),
        key=lambda one: one.stat().st_mtime,
        reverse=True,
    )
    for one in older:
        first = _first_moment(opened[0])
        if first is not None and first <= since:
            break
        part = one.open("rb")
        if _inode(part) in seen:
            part.close()
            continue
        seen.add(_inode(part))
        opened.insert(0, part)
    return opened


def _inode(part: io.BufferedReader) -> int:
    return os.fstat(part.fileno()).st_ino


def _first_moment(part: io.BufferedReader) -> datetime | None:
    part.seek(0)
    line = parse_line(part.readline().decode("utf-8", "replace"))
    return None if line is None else line.at


def _go_to(part: io.BufferedReader, since: datetime) -> None:
    """Leave the handle at the beginning of a line that is not later than the first one wanted."""
    low, high = 0, part.seek(0, io.SEEK_END)
    while high - low > _NEAR_ENOUGH:
        middle = (low + high) // 2
        part.seek(middle)
        part.readline()
        line = parse_line(part.readline().decode("utf-8", "replace"))
        if line is None or line.at >= since:
            high = middle
        else:
            low = middle
    part.seek(low)
    if low:
        part.readline()
