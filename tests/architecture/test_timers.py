"""docs/timers.md names every timer of the packages: no loop of its own, no second scheduler, appears unseen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PAGE = Path("docs/timers.md")
PACKAGES = ("callengine", "ami_adapters", "queues", "sla", "storage", "config")
SCHEDULERS = {"callengine/loop/obligation_alarms.py", "callengine/chores/schedule.py"}
PLAYED = ("callengine/demo/", "ami_adapters/simulated/")
"""Where people are played: they talk and wait."""
FACTORY = "callengine/platform/scheduler.py"
_LOOPS_OWN = {"sleep", "call_later", "call_at"}
_OTHERS = {"Timer", "AsyncIOScheduler", "BackgroundScheduler", "new_scheduler", "sched", "setitimer"}


def called(tree: ast.AST) -> set[str]:
    """Names of functions called: of `asyncio.sleep(1)` it is `sleep`, of `sleep(0)` as well."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_zero = len(node.args) == 1 and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        found.add(f"{name}(0)" if name == "sleep" and is_zero else name)
    return found


def modules() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted(Path(package).rglob("*.py"))
        if not path.as_posix().startswith(PLAYED)
    ]


def listed() -> dict[str, set[str]]:
    """The second table: module, and its timers."""
    rows = re.findall(r"^\| `([\w/]+\.py)` \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {module: set(re.findall(r"`([^`]+)`", timers)) for module, timers in rows}


def test_the_page_lists_every_sleep_and_call_later_and_no_other() -> None:
    wanted = _LOOPS_OWN | {"sleep(0)"}
    found = {
        path.as_posix(): called(ast.parse(path.read_text(encoding="utf-8"))) & wanted for path in modules()
    }
    assert {module: timers for module, timers in found.items() if timers} == listed()


def test_two_use_apscheduler_and_its_settings_stand_once() -> None:
    found = {
        path.as_posix(): called(ast.parse(path.read_text(encoding="utf-8"))) & _OTHERS for path in modules()
    }
    assert {module for module, names in found.items() if "new_scheduler" in names} == SCHEDULERS
    assert {module for module, names in found.items() if names - {"new_scheduler"}} == {FACTORY}


def test_a_timer_that_nobody_listed_would_be_found() -> None:
    loop = (
        "async def every_night():\n    while True:\n        await asyncio.sleep(1)\n        await sleep(0)\n"
    )
    assert called(ast.parse(loop)) == {"sleep", "sleep(0)"}
    assert called(ast.parse("loop.call_at(1, f)\nthreading.Timer(1, f)")) == {"call_at", "Timer"}
