"""The two minutes as tables: contacts together and apart, for people and for spreadsheets (P36). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from callengine.desk.cards.two_minutes import By, Contact, Figures, figures, figures_by
from callengine.desk.history.choices import length
from callengine.desk.ledger.names import Names
from callengine.desk.people.scope import Scope
from callengine.desk.web.wording import percent
from callengine.platform.language import Language

COLUMNS = ("contacts", "settled", "settled_share", "timed", "median", "mean", "p95", "open", "open_share")
"""Their texts are `figures_…`."""


@dataclass(frozen=True, slots=True)
class Part:
    """Contacts apart by one thing, the most frequent first."""

    by: By
    rows: Sequence[tuple[str, Figures]]


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """Of a time."""

    total: Figures
    parts: Sequence[Part]


def contact_figures(
    contacts: Sequence[Contact], names: Names, scope: Scope, t: Mapping[str, str]
) -> ContactFigures:
    """Agents, and companies beside each other, are the centre's to see (P20)."""
    everybody = scope.companies is None
    several = len(names.seen_companies(scope)) > 1
    wanted: list[By] = ["topic", "kind"]
    if several:
        wanted.insert(0, "company")
    if everybody:
        wanted.append("agent")
    called: Mapping[By, Callable[[str], str]] = {
        "company": names.company,
        "agent": names.agent,
        "topic": lambda topic: topic or t["figures_no_topic"],
        "kind": lambda kind: t.get(f"figures_kind_{kind}", kind),
    }
    parts = []
    for by in wanted:
        rows = [(called[by](name), told) for name, told in figures_by(contacts, by).items()]
        parts.append(Part(by, sorted(rows, key=lambda one: (-one[1].contacts, one[0].casefold()))))
    return ContactFigures(figures(contacts), parts)


def shown(told: Figures, language: Language) -> Mapping[str, str]:
    """Each column as people read it."""
    return {
        "contacts": str(told.contacts),
        "settled": str(told.settled),
        "settled_share": percent(told.settled_ratio, language),
        "timed": str(told.closed),
        "median": length(told.median),
        "mean": length(told.mean),
        "p95": length(told.p95),
        "open": str(told.never_closed),
        "open_share": percent(told.never_closed_ratio, language),
    }


def lines(told: ContactFigures, t: Mapping[str, str]) -> Iterator[list[str]]:
    """For a spreadsheet: a head, all together, then each part; shares from 0 to 1, times in seconds."""
    yield [t["figures_by"], t["figures_name"], *(t[f"figures_{name}"] for name in COLUMNS)]
    yield [t["figures_total"], "", *_cells(told.total)]
    for part in told.parts:
        for name, one in part.rows:
            yield [t[f"figures_by_{part.by}"], name, *_cells(one)]


def _cells(told: Figures) -> list[str]:
    return [
        str(told.contacts),
        str(told.settled),
        _share(told.settled_ratio),
        str(told.closed),
        _seconds(told.median),
        _seconds(told.mean),
        _seconds(told.p95),
        str(told.never_closed),
        _share(told.never_closed_ratio),
    ]


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"


def _seconds(span: timedelta | None) -> str:
    return "" if span is None else str(round(span.total_seconds()))
