"""What is told of files: values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callengine.desk.files.kinds import KINDS


class FileRefused(Exception):
    """It is not kept. `reason` is a text of `desk.files`, `limit` what it names, in MB."""

    def __init__(self, reason: str, limit: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Owner:
    """What a file belongs to: a thing of a subject, or the form that will make one (`id` None)."""

    kind: str
    id: int | None = None
    form: str = ""
    company: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One that is kept."""

    id: int
    owner: Owner
    name: str
    kind: str
    size: int
    sha256: str
    stored: str
    uploader: str
    uploaded_at: datetime

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it."""
        return KINDS[self.kind].picture if self.kind in KINDS else False
