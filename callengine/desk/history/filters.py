"""Which calls somebody wants to see: a value, read from an address and written into one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from queues.messages.journal import Outcome, ServedBy
from sla.compliance import Verdict

Span = Literal["today", "yesterday", "week", "month", "given"]
"""`week`, `month`: the last 7 and 30 days, today included; `given`: `first` and `last`."""
SPANS: tuple[Span, ...] = get_args(Span)
Callback = Literal["", "owed", "late", "kept", "none"]
"""Of what was owed: is open; is open and past its time, or was kept too late; was kept in time; nothing was owed."""
CALLBACKS: tuple[Callback, ...] = get_args(Callback)
Card = Literal["", "open", "closed", "settled", "none"]
"""Of what was written: a card that is not closed; one that is; one that settled it at once; no card at all."""
CARDS: tuple[Card, ...] = get_args(Card)
YES_NO = ("", "yes", "no")
_DAYS = {"today": 0, "week": 6, "month": 29}
_LONGEST = 24 * 3600
_LONGEST_ID = 15
MOST_DIGITS = 15
"""Of a phone number (E.164)."""
WITHHELD = "withheld"
_WITHHELD = {WITHHELD, "скрыт", "скрытый", "скрытые"}


@dataclass(frozen=True, slots=True)
class CallFilter:
    """All at once must be so; what is empty does not matter. Seconds are whole."""

    span: Span = "week"
    first: date | None = None
    last: date | None = None
    """Days of the centre's own time, the last included."""
    company: str = ""
    line: str = ""
    queue: str = ""
    outcome: str = ""
    """An outcome; `open`: still on the line."""
    verdict: str = ""
    served_by: str = ""
    agent: str = ""
    """Answered, or took the conversation over."""
    number: str = ""
    """Digits, as much of its end as is known; `withheld`: no number came."""
    waited_from: int | None = None
    waited_to: int | None = None
    talked_from: int | None = None
    talked_to: int | None = None
    callback: Callback = ""
    recording: str = ""
    message: str = ""
    topic: int | None = None
    """Of a card that was written on the call, or on its callback."""
    card: Card = ""

    def days(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From the first moment up to but without the last one, UTC."""
        today = now.astimezone(zone).date()
        if self.span == "given":
            last = self.last or today
            return _midnight(self.first or last, zone), _midnight(last + timedelta(days=1), zone)
        if self.span == "yesterday":
            return _midnight(today - timedelta(days=1), zone), _midnight(today, zone)
        first = today - timedelta(days=_DAYS[self.span])
        return _midnight(first, zone), _midnight(today + timedelta(days=1), zone)

    def address(self) -> str:
        """The query string that reads as this filter: always the same one for the same filter."""
        return urlencode(dict(self._given()))

    def _given(self) -> Iterator[tuple[str, str]]:
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                yield one.name, str(value)


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """A filter and, by field, the text's name of what is wrong: such a field is left out of the filter."""

    chosen: CallFilter
    typed: Mapping[str, str]
    wrong: Mapping[str, str]


def read_filter(query: Mapping[str, str], *, with_number: bool) -> ReadFilter:
    """Of an address. `with_number`: whether whoever asks may see whole numbers, and so may search by one."""
    typed: dict[str, str] = {}
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for one in fields(CallFilter):
        text = query.get(one.name, "").strip()[:200]
        if not text or (one.name == "number" and not with_number):
            continue
        typed[one.name] = text
        try:
            values[one.name] = _READ.get(one.name, str)(text)
        except ValueError as problem:
            wrong[one.name] = str(problem)
    if values.get("first") or values.get("last"):
        values["span"] = "given"
    for low, high in (("first", "last"), ("waited_from", "waited_to"), ("talked_from", "talked_to")):
        least, most = values.get(low), values.get(high)
        if least is not None and most is not None and most < least:
            del values[high]
            wrong[high] = "wrong_order"
    return ReadFilter(CallFilter(**values), typed, wrong)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError("wrong_choice")
        return text

    return read


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("wrong_day") from None
    if not 2000 <= day.year <= 2999:
        raise ValueError("wrong_day")
    return day


def _seconds(text: str) -> int:
    """Seconds, or minutes and seconds as 1:30."""
    minutes, colon, seconds = text.rpartition(":")
    if not (
        seconds.isascii() and seconds.isdigit() and (not colon or (minutes.isascii() and minutes.isdigit()))
    ):
        raise ValueError("wrong_seconds")
    if len(text) > 6:
        raise ValueError("wrong_seconds")
    found = int(minutes or 0) * 60 + int(seconds)
    if found > _LONGEST:
        raise ValueError("wrong_seconds")
    return found


def _topic(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        raise ValueError("wrong_choice")
    return int(text)


def _number(text: str) -> str:
    if text.casefold() in _WITHHELD:
        return WITHHELD
    digits = "".join(one for one in text if one in "0123456789")
    if not 2 <= len(digits) <= MOST_DIGITS or any(one.isalpha() for one in text):
        raise ValueError("wrong_number")
    # 8 916 … and +7 916 … are one number, and trunks give either.
    return digits[1:] if len(digits) == 11 and digits[0] in "78" else digits


_READ: Mapping[str, Callable[[str], Any]] = {
    "span": _one_of(SPANS),
    "first": _day,
    "last": _day,
    "outcome": _one_of(("open", *(one.value for one in Outcome))),
    "verdict": _one_of(tuple(one.value for one in Verdict)),
    "served_by": _one_of(tuple(one.value for one in ServedBy)),
    "number": _number,
    "waited_from": _seconds,
    "waited_to": _seconds,
    "talked_from": _seconds,
    "talked_to": _seconds,
    "callback": _one_of(CALLBACKS),
    "recording": _one_of(YES_NO),
    "message": _one_of(YES_NO),
    "topic": _topic,
    "card": _one_of(CARDS),
}
