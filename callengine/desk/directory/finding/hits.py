"""What a search gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HitKind(StrEnum):
    """What was found."""

    HOUSE = "house"
    PREMISES = "premises"
    RESIDENT = "resident"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. Ids that do not apply are None; `score` orders hits of one search and means nothing else."""

    kind: HitKind
    score: float
    company: str
    house_id: int | None = None
    premises_id: int | None = None
    resident_id: int | None = None
    house: str = ""
    flat: str = ""
    name: str = ""
    phone: str = ""

    @property
    def identity(self) -> tuple[HitKind, int | None, int | None, int | None]:
        """Two hits with the same one are the same thing."""
        return self.kind, self.house_id, self.premises_id, self.resident_id
