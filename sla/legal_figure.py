"""The legal figure of a period: how many of the offered calls the law calls kept, and by which of its ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sla.compliance import Verdict


@dataclass(frozen=True, slots=True)
class LegalFigure:
    """Counts of offered calls by verdict. Every offered call under rules is in the denominator, once it can be judged.

    `without_rules`: calls on lines that no rule set governs; they are offered, and no figure of the law's.
    """

    answered_in_time: int = 0
    contacted_in_time: int = 0
    message_reviewed_in_time: int = 0
    broken: int = 0
    not_owed: int = 0
    pending: int = 0
    without_rules: int = 0

    @property
    def offered(self) -> int:
        """Every call that arrived."""
        return self.under_rules + self.without_rules

    @property
    def under_rules(self) -> int:
        """Every call that arrived on a line with rules."""
        return self.kept + self.broken + self.not_owed + self.pending

    @property
    def kept(self) -> int:
        """One of the law's three ways was kept."""
        return self.answered_in_time + self.contacted_in_time + self.message_reviewed_in_time

    @property
    def ratio(self) -> Fraction | None:
        """Kept ÷ every call under rules whose time is over; None before the first."""
        settled = self.under_rules - self.pending
        return None if settled == 0 else Fraction(self.kept, settled)


def legal_figure(verdicts: Iterable[Verdict | None]) -> LegalFigure:
    """Count them; None is a call without rules."""
    counts = {verdict.value: 0 for verdict in Verdict} | {"without_rules": 0}
    for verdict in verdicts:
        counts["without_rules" if verdict is None else verdict.value] += 1
    return LegalFigure(**counts)
