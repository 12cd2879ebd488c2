"""Forms of the directory read: a record, or what is wrong beside which field (names of texts)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import available_timezones

from callengine.desk.directory.imports.rows import split_street
from callengine.desk.directory.records import (
    DAY_MINUTES,
    DAYS,
    DEVICE_KINDS,
    HOUSE_KINDS,
    LANGUAGES_SPOKEN,
    PREMISES_KINDS,
    PURPOSES,
    ROLES,
    TRADES,
    Consent,
    Contractor,
    ContractorPhone,
    Device,
    House,
    Premises,
    Resident,
)
from callengine.desk.directory.typed.address import read_address
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.directory.typed.kinds_of_street import STREET_KINDS
from callengine.desk.directory.typed.letters import cyrillic_of_alike, folded
from callengine.desk.directory.typed.phones import read_phone, written_numbers

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SHORT = re.compile(r"\d{2,6}")
_SOME_STREET = "дорога"


@dataclass(slots=True)
class Sent:
    """A form's fields and what is wrong with them."""

    form: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    """Field -> the name of its text."""

    def text(self, name: str, longest: int = 200, *, required: bool = False) -> str:
        """Trimmed; `missing` and `too_long` are told."""
        value = self.form.get(name, "").strip()
        if required and not value:
            self.errors[name] = "wrong_missing"
        elif len(value) > longest:
            self.errors[name] = "wrong_too_long"
        return value

    def one_of(self, name: str, known: Collection[str], default: str = "") -> str:
        """A choice."""
        value = self.form.get(name, "") or default
        if value not in known:
            self.errors[name] = "wrong_choice"
        return value

    def count(self, name: str, most: int) -> int | None:
        """A number from 0 on, or nothing."""
        value = self.form.get(name, "").strip()
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or int(value) > most:
            self.errors[name] = "wrong_count"
            return None
        return int(value)

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date as a date field sends it."""
        value = self.text(name, 10, required=required)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors[name] = "wrong_date"
            return None

    @property
    def version(self) -> int | None:
        """Of the record that the form was drawn of."""
        value = self.form.get("version", "")
        return int(value) if value.isascii() and value.isdigit() else None

    @property
    def client_id(self) -> str | None:
        """Which sending of a new record this is."""
        return self.form.get("client_id", "")[:60] or None


def house_of(sent: Sent, company: str) -> House:
    """A record that is only good when there are no errors."""
    kind, street, key = split_street(sent.text("street", 120, required=True))
    kind = sent.one_of("street_kind", ("", *STREET_KINDS)) or kind
    if street and not key:
        sent.errors["street"] = "wrong_street"
    typed = sent.text("number", 40, required=True)
    readings = read_address(cyrillic_of_alike(folded(f"{_SOME_STREET} {typed}"))) if typed else ()
    number = readings[0].house if readings else None
    if typed and (
        number is None or readings[0].flat or readings[0].after or readings[0].words != (_SOME_STREET,)
    ):
        sent.errors["number"] = "wrong_house"
    zone = sent.text("zone", 60)
    if zone and zone not in available_timezones():
        sent.errors["zone"] = "wrong_zone"
    return House(
        company,
        street,
        number or HouseNumber(""),
        kind,
        sent.text("locality", 120),
        sent.text("external_id", 80) or None,
        sent.one_of("kind", HOUSE_KINDS, "flats"),
        sent.count("entrances", 99),
        sent.count("floors", 200),
        sent.count("lifts", 99),
        zone,
        sent.text("notes", 4000),
    )


def premises_of_form(sent: Sent) -> Premises:
    """A flat, a shop, …"""
    return Premises(
        sent.text("number", 20),
        sent.one_of("kind", PREMISES_KINDS, "flat"),
        sent.text("entrance", 10),
        sent.text("floor", 10),
        sent.text("account", 40),
        sent.text("notes", 4000),
    )


def phones_of(sent: Sent, name: str = "phones") -> list[str]:
    """Numbers, one in a line or separated by commas; the first wrong one is told."""
    found: list[str] = []
    for written in written_numbers(sent.text(name, 600)):
        read = read_phone(written)
        if read.e164 is None:
            sent.errors.setdefault(name, f"fault_phone_{read.fault}")
        elif read.e164 not in found:
            found.append(read.e164)
    return found


def resident_of(sent: Sent, company: str, homes: Sequence[tuple[int, str]]) -> Resident:
    """Somebody of these premises."""
    name = sent.text("full_name", 200, required=True)
    if name and not any(char.isalpha() for char in name):
        sent.errors["full_name"] = "fault_name"
    return Resident(
        company,
        name,
        sent.text("external_id", 80) or None,
        sent.one_of("language", ("", *LANGUAGES_SPOKEN)),
        sent.text("note", 2000),
        phones_of(sent),
        homes,
    )


def role_of(sent: Sent, name: str) -> str:
    """As what somebody belongs to premises."""
    return sent.one_of(name, ROLES, "owner")


def consent_of(sent: Sent) -> Consent:
    """What somebody allowed."""
    given = sent.day("given_on", required=True)
    return Consent(
        sent.one_of("purpose", PURPOSES), sent.text("source", 200, required=True), given or date.min
    )


def device_of(sent: Sent) -> Device:
    """A machine that calls."""
    read = read_phone(sent.text("phone", 40, required=True))
    if read.e164 is None and "phone" not in sent.errors:
        sent.errors["phone"] = f"fault_phone_{read.fault}"
    return Device(
        sent.one_of("device_kind", DEVICE_KINDS), sent.text("place", 120, required=True), read.e164 or ""
    )


def contractor_of(sent: Sent, company: str | None, houses: Sequence[int]) -> Contractor:
    """Three lines of numbers with their hours at most are drawn; more stand in more lines."""
    return Contractor(
        company,
        sent.text("name", 200, required=True),
        sent.one_of("trade", TRADES),
        bool(sent.form.get("emergency")),
        sent.text("notes", 4000),
        [one for row in range(6) if (one := _contractor_phone(sent, row)) is not None],
        houses,
    )


def _contractor_phone(sent: Sent, row: int) -> ContractorPhone | None:
    typed = sent.text(f"phone_{row}", 40)
    if not typed:
        return None
    digits = re.sub(r"\D", "", typed)
    read = read_phone(typed)
    number = read.e164 or (digits if _SHORT.fullmatch(digits) else "")
    if not number:
        sent.errors[f"phone_{row}"] = f"fault_phone_{read.fault}"
    days = "".join(day for day in DAYS if day in sent.form.get(f"days_{row}", DAYS)) or DAYS
    return ContractorPhone(
        number,
        sent.text(f"note_{row}", 120),
        days,
        _minute(sent, f"from_{row}", 0),
        _minute(sent, f"until_{row}", DAY_MINUTES),
    )


def _minute(sent: Sent, name: str, default: int) -> int:
    value = sent.text(name, 5)
    if not value:
        return default
    found = _CLOCK.fullmatch(value)
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if found is None or minute > DAY_MINUTES or int(found[2]) > 59:
        sent.errors[name] = "wrong_clock"
        return default
    return minute
