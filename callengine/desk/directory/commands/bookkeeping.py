"""What changes share: new ids, words that the search must know, whether a record is as the form showed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import FromClause, RowMapping, Table, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.records import BeingLoaded, Stale
from callengine.desk.directory.tables import directory_counters, directory_versions, directory_words
from callengine.desk.directory.visible import there
from callengine.desk.people.scope import NotSeen, Scope

_AT_ONCE = 1000


async def next_ids(connection: AsyncConnection, name: str, count: int = 1) -> int:
    """The first of so many new ids of this name (`premises`, `residents`)."""
    await insert_new(connection, directory_counters, [{"name": name, "next": 1}])
    end = await connection.scalar(
        directory_counters.update()
        .where(directory_counters.c.name == name)
        .values(next=directory_counters.c.next + count)
        .returning(directory_counters.c.next)
    )
    return int(end or 0) - count


async def insert_new(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows whose key is not there yet."""
    if rows:
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
        await connection.execute(insert(table).on_conflict_do_nothing(), rows)


async def insert_many(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Many rows with the same columns: the statement is made once, not the parameters of each row."""
    if not rows:
        return
    made = table.insert().compile(dialect=connection.dialect, column_keys=list(rows[0]))
    order = made.positiontup or ()
    await connection.exec_driver_sql(made.string, [tuple(row[name] for name in order) for row in rows])


async def learn(
    connection: AsyncConnection, company: str, words: Iterable[tuple[str, str]], *, new_street: bool = False
) -> None:
    """Let the search know names (place, word), or that a street is new; costs nothing when all are known."""
    wanted = sorted(set(words))
    known = await connection.execute(
        select(directory_words.c.place, directory_words.c.word).where(
            directory_words.c.company == company,
            directory_words.c.word.in_([word for _, word in wanted][:_AT_ONCE]),
        )
    )
    new = set(wanted) - {(place, word) for place, word in known.all()}
    rows = [{"company": company, "place": place, "word": word} for place, word in sorted(new)]
    await insert_new(connection, directory_words, rows)
    if new or new_street or not await _has_version(connection, company):
        await renew(connection, company)


async def renew(connection: AsyncConnection, company: str) -> None:
    """Every process reads the company's words anew before its next search."""
    await insert_new(connection, directory_versions, [{"company": company, "words": 0}])
    await connection.execute(
        directory_versions.update()
        .where(directory_versions.c.company == company)
        .values(words=directory_versions.c.words + 1)
    )


async def _has_version(connection: AsyncConnection, company: str) -> bool:
    found = await connection.scalar(
        select(directory_versions.c.words).where(directory_versions.c.company == company)
    )
    return found is not None


async def as_it_is(
    connection: AsyncConnection, scope: Scope, table: Table, identity: int, *, changing: bool = False
) -> RowMapping:
    """The record. Raises NotSeen, and for `changing` BeingLoaded when a load is about to change it."""
    rows = await connection.execute(
        select(table).where(
            table.c.id == identity,
            scope.clause(table.c.company, with_common=bool(table.c.company.nullable)),
            *([there(table)] if "born" in table.c else []),
        )
    )
    row = rows.mappings().first()
    if row is None:
        raise NotSeen
    if changing and row.get("died") is not None:
        raise BeingLoaded
    return row


def refuse_stale(row: RowMapping, version: int | None) -> None:
    """Raises Stale when the form was drawn of another version; None: there was no form."""
    if version is not None and row["version"] != version:
        raise Stale({str(name): value for name, value in row.items()})


def by_client(table: FromClause, client_id: str) -> Any:
    """The id of what this browser has already written: a form that is sent twice is one record."""
    return select(table.c.id).where(table.c.client_id == client_id)
