"""Fields whose name on the disk is not that in the code, also of values inside other values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints


class Renaming:
    """Takes JSON objects from the code's names of fields to the disk's, and back.

    `table`: of a dataclass, its field in the code -> on the disk. A type in which nothing is renamed costs one lookup.
    """

    def __init__(self, table: Mapping[type[Any], Mapping[str, str]]) -> None:
        self._table = table
        self._known: dict[type[Any], bool] = {}

    def to_disk(self, kind: type[Any], value: dict[str, Any]) -> dict[str, Any]:
        """As it stands on the disk."""
        return self._object(kind, value, to_disk=True) if self._touched(kind) else value

    def from_disk(self, kind: type[Any], value: dict[str, Any]) -> dict[str, Any]:
        """As the code names it."""
        return self._object(kind, value, to_disk=False) if self._touched(kind) else value

    def _touched(self, kind: type[Any]) -> bool:
        if kind not in self._known:
            self._known[kind] = any(inner in self._table for inner in dataclasses_within(kind))
        return self._known[kind]

    def _object(self, kind: type[Any], value: dict[str, Any], *, to_disk: bool) -> dict[str, Any]:
        names, hints = self._table.get(kind, {}), get_type_hints(kind)
        result: dict[str, Any] = {}
        for field in fields(kind):
            on_disk = names.get(field.name, field.name)
            old, new = (field.name, on_disk) if to_disk else (on_disk, field.name)
            if old in value:
                result[new] = self._inner(hints[field.name], value[old], to_disk=to_disk)
        return result

    def _inner(self, hint: Any, value: Any, *, to_disk: bool) -> Any:
        within = [kind for kind in dataclasses_of(hint) if self._touched(kind)]
        if not within or value is None:
            return value
        if isinstance(value, list | tuple):
            return [self._inner(hint, one, to_disk=to_disk) for one in value]
        if any(_is_mapping(one) for one in (hint, *get_args(hint))):
            return {key: self._object(within[0], one, to_disk=to_disk) for key, one in value.items()}
        return self._object(within[0], value, to_disk=to_disk)


def _is_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def dataclasses_of(hint: Any) -> Iterator[type[Any]]:
    """The dataclasses that a field's type names, inside its containers and unions too."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from dataclasses_of(inner)


def dataclasses_within(kind: type[Any]) -> frozenset[type[Any]]:
    """The dataclass itself and every one reachable by its fields."""
    found: set[type[Any]] = set()
    open_ones = [kind]
    while open_ones:
        one = open_ones.pop()
        if one not in found:
            found.add(one)
            open_ones += [inner for hint in get_type_hints(one).values() for inner in dataclasses_of(hint)]
    return frozenset(found)
