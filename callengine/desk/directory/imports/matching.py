"""What each row of a file would do to the directory: batch by batch, the same for the dry run and for the load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.directory.imports.house_index import Ambiguous, HouseIndex
from callengine.desk.directory.imports.rows import Fault, Row
from callengine.desk.directory.tables import premises, residencies, resident_phones, residents
from callengine.desk.directory.typed.names import PLACES
from callengine.desk.directory.visible import there

Values = dict[str, Any]
_PREMISES_FIELDS = ("account", "entrance", "floor")
_RESIDENT_FIELDS = ("external_id", "language", "note")


@dataclass(slots=True)
class Batch:
    """What some rows change. Houses are numbers of the index: negative ones are to be written first."""

    new_premises: list[Values] = field(default_factory=list)
    new_residents: list[Values] = field(default_factory=list)
    new_homes: list[Values] = field(default_factory=list)
    new_phones: list[Values] = field(default_factory=list)
    changed_premises: dict[int, tuple[Any, Values]] = field(default_factory=dict)
    changed_residents: dict[int, tuple[Any, Values]] = field(default_factory=dict)
    changed_homes: dict[tuple[int, int], tuple[Any, Values]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    words: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class _Seen:
    """What is there of the things that a batch speaks of."""

    premises: dict[tuple[int, str], Any] = field(default_factory=dict)
    by_external: dict[str, Any] = field(default_factory=dict)
    living: dict[int, list[Any]] = field(default_factory=dict)
    homes: dict[tuple[int, int], Any] = field(default_factory=dict)
    phones: dict[int, set[str]] = field(default_factory=dict)


class Matcher:
    """One for a run over the file. Ids come from `first_premises` and `first_resident` on."""

    def __init__(
        self, company: str, index: HouseIndex, load: int | None, first_premises: int, first_resident: int
    ) -> None:
        self._company = company
        self._index = index
        self._load = load
        self._next_premises = first_premises
        self._next_resident = first_resident
        self._premises: dict[tuple[int, str], int] = {}
        self._residents: dict[tuple[str, ...] | tuple[int, ...], int] = {}
        self._now: dict[tuple[str, int], Values] = {}
        self._homes: dict[tuple[int, int], str] = {}
        self._phones: set[tuple[int, str]] = set()
        self.counts: Counter[str] = Counter()
        self.is_first = False
        """Nothing of this company is there yet: nothing needs to be looked for."""

    async def plan(self, connection: AsyncConnection, rows: Sequence[Row]) -> Batch:
        """What these rows do, after all rows before them."""
        batch = Batch()
        placed: list[tuple[Row, int]] = []
        for row in rows:
            try:
                placed.append((row, self._index.find_or_add(row)))
            except Ambiguous:
                self.counts["bad"] += 1
                value = f"{row.street_kind} {row.street}, {row.house_key}"
                batch.faults.append(Fault(row.number, "address", value, "address_ambiguous"))
        seen = _Seen() if self.is_first else await self._look(connection, placed)
        for row, house in placed:
            self.counts[self._place(batch, seen, row, house)] += 1
        self.counts["houses"] = len(self._index.new)
        return batch

    async def _look(self, connection: AsyncConnection, placed: Sequence[tuple[Row, int]]) -> _Seen:
        seen = _Seen()
        pairs = {(house, row.flat_key) for row, house in placed if house > 0}
        for row in await _rows(
            connection, premises, tuple_(premises.c.house_id, premises.c.number_key), pairs, self._load
        ):
            seen.premises.setdefault((row.house_id, row.number_key), row)
        externals = {row.external_id for row, _ in placed if row.external_id}
        known: dict[int, Any] = {}
        for row in await _rows(connection, residents, residents.c.external_id, externals, self._load):
            if row.company == self._company:
                seen.by_external[row.external_id] = known[row.id] = row
        homes = [row.id for row in seen.premises.values()]
        for row in await _rows(connection, residencies, residencies.c.premises_id, homes, self._load):
            seen.homes[row.resident_id, row.premises_id] = row
        more = {resident for resident, _ in seen.homes} - known.keys()
        for row in await _rows(connection, residents, residents.c.id, more, self._load):
            known[row.id] = row
        for resident, home in seen.homes:
            if resident in known:
                seen.living.setdefault(home, []).append(known[resident])
        for row in await _rows(
            connection, resident_phones, resident_phones.c.resident_id, list(known), self._load
        ):
            seen.phones.setdefault(row.resident_id, set()).add(row.phone)
        return seen

    def _place(self, batch: Batch, seen: _Seen, row: Row, house: int) -> str:
        """Schedule what this row does; `new`, `changed` or `same`."""
        home, home_is = self._home(batch, seen, row, house)
        if not row.name:
            return home_is
        resident, person_is = self._person(batch, seen, row, home)
        more = self._belongs(batch, seen, row, resident, home)
        if person_is == "new":
            return "new"
        return "changed" if "changed" in (person_is, home_is) or home_is == "new" or more else "same"

    def _home(self, batch: Batch, seen: _Seen, row: Row, house: int) -> tuple[int, str]:
        given = {name: getattr(row, name) for name in _PREMISES_FIELDS}
        existing = seen.premises.get((house, row.flat_key))
        if existing is not None:
            return existing.id, self._change(
                "premises",
                batch.changed_premises,
                existing,
                {name: value for name, value in given.items() if value},
            )
        known = self._premises.get((house, row.flat_key))
        if known is not None:
            return known, "same"
        identity = self._premises[house, row.flat_key] = self._next_premises
        self._next_premises += 1
        batch.new_premises.append(
            {
                "id": identity,
                "company": self._company,
                "house_id": house,
                "number": row.flat,
                "number_key": row.flat_key,
                "kind": "flat" if row.flat else "house",
                **given,
            }
        )
        self.counts["premises"] += 1
        return identity, "new"

    def _person(self, batch: Batch, seen: _Seen, row: Row, home: int) -> tuple[int, str]:
        existing = self._same_person(seen, row, home)
        if existing is not None:
            given = {name: getattr(row, name) for name in _RESIDENT_FIELDS if getattr(row, name)}
            surname, name, father = row.keys
            if (existing.surname_key, existing.given_key, existing.patronymic_key) != row.keys:
                given |= {"surname_key": surname, "given_key": name, "patronymic_key": father}
                given["full_name"] = row.name
                self._learn(batch, row)
            return existing.id, self._change("resident", batch.changed_residents, existing, given)
        key = ("external", row.external_id) if row.external_id else (str(home), *row.keys)
        known = self._residents.get(key)
        if known is not None:
            return known, "same"
        identity = self._residents[key] = self._next_resident
        self._next_resident += 1
        surname, name, father = row.keys
        self._learn(batch, row)
        batch.new_residents.append(
            {
                "id": identity,
                "company": self._company,
                "external_id": row.external_id or None,
                "full_name": row.name,
                "surname_key": surname,
                "given_key": name,
                "patronymic_key": father,
                "language": row.language,
                "note": row.note,
            }
        )
        return identity, "new"

    def _same_person(self, seen: _Seen, row: Row, home: int) -> Any:
        """By the external id; else who lives there with one of these numbers, else of this name."""
        if row.external_id and (found := seen.by_external.get(row.external_id)) is not None:
            return found
        living = [
            one
            for one in seen.living.get(home, ())
            if not (row.external_id and one.external_id and one.external_id != row.external_id)
        ]
        numbers = set(row.phones)
        for one in living:
            if numbers & seen.phones.get(one.id, set()):
                return one
        for one in living:
            if (one.surname_key, one.given_key, one.patronymic_key) == row.keys:
                return one
        return None

    def _belongs(self, batch: Batch, seen: _Seen, row: Row, resident: int, home: int) -> bool:
        """His premises and numbers: whether one is new. What the file does not have is not taken away."""
        is_new = False
        existing = seen.homes.get((resident, home))
        role = self._homes.get((resident, home), existing.role if existing is not None else None)
        if role is None:
            batch.new_homes.append(
                {"company": self._company, "resident_id": resident, "premises_id": home, "role": row.role}
            )
        elif role != row.role and existing is not None:
            batch.changed_homes[resident, home] = (existing, {"role": row.role})
        is_new = role != row.role and (role is None or existing is not None)
        if is_new:
            self._homes[resident, home] = row.role
        for phone in row.phones:
            if (resident, phone) in self._phones or phone in seen.phones.get(resident, set()):
                continue
            self._phones.add((resident, phone))
            batch.new_phones.append({"company": self._company, "resident_id": resident, "phone": phone})
            is_new = True
        return is_new

    def _change(self, kind: str, changed: dict[int, tuple[Any, Values]], existing: Any, given: Values) -> str:
        now = self._now.get((kind, existing.id), {})
        differs = {
            name: value for name, value in given.items() if now.get(name, getattr(existing, name)) != value
        }
        if not differs:
            return "same"
        self._now[kind, existing.id] = {**now, **differs}
        _, before = changed.get(existing.id, (None, {}))
        changed[existing.id] = (existing, {**before, **differs})
        return "changed"

    @staticmethod
    def _learn(batch: Batch, row: Row) -> None:
        for one in zip(PLACES, row.keys, strict=True):
            if one[1]:
                batch.words.add(one)


async def _rows(
    connection: AsyncConnection, table: Any, column: Any, values: Iterable[Any], load: int | None
) -> Sequence[Any]:
    wanted = list(values)
    if not wanted:
        return ()
    rows = await connection.execute(
        select(table).where(column.in_(wanted), there(table, load)).order_by(table.c.row)
    )
    return rows.all()
