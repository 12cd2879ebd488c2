"""The directory's records as they are written: pure values, and the words that stand for their kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

from callengine.desk.directory.typed.house_numbers import HouseNumber

HOUSE_KINDS: Final = ("flats", "private", "dormitory", "commercial", "parking", "other")
PREMISES_KINDS: Final = ("flat", "room", "commercial", "parking", "storage", "house")
ROLES: Final = ("owner", "tenant", "family", "representative", "council", "staff", "other")
DEVICE_KINDS: Final = ("lift", "intercom", "alarm", "barrier", "other")
_MENDS: Final = (
    "lift",
    "gas",
    "water",
    "heat",
    "power",
    "plumbing",
    "intercom",
    "cleaning",
    "internet",
    "rubbish",
)
TRADES: Final = (*_MENDS, "police", "fire", "ambulance", "city", "other")
PURPOSES: Final = ("personal_data", "recording", "sms", "calls", "advertising")
LANGUAGES_SPOKEN: Final = ("ru", "en", "tt", "ba", "uz", "tg", "ky", "hy", "az", "zh")
DAYS: Final = "1234567"
DAY_MINUTES: Final = 24 * 60


class DirectoryRefusal(Exception):
    """What was asked cannot be written; nothing was."""


class Stale(DirectoryRefusal):
    """Somebody changed the record after the form was drawn. `now`: its fields as they are."""

    def __init__(self, now: dict[str, object]) -> None:
        super().__init__("changed meanwhile")
        self.now = now


class Taken(DirectoryRefusal):
    """Another record has this already: `field` of the form, `by` its id."""

    def __init__(self, field: str, by: int) -> None:
        super().__init__(f"{field} is taken by {by}")
        self.field = field
        self.by = by


class BeingLoaded(DirectoryRefusal):
    """A load changes this record at this moment: in some seconds it is done."""


@dataclass(frozen=True, slots=True)
class House:
    """A house as somebody writes it."""

    company: str
    street: str
    number: HouseNumber
    street_kind: str = ""
    locality: str = ""
    external_id: str | None = None
    kind: str = "flats"
    entrances: int | None = None
    floors: int | None = None
    lifts: int | None = None
    zone: str = ""
    notes: str = ""

    @property
    def label(self) -> str:
        """`г. Тверь, ул. Ленина, д. 5, к. 2`, without the place where there is one only."""
        street = f"{self.street_kind} {self.street}".strip()
        return ", ".join(part for part in (self.locality, street, self.number.written) if part)


@dataclass(frozen=True, slots=True)
class Premises:
    """A flat, a shop, a parking place of a house."""

    number: str
    kind: str = "flat"
    entrance: str = ""
    floor: str = ""
    account: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody, his numbers (E.164) and his premises (id, role)."""

    company: str
    full_name: str
    external_id: str | None = None
    language: str = ""
    note: str = ""
    phones: Sequence[str] = ()
    homes: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody allowed, where he said so, since when and until when."""

    purpose: str
    source: str
    given_on: date
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A machine of a house that calls."""

    kind: str
    place: str
    phone: str


@dataclass(frozen=True, slots=True)
class ContractorPhone:
    """A number and when somebody answers it; minutes of the day, over midnight when `until` is before `since`."""

    phone: str
    note: str = ""
    days: str = DAYS
    from_minute: int = 0
    until_minute: int = DAY_MINUTES

    def answers(self, weekday: int, at: time) -> bool:
        """Whether it is within its duty hours; `weekday`: Monday is 1."""
        minute = at.hour * 60 + at.minute
        today, yesterday = str(weekday), str((weekday - 2) % 7 + 1)
        if self.from_minute < self.until_minute:
            return today in self.days and self.from_minute <= minute < self.until_minute
        begun_today = today in self.days and minute >= self.from_minute
        return begun_today or (yesterday in self.days and minute < self.until_minute)

    @property
    def always(self) -> bool:
        """Day and night, each day."""
        return self.days == DAYS and self.from_minute == 0 and self.until_minute == DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Contractor:
    """Who mends what; `company` None: of all companies. `houses`: of these only, empty: of all of the company."""

    company: str | None
    name: str
    trade: str
    emergency: bool = False
    notes: str = ""
    phones: Sequence[ContractorPhone] = ()
    houses: Sequence[int] = field(default=())
