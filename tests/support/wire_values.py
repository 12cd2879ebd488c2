"""Values of every type that stands in the journal or the spool: strategies, and one fixed value of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from queues.terms.phone import Phone
from storage.rows.wire_names import COMMANDS, ENTRIES, EVENTS

INSTANTS = st.datetimes(
    # hypothesis adds the zone
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)

st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(timedelta, st.timedeltas(timedelta(0), timedelta(days=40)))
st.register_type_strategy(time, st.times())
st.register_type_strategy(tzinfo, st.sampled_from([UTC, ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Tomsk")]))
st.register_type_strategy(str, TEXTS)
st.register_type_strategy(float, st.floats(0, 1, allow_nan=False))
st.register_type_strategy(int, st.integers(-(2**53), 2**53))
st.register_type_strategy(
    # What the settings build is a plain dict; hypothesis would try every kind of mapping there is.
    Mapping,
    lambda kind: st.dictionaries(*map(st.from_type, get_args(kind)), max_size=2),
)
st.register_type_strategy(Phone, st.builds(Phone, TEXTS))

KINDS: dict[str, tuple[Mapping[str, type[Any]], str]] = {
    "events": (EVENTS, "event"),
    "commands": (COMMANDS, "command"),
    "entries": (ENTRIES, "entry"),
}
"""The tables by the file that keeps a line of each of their types."""

_PLAIN: Mapping[Any, Any] = {
    datetime: datetime(2026, 11, 26, 9, 30, 1, 250_000, tzinfo=UTC),
    timedelta: timedelta(seconds=90, microseconds=5),
    date: date(2026, 3, 1),
    time: time(8, 30),
    tzinfo: ZoneInfo("Europe/Moscow"),
    str: "x",
    int: 7,
    float: 0.5,
    bool: True,
    Phone: Phone("+79161234567"),
}


def fixed(kind: Any) -> Any:
    """One value of the type with every field set, always the same: what a line on the disk is made of."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: fixed(hints[field.name]) for field in dataclasses.fields(kind)})
    return _fixed_container(get_origin(kind), [one for one in get_args(kind) if one is not type(None)])


def _fixed_container(origin: Any, inner: list[Any]) -> Any:
    if origin is tuple:
        return (fixed(inner[0]),) if inner[-1] is Ellipsis else tuple(map(fixed, inner))
    if origin is frozenset:
        return frozenset({fixed(inner[0])})
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {fixed(inner[0]): fixed(inner[1])}
    return fixed(inner[0])
