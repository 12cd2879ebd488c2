"""Asterisk's own books, read and held against the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callengine.realtime.seed import CountedCall
from callengine.reconcile.against_pbx import (
    Unreadable,
    differences_of_cdr,
    differences_of_queue_log,
    read_cdr,
    read_queue_log,
)
from queues.terms.identifiers import CallId, CompanyId, QueueName
from sla.call_facts import CallFacts

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
END = START + timedelta(hours=1)
OURS = frozenset({"general"})


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(name: str, queued: float | None, answered: float | None, ended: float | None) -> CountedCall:
    def moment(seconds: float | None) -> datetime | None:
        return None if seconds is None else at(seconds)

    outcome = None if ended is None else "abandoned" if answered is None else "answered"
    facts = CallFacts(at((queued or 1) - 1), moment(queued), moment(answered), moment(ended), outcome)
    return CountedCall(CallId(name), QueueName("general"), CompanyId("sever"), facts)


def queue_log(folder: Path, *lines: tuple[float, str]) -> Path:
    path = folder / "queue_log"
    path.write_text("".join(f"{int(at(moment).timestamp())}|{line}\n" for moment, line in lines))
    return path


def cdr(folder: Path, *rows: tuple[str, str, float, float], with_id: bool = True) -> Path:
    path = folder / "Master.csv"
    lines = []
    for uniqueid, context, began, ended in rows:
        start, end = (at(moment).strftime("%Y-%m-%d %H:%M:%S") for moment in (began, ended))
        row = [
            "",
            "79161234567",
            "s",
            context,
            "",
            "PJSIP/trunk-1",
            "",
            "Dial",
            "",
            start,
            start,
            end,
            "1",
            "1",
        ]
        lines.append(
            ",".join(
                f'"{cell}"' for cell in [*row, "ANSWERED", "DOCUMENTATION", uniqueid][: 17 if with_id else 16]
            )
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_queue_log_that_tells_the_same_has_no_difference(tmp_path: Path) -> None:
    path = queue_log(
        tmp_path,
        (10, "a|general|NONE|ENTERQUEUE||79161234567|1"),
        (25, "a|general|1001|CONNECT|15|b.1|4"),
        (40, "b|general|NONE|ENTERQUEUE||79161234567|1"),
        (45, "b|general|NONE|ABANDON|1|1|5"),
        (46, "x|elsewhere|NONE|ENTERQUEUE||79161234567|1"),
        (47, "a line that somebody broke"),
    )
    logged = read_queue_log(path, START, END)
    calls = [call("a", 10.4, 25.9, 60), call("b", 40.1, None, 45)]
    assert list(differences_of_queue_log(calls, logged, OURS)) == []


def test_what_queue_log_tells_differently_is_named_by_call(tmp_path: Path) -> None:
    path = queue_log(
        tmp_path,
        (10, "late|general|NONE|ENTERQUEUE||1|1"),
        (25, "late|general|1001|CONNECT|15|b.1|4"),
        (30, "answered|general|NONE|ENTERQUEUE||1|1"),
        (31, "answered|general|1001|CONNECT|1|b.1|1"),
        (50, "unknown|general|NONE|ENTERQUEUE||1|1"),
    )
    calls = [
        call("late", 10.4, 30, 60),
        call("answered", 30, None, 40),
        call("missing", 35, 36, 40),
        call("never in line", None, None, 41),
    ]
    found = {
        (one.subject, one.what)
        for one in differences_of_queue_log(calls, read_queue_log(path, START, END), OURS)
    }
    assert found == {
        ("late", "wait, s"),
        ("answered", "answered"),
        ("missing", "entry"),
        ("unknown", "call"),
    }


def test_what_the_cdrs_tell_differently_is_named_by_call(tmp_path: Path) -> None:
    path = cdr(
        tmp_path,
        ("same", "callengine-in", 9, 40),
        ("same", "callengine-connect", 20, 60),
        ("short", "callengine-hold", 9, 30),
        ("unknown", "callengine-in", 100, 110),
        ("agent", "callengine-agent-login", 100, 110),
    )
    recorded = read_cdr(path, START, END, UTC)
    calls = [
        call("same", 10.5, 25, 60.9),
        call("short", 10, 25, 60),
        call("missing", 70, 75, 80),
        call("just over", 70, 75, 3590),
        call("on the line", 70, 75, None),
    ]
    found = {(one.subject, one.what) for one in differences_of_cdr(calls, recorded, at(3585))}
    assert found == {("short", "end"), ("missing", "call"), ("unknown", "call")}


def test_a_file_that_cannot_be_compared_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read_queue_log(tmp_path / "none", START, END)
    with pytest.raises(Unreadable, match="loguniqueid=yes"):
        read_cdr(cdr(tmp_path, ("a", "callengine-in", 1, 2), with_id=False), START, END, UTC)
