"""What befell watched calls in a gap, from a queue_log that was rotated meanwhile, or cannot be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from ami_adapters.app_queue.backfill import QueueLogGap
from ami_adapters.app_queue.events import WatchedQueues
from ami_adapters.app_queue.history import LoggedCall
from ami_adapters.app_queue.log_reader import QueueLogUnreadable, lines_since
from ami_adapters.protocol.ami_message import Message
from queues.terms.identifiers import AgentId, QueueName
from queues.terms.outcomes import QueueExit
from tests.support.centre import NOON

WATCHED = WatchedQueues({"500": QueueName("general")})


def line(seconds: float, call: int, event: str, *data: str) -> str:
    stamp = int((NOON + timedelta(seconds=seconds)).timestamp())
    return "|".join((str(stamp), str(call), "500", "NONE", event, *data)) + "\n"


def entered(seconds: float, call: int) -> str:
    return line(seconds, call, "ENTERQUEUE", "", f"7916000000{call}", "1")


def gave_up(seconds: float, call: int) -> str:
    return line(seconds, call, "ABANDON", "1", "1", "30")


BEFORE = entered(-40, 1) + entered(-30, 2)
EARLY = gave_up(5, 1) + entered(6, 3)
LATE = gave_up(20, 2) + gave_up(21, 3) + entered(22, 4)


@dataclass
class Complaints:
    heard: list[str] = field(default_factory=list)

    def warning(self, event: str, **fields: object) -> object:
        self.heard.append(f"{event} {fields}")
        return None


async def found_in(path: Path, log: Complaints | None = None) -> dict[str, LoggedCall]:
    gap = QueueLogGap(path)
    gap.begins(NOON)
    return dict(await gap.calls(WATCHED, list[Message](), log or Complaints()))


def exits(calls: dict[str, LoggedCall]) -> dict[str, QueueExit | None]:
    return {uniqueid: call.exit for uniqueid, call in calls.items()}


EVERYTHING = {"1": QueueExit.ABANDONED, "2": QueueExit.ABANDONED, "3": QueueExit.ABANDONED, "4": None}


def renamed_by_logrotate(folder: Path) -> None:
    (folder / "queue_log.1").write_text(BEFORE + EARLY)
    (folder / "queue_log").write_text(LATE)


def renamed_with_its_date(folder: Path) -> None:
    (folder / "queue_log-20261123").write_text(BEFORE + EARLY)
    (folder / "queue_log").write_text(LATE)


def rotated_twice(folder: Path) -> None:
    for number, (name, text) in enumerate(
        (("queue_log.2", BEFORE), ("queue_log.1", EARLY), ("queue_log", LATE))
    ):
        (folder / name).write_text(text)
        _at(folder / name, number)


def rotated_a_moment_ago(folder: Path) -> None:
    """Nothing was written since."""
    (folder / "queue_log.0").write_text(BEFORE + EARLY + LATE)
    (folder / "queue_log").write_text("")


def copied_and_cut_off_in_a_line(folder: Path) -> None:
    """An older part that is packed is not read, and half a line is none."""
    (folder / "queue_log.1").write_text(BEFORE + EARLY)
    (folder / "queue_log.2.gz").write_bytes(b"\x1f\x8b packed")
    (folder / "queue_log").write_text(LATE + "17954352")


def _at(path: Path, number: int) -> None:
    os.utime(path, (NOON.timestamp() + number, NOON.timestamp() + number))


@pytest.mark.parametrize(
    "rotate",
    [
        renamed_by_logrotate,
        renamed_with_its_date,
        rotated_twice,
        rotated_a_moment_ago,
        copied_and_cut_off_in_a_line,
    ],
)
async def test_a_rotation_in_the_gap_hides_nobody(tmp_path: Path, rotate: Callable[[Path], None]) -> None:
    rotate(tmp_path)
    assert exits(await found_in(tmp_path / "queue_log")) == EVERYTHING


async def test_a_gap_that_was_read_is_over(tmp_path: Path) -> None:
    (tmp_path / "queue_log").write_text(BEFORE + EARLY + LATE)
    gap = QueueLogGap(tmp_path / "queue_log")
    gap.begins(NOON)
    assert exits(dict(await gap.calls(WATCHED, [], Complaints()))) == EVERYTHING
    assert not await gap.calls(WATCHED, [], Complaints())


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_in_a_circle(path: Path) -> None:
    """Unreadable for root too, whom rights do not stop."""
    path.symlink_to(path)


@pytest.mark.parametrize("spoil", [missing, a_folder, a_link_in_a_circle])
async def test_what_cannot_be_read_is_said_and_tells_of_nobody(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "queue_log"
    spoil(path)
    log = Complaints()
    assert await found_in(path, log) == {}
    (said,) = log.heard
    assert "unknown" in said
    assert str(path) in said


def test_a_file_that_opens_and_cannot_be_read_is_unreadable_too() -> None:
    with pytest.raises(QueueLogUnreadable):
        list(lines_since(Path("/proc/self/mem"), NOON))


async def test_an_agents_own_call_into_the_queue_is_no_residents(tmp_path: Path) -> None:
    watched = WatchedQueues(WATCHED.queues, {"1001": AgentId("1001")})
    own = line(3, 1, "ENTERQUEUE", "", "1001", "1") + line(9, 1, "ABANDON", "1", "1", "6")
    (tmp_path / "queue_log").write_text(own + entered(4, 2) + gave_up(20, 2))
    gap = QueueLogGap(tmp_path / "queue_log")
    gap.begins(NOON)
    assert exits(dict(await gap.calls(watched, list[Message](), Complaints()))) == {"2": QueueExit.ABANDONED}
