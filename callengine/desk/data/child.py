"""The child of `children`: sets its limits, calls one function, says what came of it on standard output."""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any


class Refused(Exception):
    """The function cannot read the file; `reason` is a word that the page has a text for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def main() -> None:
    """`python -m callengine.desk.data.child ORDER`, ORDER as `run_in_child` makes it."""
    order = json.loads(sys.argv[1])
    limits = order["limits"]
    for what, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    os.nice(5)
    say({"told": 0})
    module, _, name = order["function"].partition(":")
    # By their names here and in the imported module, this one's class is the same.
    own = importlib.import_module("callengine.desk.data.child")
    try:
        function = getattr(importlib.import_module(module), name)
        returned = function(Path(order["source"]), Path(order["result"]), tell, **order["arguments"])
    except own.Refused as refused:
        say({"refused": refused.reason})
    except MemoryError:
        say({"refused": "memory"})
    else:
        say({"returned": returned})


def tell(count: int) -> None:
    """How far the function is."""
    say({"told": count})


def say(value: dict[str, Any]) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
