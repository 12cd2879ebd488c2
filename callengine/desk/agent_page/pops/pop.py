"""What the pop says of a call: who it may be, never who it is (P21). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callengine.control.live_messages import LiveObligation
from callengine.desk.directory.callers import DeviceCalls, MayBe

MOST_MATCHES = 9
"""As many as there are digits to choose with."""

WHY_OWED: Final = ("abandoned", "callback_requested", "message_left", "rejected", "lost")
"""How a call ended that is owed a contact, in the engine's words."""


@dataclass(frozen=True, slots=True)
class Match:
    """One who may be calling. His name is not here: of it only what he is asked to confirm."""

    digit: int
    resident_id: int
    premises_id: int | None
    house_id: int | None
    house: str
    flat: str
    role: str
    initials: str
    last_contact_at: datetime | None

    @property
    def place(self) -> str:
        """As the card's field has it."""
        if self.premises_id is not None:
            return f"p{self.premises_id}r{self.resident_id}"
        return f"h{self.house_id}r{self.resident_id}" if self.house_id is not None else ""


@dataclass(frozen=True, slots=True)
class Pinned:
    """An article of knowledge that stands on the house's card."""

    title: str
    html: str
    address: str


@dataclass(frozen=True, slots=True)
class HouseNow:
    """The house, as far as it is known which."""

    house_id: int
    label: str
    notes: str
    entrances: int | None
    floors: int | None
    lifts: int | None
    pinned: Sequence[Pinned] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A contact before this one."""

    at: datetime
    kind: str
    topic_ru: str
    topic_en: str
    settled: bool
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the desk's database knows of a number, read while the call waits."""

    matches: Sequence[Match] = ()
    more: int = 0
    """Who may be calling beyond the nine."""
    device: DeviceCalls | None = None
    house: HouseNow | None = None
    earlier: Sequence[Earlier] = ()
    nuisance: str = ""
    """Why the number is marked."""
    pinned: Sequence[Pinned] = ()
    """Of the company, when no house is known."""


@dataclass(frozen=True, slots=True)
class Pop:
    """All that is shown of a call that comes."""

    call: str
    kind: str
    """incoming, callback or dialled."""
    company: str
    label: str
    line_kind: str
    number: str
    """Empty: withheld."""
    since: datetime
    """Arrived, or made."""
    decided_at: datetime
    owed: LiveObligation | None = None
    prepared: Prepared | None = None
    """None: still being read."""
    chosen: str = ""
    """The place that a digit chose."""
    purpose: str = ""
    """What a call by hand is for."""


def initials(name: str) -> str:
    """`Петрова Мария Ильинична` as `П. М. И.`: enough to compare, too little to tell to a stranger."""
    return " ".join(f"{word[0].upper()}." for word in name.split()[:3] if word[0].isalpha())


def why_owed(texts: Mapping[str, str], why: str) -> str:
    """For people; a word of a newer engine as it is."""
    return texts[f"why_{why}"] if why in WHY_OWED else why


def matches_of(people: Sequence[MayBe]) -> tuple[tuple[Match, ...], int]:
    """The first nine, in their order, and how many more there are."""
    shown = tuple(
        Match(
            digit,
            one.resident_id,
            one.premises_id,
            one.house_id,
            one.house,
            one.flat,
            one.role,
            initials(one.name),
            one.last_contact_at,
        )
        for digit, one in enumerate(people[:MOST_MATCHES], start=1)
    )
    return shown, max(0, len(people) - MOST_MATCHES)


def house_meant(people: Sequence[MayBe], device: DeviceCalls | None) -> int | None:
    """The house whose card is shown: the device's, or the only one of all who may be calling."""
    if device is not None:
        return device.house_id
    known = {one.house_id for one in people if one.house_id is not None}
    return next(iter(known)) if len(known) == 1 else None


def chosen_at_first(prepared: Prepared) -> str:
    """The place of the only one it may be; of several none is chosen before the agent chooses."""
    return prepared.matches[0].place if len(prepared.matches) == 1 and not prepared.more else ""
