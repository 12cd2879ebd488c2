"""Which files of the product are entered, in which order, while something happens: `sys.setprofile`, nothing guessed.

Each entry into another file is a move, and so is each return to the caller's file: that is how often a reader changes
pages. A step is all that follows one message of AMI, one event handed to the dispatcher, one transaction of the ledger.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("callengine/", "ami_adapters/", "queues/", "sla/", "storage/", "config/")
LEFT_OUT = ("callengine/demo/", "storage/migrations/")
"""The test's own telephones and Asterisk live there."""

NameOfStep = Callable[[Mapping[str, Any]], str]
"""From the local variables of the function that begins a step to the step's name."""


@dataclass(slots=True)
class Step:
    """`files` in the order of entering and coming back."""

    name: str
    files: list[str] = field(default_factory=list)

    @property
    def distinct(self) -> set[str]:
        return set(self.files)

    @property
    def moves(self) -> int:
        return len(self.files) - 1

    @property
    def moves_back(self) -> int:
        """Of the moves, those into a file that was left already in this step."""
        return self.moves - (len(self.distinct) - 1)


class Recorder:
    """Records while `recording`; one step at a time, a step within another belongs to it."""

    def __init__(self, begins: Mapping[CodeType, NameOfStep]) -> None:
        self.steps: list[Step] = []
        self._begins = begins
        self._names: dict[CodeType, str | None] = {}
        self._step: Step | None = None
        self._root: FrameType | None = None
        self._stack: list[str] = []

    @contextmanager
    def recording(self) -> Iterator[None]:
        sys.setprofile(self._heard)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _file_of(self, code: CodeType) -> str | None:
        if code not in self._names:
            self._names[code] = product_file(code.co_filename)
        return self._names[code]

    def _heard(self, frame: FrameType, event: str, _argument: object) -> None:
        if event not in {"call", "return"}:
            return
        file = self._file_of(frame.f_code)
        if file is None:
            return
        if event == "call":
            self._entered(frame, file)
        else:
            self._left(frame)

    def _entered(self, frame: FrameType, file: str) -> None:
        if self._step is None:
            name = self._begins.get(frame.f_code)
            if name is None:
                return
            self._step, self._root = Step(name(frame.f_locals)), frame
            self.steps.append(self._step)
            self._stack.clear()
        self._stack.append(file)
        self._move_to(file)

    def _left(self, frame: FrameType) -> None:
        if self._step is None:
            return
        if frame is self._root:
            self._step = self._root = None
            return
        if self._stack:
            self._stack.pop()
        if self._stack:
            self._move_to(self._stack[-1])

    def _move_to(self, file: str) -> None:
        if self._step is not None and (not self._step.files or self._step.files[-1] != file):
            self._step.files.append(file)


def product_file(filename: str) -> str | None:
    """The path within the project of a file of the product; None for all else."""
    try:
        path = Path(filename).relative_to(ROOT).as_posix()
    except ValueError:
        return None
    return path if path.startswith(PACKAGES) and not path.startswith(LEFT_OUT) else None
