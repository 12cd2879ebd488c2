"""Values that are personal data and must not show themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True, repr=False)
class Phone:
    """A number as it came or is to be dialled: whole for who stores or dials it, masked for who prints it.

    Not a `str` on purpose: joining, formatting or serialising it by accident cannot reveal it.
    An empty `whole` means the number was withheld.
    """

    whole: str

    @property
    def masked(self) -> str:
        """All but the last two characters hidden; a number of at most four shows nothing."""
        hidden = len(self.whole) if len(self.whole) <= 4 else len(self.whole) - 2
        return "*" * hidden + self.whole[hidden:]

    @property
    def is_withheld(self) -> bool:
        """Whether the caller sent no number."""
        return not self.whole

    def __str__(self) -> str:
        return self.masked or "withheld"

    def __repr__(self) -> str:
        return f"Phone({self.masked!r})"


WITHHELD = Phone("")
