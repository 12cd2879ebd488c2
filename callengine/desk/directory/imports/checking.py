"""The whole file checked row by row: good rows and faults, each to a file. Runs in the child."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from callengine.desk.directory.imports.reading import rows_of
from callengine.desk.directory.imports.rows import Fault, Row, read_row

MOST_FAULTS = 20_000
"""Bad cells that are kept to be shown; more are counted."""
_TELL_EACH = 5_000


def faults_file(result: Path) -> Path:
    """Beside the file of good rows."""
    return result.with_name(result.name + ".faults")


def check(
    source: Path, result: Path, tell: Callable[[int], None], mapping: Mapping[str, int], head_row: int
) -> dict[str, Any]:
    """Write good rows and faults, a line each; how many rows there are and how many are bad.

    What is told is written: the parent reads on while the child goes on.
    """
    encoder = msgspec.json.Encoder()
    names: dict[str, str] = {}
    rows = bad = kept = 0
    with result.open("wb") as good, faults_file(result).open("wb") as wrong:
        for number, cells in enumerate(rows_of(source), start=1):
            if number <= head_row or not cells:
                continue
            rows += 1
            if rows % _TELL_EACH == 0:
                good.flush()
                tell(rows)
            read = _other_person(read_row(number, cells, mapping), names)
            if isinstance(read, Row):
                good.write(encoder.encode(read) + b"\n")
                continue
            bad += 1
            for fault in read[: max(0, MOST_FAULTS - kept)]:
                wrong.write(encoder.encode((fault.number, fault.field, fault.value, fault.fault)) + b"\n")
                kept += 1
    return {"rows": rows, "bad": bad}


def _other_person(read: Row | list[Fault], names: dict[str, str]) -> Row | list[Fault]:
    """One id for two names in one file is a mistake of the file: neither can be known for the right one."""
    if not isinstance(read, Row) or not read.external_id or not read.name:
        return read
    name = names.setdefault(read.external_id, " ".join(read.keys))
    if name == " ".join(read.keys):
        return read
    return [Fault(read.number, "external_id", read.external_id, "external_id_twice")]
