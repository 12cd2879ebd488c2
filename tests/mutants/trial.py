"""One fault put into the running code of a forked process, and the tests run that reach it.

The functions' code is exchanged where it is: nothing is imported or collected again, so a trial takes milliseconds.
The tests themselves never run in the parent: what they leave in caches would hide a fault.
"""

from __future__ import annotations

import ast
import inspect
import os
import pickle
import resource
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.faults import Fault, faulty_tree

Answer = TypeVar("Answer")

CPU_SECONDS = 20
"""Whoever needs more is caught in a circle: noticed."""


@dataclass(slots=True)
class Reach:
    """Which test runs which line, and how long each takes."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def forked(work: Callable[[], Answer]) -> Answer | None:
    """What the work answers, in a process of its own; None when that died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
            os._exit(0)
        except BaseException:
            os._exit(1)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
    finally:
        os.waitpid(child, 0)
    return pickle.loads(answer) if answer else None  # noqa: S301  # our own child wrote it


def reach_of(items: Sequence[pytest.Item], folders: Sequence[Path]) -> Reach:
    """Run every test once, unchanged."""
    ours = tuple(f"{folder}/" for folder in folders)
    reached: set[tuple[str, int]] = set()

    def line(frame: types.FrameType, what: str, _: object) -> Any:
        reached.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    def called(frame: types.FrameType, what: str, _: object) -> Any:
        return line if frame.f_code.co_filename.startswith(ours) else None

    reach = Reach()
    for item in items:
        reached.clear()
        started = time.process_time()
        sys.settrace(called)
        passed = passes(item)
        sys.settrace(None)
        if not passed:
            reach.failed.append(item.nodeid)
        reach.seconds[item.nodeid] = time.process_time() - started
        for file, number in reached:
            reach.lines.setdefault(file, {}).setdefault(number, []).append(item.nodeid)
    return reach


def unreached(path: Path, reach: Reach) -> list[int]:
    """The lines of a file's functions that no test runs. What mypy holds to be impossible is not counted."""
    text = path.read_text()
    head = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        for line in (node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ())))
    }
    lines = {
        line
        for name, code in _codes(compile(text, str(path), "exec")).items()
        if code.co_flags & inspect.CO_OPTIMIZED and not name.startswith("<")  # Those run when it is imported.
        for _, _, line in code.co_lines()
        if line is not None
    }
    impossible = {number for number, line in enumerate(text.splitlines(), 1) if "assert_never(" in line}
    impossible |= {number - 1 for number in impossible}  # Its `case _:`.
    return sorted(lines - head - impossible - set(reach.lines.get(str(path), {})))


def passes(item: pytest.Item) -> bool:
    """One test, with its fixtures."""
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=None))


def is_noticed(fault: Fault, items: Sequence[pytest.Item]) -> bool:
    """Whether one of these tests fails; they are run until one does."""

    def run() -> bool | str:
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS, used + CPU_SECONDS + 1))
        try:
            put_in(fault)
        except LookupError as broken:
            return str(broken)
        return any(not passes(item) for item in items)

    answer = forked(run)
    if isinstance(answer, str):
        raise LookupError(answer)
    return answer is not False


def put_in(fault: Fault) -> None:
    """From now on the functions of this process have the fault."""
    changed = _codes(compile(faulty_tree(fault), str(fault.path), "exec"))
    found = False
    for module in tuple(sys.modules.values()):
        if getattr(module, "__file__", None) == str(fault.path):
            for function in _functions(vars(module).values(), module.__name__):
                name = function.__code__.co_qualname.replace(".<locals>", "")
                if name in changed and (name == fault.function or fault.function.startswith(f"{name}.")):
                    function.__code__ = changed[name]
                    found = True
    if not found:
        raise LookupError(fault.name)


def _functions(values: Iterable[Any], module: str) -> Iterator[types.FunctionType]:
    """Those written in this module: plain ones, wrapped ones, methods, properties."""
    for value in tuple(values):
        for one in (value, getattr(value, "__func__", None), getattr(value, "fget", None)):
            bare = getattr(one, "__wrapped__", one)
            if isinstance(bare, types.FunctionType) and bare.__module__ == module:
                yield bare
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions(vars(value).values(), module)


def _codes(code: types.CodeType) -> dict[str, types.CodeType]:
    found: dict[str, types.CodeType] = {}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found[constant.co_qualname.replace(".<locals>", "")] = constant
            found |= _codes(constant)
    return found
