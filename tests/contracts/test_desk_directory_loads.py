"""Files of residents on both databases: the dry run tells, the load shows nothing before all of it is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.callers import who_may_be
from callengine.desk.directory.commands.residents import save_resident
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.directory.imports import loads, running
from callengine.desk.directory.imports.busy import held
from callengine.desk.directory.imports.fields import guess
from callengine.desk.directory.imports.running import Loads
from callengine.desk.directory.queries import count_all
from callengine.desk.directory.records import BeingLoaded, Resident
from callengine.desk.directory.tables import directory_pending, premises, residents
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.tables import trail
from tests.support.desk_directory import one_home
from tests.support.desk_pages import SEVER, YUG, desk_database
from tests.support.manual_clock import NOON

HEADS = ["Код", "Улица", "Дом", "Корпус", "Квартира", "ФИО", "Телефон", "Роль", "Лицевой счёт", "Примечание"]
ROWS = [
    [
        "1",
        "ул. Ленина",
        "5",
        "",
        "12",
        "Иванова Мария Петровна",
        "8 916 123-45-67",
        "собственник",
        "0001",
        "",
    ],
    [
        "2",
        "ул. Ленина",
        "5",
        "2",
        "1",
        "Петров Пётр",
        "+79161111111; 84951234567",
        "наниматель",
        "0002",
        "=1+1",
    ],
    ["2", "ул. Ленина", "5", "2", "3", "Петров Пётр", "", "собственник", "0004", ""],
    ["3", "пр-т Мира", "10а", "", "", "ООО «Ромашка»", "84957654321", "", "", "магазин"],
    ["4", "ул. Ленина", "дом пять", "", "7", "Сидоров", "123-45-67", "сосед", "", ""],
    ["1", "ул. Ленина", "5", "", "13", "Другая Анна", "", "", "", ""],
]


@pytest.fixture(params=["sqlite", "postgresql"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DeskDatabase]:
    url = f"sqlite:///{tmp_path}/desk.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    async with desk_database(url) as database:
        yield database


@asynccontextmanager
async def loading(desk: DeskDatabase, folder: Path) -> AsyncIterator[Loads]:
    found = Loads(desk, lambda: NOON, folder / "uploads")
    await found.recover()
    try:
        yield found
    finally:
        await found.close()


def as_csv(rows: Sequence[Sequence[str]], encoding: str = "cp1251") -> bytes:
    return "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


def as_xlsx(path: Path, rows: Sequence[Sequence[Any]]) -> bytes:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return path.read_bytes()


async def checked(desk: DeskDatabase, runner: Loads, content: bytes, company: str = "sever") -> int:
    """Upload, columns as guessed, dry run."""
    async with desk.writing() as connection:
        load = await loads.create_load(connection, SEVER, NOON, company, "жители.csv", f"f{id(content)}")
        row = await loads.load_of(connection, SEVER, load)
    runner.source(row["file"]).write_bytes(content)
    runner.begin_look(SEVER, load)
    await runner.settled()
    async with desk.writing() as connection:
        row = await loads.load_of(connection, SEVER, load)
        assert row["state"] == "columns", row["problem"]
        heads = json.loads(row["columns"])["heads"]
        mapping = guess(heads, await loads.remembered(connection, SEVER, company))
        await loads.remember(connection, SEVER, company, heads, mapping)
        await loads.move(connection, SEVER, NOON, load, "checking", mapping=mapping)
    runner.begin_check(SEVER, load)
    await runner.settled()
    return load


async def counts_of(desk: DeskDatabase, load: int) -> dict[str, Any]:
    async with desk.reading() as connection:
        row = await loads.load_of(connection, SEVER, load)
    assert row["state"] in {"checked", "applied"}, (row["state"], row["problem"])
    found: dict[str, Any] = json.loads(row["counts"])
    return found


async def applied(desk: DeskDatabase, runner: Loads, load: int) -> dict[str, Any]:
    async with desk.writing() as connection:
        assert await loads.move(
            connection, SEVER, NOON, load, "applying", only_from=("checked", "interrupted")
        )
    runner.begin_apply(SEVER, load)
    await runner.settled()
    return await counts_of(desk, load)


async def test_a_file_is_checked_then_loaded_and_a_second_time_changes_nothing(
    desk: DeskDatabase, tmp_path: Path
) -> None:
    async with loading(desk, tmp_path) as runner:
        load = await checked(desk, runner, as_csv([HEADS, *ROWS]))
        dry = await counts_of(desk, load)
        async with desk.reading() as connection:
            assert (await count_all(connection, SEVER)).residents == 0
            faults = [
                (row["row"], row["field"], row["value"], row["fault"])
                for row in await loads.faults_of(connection, SEVER, load)
            ]
            with pytest.raises(NotSeen):
                await loads.load_of(connection, YUG, load)
            with pytest.raises(NotSeen):
                await loads.faults_of(connection, YUG, load)
        assert faults == [
            (6, "house", "дом пять", "house"),
            (6, "phone", "123-45-67", "phone_short"),
            (6, "role", "сосед", "role"),
            (7, "external_id", "1", "external_id_twice"),
        ]
        assert (dry["new"], dry.get("changed", 0), dry["bad"], dry["houses"]) == (3, 1, 2, 3)
        done = await applied(desk, runner, load)
        assert {name: done[name] for name in ("new", "bad", "houses")} == {"new": 3, "bad": 2, "houses": 3}
        assert not runner.source(f"f{load}").exists()
        async with desk.reading() as connection:
            (maria,) = await who_may_be(connection, SEVER, "sever", "+79161234567")
            petrov = await who_may_be(connection, SEVER, "sever", "+74951234567")
            (hit, *_) = await DirectorySearch().find(connection, SEVER, "ленина 5к2 3")
            told = (await connection.execute(select(trail.c.action, trail.c.company))).all()
        assert (maria.name, maria.house, maria.flat) == ("Иванова Мария Петровна", "ул. Ленина, д. 5", "12")
        assert [(one.flat, one.role) for one in petrov] == [("1", "tenant"), ("3", "owner")]
        assert (hit.house, hit.flat) == ("ул. Ленина, д. 5, к. 2", "3")
        assert [tuple(one) for one in told] == [("imported", "sever")]
        again = await checked(desk, runner, as_xlsx(tmp_path / "a.xlsx", [HEADS, *ROWS]))
        second = await counts_of(desk, again)
        assert (second.get("new", 0), second.get("changed", 0), second["same"], second["bad"]) == (0, 0, 4, 2)


async def test_changes_are_found_by_id_and_by_address_with_number(desk: DeskDatabase, tmp_path: Path) -> None:
    async with desk.writing() as connection:
        await one_home(connection, "sever")
    rows = [
        ["7", "ул. Ленина", "5", "", "12", "Иванова Мария Петровна", "89161234567", "", "0001", "глуховата"],
        ["", "Ленина", "5", "", "12", "Иванов Олег", "89167777777", "член семьи", "0001", ""],
    ]
    async with loading(desk, tmp_path) as runner:
        load = await checked(desk, runner, as_csv([HEADS, *rows], "utf-8-sig"))
        dry = await counts_of(desk, load)
        assert (dry["new"], dry["changed"], dry.get("same", 0), dry["houses"]) == (1, 1, 0, 0)
        await applied(desk, runner, load)
        async with desk.reading() as connection:
            maria, *_ = await who_may_be(connection, SEVER, "sever", "+79161234567")
            oleg, *_ = await who_may_be(connection, SEVER, "sever", "+79167777777")
            rows_left = [
                await connection.scalar(select(func.count()).select_from(table))
                for table in (residents, premises)
            ]
        assert (maria.note, maria.flat) == ("глуховата", "12")
        assert (oleg.premises_id, oleg.role) == (maria.premises_id, "family")
        assert rows_left == [2, 1]
        moved = [["7", "ул. Ленина", "5", "", "12", "Петрова Мария Петровна", "", "наниматель", "0001", ""]]
        load = await checked(desk, runner, as_csv([HEADS, *moved]))
        assert (await counts_of(desk, load))["changed"] == 1
        await applied(desk, runner, load)
        async with desk.reading() as connection:
            (maria,) = await who_may_be(connection, SEVER, "sever", "+79161234567")
            found = await DirectorySearch().find(connection, SEVER, "петрова мария")
        assert (maria.name, maria.role, maria.note) == ("Петрова Мария Петровна", "tenant", "глуховата")
        assert [hit.resident_id for hit in found] == [maria.resident_id]


async def test_nothing_is_seen_before_all_is_there_and_a_killed_load_leaves_nothing(
    desk: DeskDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 10)
    many = [
        [
            str(n),
            "ул. Ленина",
            str(n % 5 + 1),
            "",
            str(n),
            f"Иванов Пётр {n}",
            f"8916{n:07d}",
            "",
            "",
            "из файла",
        ]
        for n in range(1, 101)
    ]
    async with desk.writing() as connection:
        _, home, who = await one_home(
            connection, "sever", name="Иванов Пётр 1", flat="1", number="2", phones=["+79160000001"]
        )
    async with loading(desk, tmp_path) as runner:
        load = await checked(desk, runner, as_csv([HEADS, *many]))
        async with desk.writing() as connection:
            await loads.move(connection, SEVER, NOON, load, "applying")
        runner.begin_apply(SEVER, load)
        while runner.progress.get(load, 0) < 30:
            await asyncio.sleep(0)
            async with desk.reading() as connection:
                assert (await count_all(connection, SEVER)).residents in {1, 100}
                (one, *_) = await who_may_be(connection, SEVER, "sever", "+79160000001")
                assert one.note in {"", "из файла"}
        async with desk.writing() as connection:
            changed = Resident("sever", "Иванов", homes=[(home, "owner")])
            with pytest.raises(BeingLoaded):
                await save_resident(connection, SEVER, NOON, changed, resident_id=who)
        await runner.close()
    async with desk.reading() as connection:
        assert (await loads.load_of(connection, SEVER, load))["state"] == "interrupted"
        assert await connection.scalar(select(func.count()).select_from(residents)) == 1
        assert await connection.scalar(select(func.count()).select_from(directory_pending)) == 0
    async with loading(desk, tmp_path) as runner:
        await applied(desk, runner, load)
    async with desk.reading() as connection:
        assert (await count_all(connection, SEVER)).residents == 100
        assert await connection.scalar(select(func.count()).select_from(residents)) == 100


async def test_a_load_that_a_dead_process_was_busy_with_is_undone_at_the_next_start(
    desk: DeskDatabase, tmp_path: Path
) -> None:
    async with loading(desk, tmp_path) as runner:
        load = await checked(desk, runner, as_csv([HEADS, *ROWS]))
        async with desk.writing() as connection:
            await loads.move(connection, SEVER, NOON, load, "applying")
            await loads.pend(connection, SEVER, load)
            values = {"id": 1, "company": "sever", "full_name": "Половина", "born": load}
            await connection.execute(residents.insert().values(**values))
    async with loading(desk, tmp_path) as runner:
        async with desk.reading() as connection:
            assert await connection.scalar(select(func.count()).select_from(residents)) == 0
            assert (await loads.load_of(connection, SEVER, load))["state"] == "interrupted"
        await applied(desk, runner, load)


async def half_applied(desk: DeskDatabase, runner: Loads) -> tuple[int, str]:
    """A load that somebody is in the middle of writing, and its file."""
    load = await checked(desk, runner, as_csv([HEADS, *ROWS]))
    async with desk.writing() as connection:
        await loads.move(connection, SEVER, NOON, load, "applying")
        await loads.pend(connection, SEVER, load)
        values = {"id": 1, "company": "sever", "full_name": "Половина", "born": load}
        await connection.execute(residents.insert().values(**values))
        return load, (await loads.load_of(connection, SEVER, load))["file"]


async def state_of(desk: DeskDatabase, load: int) -> tuple[str, int]:
    """And how many residents there are."""
    async with desk.reading() as connection:
        row = await loads.load_of(connection, SEVER, load)
        return row["state"], int(await connection.scalar(select(func.count()).select_from(residents)) or 0)


async def test_a_second_desk_that_starts_undoes_nothing_that_a_living_one_is_busy_with(
    desk: DeskDatabase, tmp_path: Path
) -> None:
    """Started by mistake, it found its port taken only afterwards; the first one's file came half in, as applied."""
    async with loading(desk, tmp_path) as runner:
        load, file = await half_applied(desk, runner)
        with held(runner.source(file)) as is_ours:
            assert is_ours
            async with loading(desk, tmp_path):
                assert await state_of(desk, load) == ("applying", 1)
        async with loading(desk, tmp_path):
            assert await state_of(desk, load) == ("interrupted", 0)


async def test_a_load_of_another_desks_folder_is_let_be_for_a_day(desk: DeskDatabase, tmp_path: Path) -> None:
    async with loading(desk, tmp_path / "there") as runner:
        load, _ = await half_applied(desk, runner)
        async with loading(desk, tmp_path / "here"):
            assert await state_of(desk, load) == ("applying", 1)
        later = Loads(desk, lambda: NOON + timedelta(days=1, seconds=1), tmp_path / "here")
        await later.recover()
        assert await state_of(desk, load) == ("interrupted", 0)


async def test_a_load_that_was_taken_from_who_writes_it_is_not_applied_by_halves(
    desk: DeskDatabase, tmp_path: Path
) -> None:
    async with loading(desk, tmp_path) as runner:
        load = await checked(desk, runner, as_csv([HEADS, *ROWS]))
        runner.begin_apply(SEVER, load)  # Its row does not say "applying": somebody undid it meanwhile.
        await runner.settled()
        assert await state_of(desk, load) == ("interrupted", 0)
