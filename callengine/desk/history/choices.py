"""What can be chosen in the filters, and how words of the ledger's vocabularies are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from callengine.desk.history.filters import CALLBACKS, CARDS, SPANS
from callengine.desk.ledger.names import Names
from callengine.desk.people.scope import Scope
from callengine.desk.web.wording import usual_word
from callengine.platform.language import Language
from queues.messages.journal import Outcome, ServedBy
from sla.compliance import Verdict

RESULTS: Mapping[str, str] = {
    "chose": "choice_",
    "not_taken": "offer_",
    "ended": "outcome_",
    "judged": "verdict_",
    "dial_over": "dial_",
    "closed": "closing_",
    "disposed": "disposition_",
    "refused": "refusal_",
    "task": "task_",
    "message_reviewed": "review_",
}
"""Of a line of the story: how the texts of its result begin."""
Choices = Sequence[tuple[str, str]]


def choices_of(names: Names, scope: Scope, t: Mapping[str, str], language: Language) -> Mapping[str, Choices]:
    """By field: value and text. Companies, lines and queues are those he may see; agents' names are for the centre."""
    everybody = scope.companies is None
    lines = [
        (one.did, f"{one.did} · {names.company(one.company)} · {usual_word(one.kind, language)}")
        for one in names.seen_lines(scope)
    ]
    return {
        "span": [(one, t[f"span_{one}"]) for one in SPANS],
        "company": names.seen_companies(scope),
        "line": lines,
        "queue": [(one, names.queue(one, language)) for one in names.seen_queues(scope)],
        "outcome": [(one, t[f"outcome_{one}"]) for one in ("open", *(one.value for one in Outcome))],
        "verdict": [(one.value, t[f"verdict_{one.value}"]) for one in Verdict],
        "served_by": [(one.value, t[f"served_{one.value}"]) for one in ServedBy],
        "agent": sorted(names.agents.items(), key=lambda one: one[1].casefold()) if everybody else [],
        "callback": [(one, t[f"callback_{one}"]) for one in CALLBACKS if one],
        "card": [(one, t[f"card_{one}"]) for one in CARDS if one],
        "yes_no": [("yes", t["yes"]), ("no", t["no"])],
    }


def worded(t: Mapping[str, str]) -> Callable[[str], str]:
    """A text by its name; a word that a newer engine wrote and this version does not know is shown as it is."""

    def word(name: str) -> str:
        return t.get(name, name.partition("_")[2] or name)

    return word


def length(span: timedelta | None) -> str:
    """1:05, 12:00:00; a dash where there is none."""
    if span is None:
        return "—"
    seconds = round(span.total_seconds())
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    minutes, hours = seconds // 60 % 60, seconds // 3600
    if hours:
        return f"{sign}{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{sign}{minutes}:{seconds % 60:02}"
