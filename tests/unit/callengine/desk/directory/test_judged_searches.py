"""Three hundred searches as people type them, judged by a file: the right answer is among the first five (P39)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callengine.desk.directory.finding.hits import Hit
from callengine.desk.directory.finding.search import DirectorySearch
from tests.support.desk_directory import build_town
from tests.support.desk_pages import AGENT, desk_database

FILE = Path(__file__).with_name("judged") / "searches.tsv"
LEAST_RIGHT = 0.95


@dataclass(frozen=True)
class Judged:
    """`house|flat|name`, of a name its beginning; what is not told does not matter."""

    typed: str
    wanted: str
    difficulty: str

    def is_right(self, hit: Hit) -> bool:
        house, flat, name = [*self.wanted.split("|"), "", ""][:3]
        return (
            (not house or hit.house == house)
            and (not flat or hit.flat == flat)
            and (not name or hit.name.startswith(name))
        )


def judged() -> list[Judged]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Judged(*line.split("\t")) for line in lines if line and not line.startswith("#")]


async def test_the_right_answer_is_among_the_first_five(tmp_path: Path) -> None:
    cases = judged()
    assert len(cases) >= 300
    search, wrong = DirectorySearch(), []
    async with desk_database(f"sqlite:///{tmp_path}/desk.db") as database:
        await build_town(database)
        async with database.reading() as connection:
            for case in cases:
                found = await search.find(connection, AGENT, case.typed, 5)
                if not any(case.is_right(hit) for hit in found):
                    wrong.append((case.typed, case.wanted, case.difficulty))
                _no_number_is_near(case, found)
    assert 1 - len(wrong) / len(cases) >= LEAST_RIGHT, wrong


def _no_number_is_near(case: Judged, found: list[Hit]) -> None:
    """Whatever else is offered has the house number that was typed, perhaps with a block or letter more."""
    if case.difficulty != "as written" or "|" not in case.wanted:
        return
    house, flat, *_ = case.wanted.split("|")
    number = house.partition(", д. ")[2].partition(",")[0]
    for hit in found[:2]:
        assert hit.house.partition(", д. ")[2].partition(",")[0].rstrip("абв") == number, (case, hit)
        assert hit.flat in {"", flat}, (case, hit)
