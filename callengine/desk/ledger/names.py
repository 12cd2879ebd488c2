"""What the settings call companies, lines, queues and agents: the ledger has their ids only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from callengine.desk.people.scope import Scope
from callengine.desk.web.wording import usual_word
from callengine.platform.language import Language
from config.policies import rule_sets
from config.schema.pauses import PauseNames
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class LineName:
    """A number that residents dial."""

    did: str
    company: str
    queue: str
    kind: str


@dataclass(frozen=True, slots=True)
class Names:
    """All of them, by id. An id that the settings do not have any more is shown as it is."""

    companies: Mapping[str, str]
    lines: Sequence[LineName]
    queues: Sequence[str]
    agents: Mapping[str, str]
    serves: Mapping[str, frozenset[str]]
    """Which queues an agent serves."""
    pauses: PauseNames
    answer_limits: Mapping[str, timedelta]
    """By the version of the rules: within it of the arrival a human answers."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of queues that the settings give one."""

    def company(self, identity: str) -> str:
        """Its name."""
        return self.companies.get(identity, identity)

    def agent(self, identity: str | None) -> str:
        """His name; empty for nobody."""
        return self.agents.get(identity, identity) if identity else ""

    def queue(self, identity: str, language: Language) -> str:
        """What people call it."""
        return self.labels.get(identity) or usual_word(identity, language)

    def pause(self, reason: str, language: Language) -> str:
        """What a pause for this reason is called."""
        return self.pauses.name(reason, language)

    def seen_companies(self, scope: Scope) -> list[tuple[str, str]]:
        """Id and name of those he may see, by name."""
        found = [(one, name) for one, name in self.companies.items() if scope.sees(one)]
        return sorted(found, key=lambda one: (one[1].casefold(), one[0]))

    def seen_lines(self, scope: Scope) -> list[LineName]:
        """Of those companies."""
        return [one for one in self.lines if scope.sees(one.company)]

    def seen_queues(self, scope: Scope) -> list[str]:
        """Those that serve a line he may see."""
        return sorted({one.queue for one in self.seen_lines(scope)})


def names_of(settings: Settings) -> Names:
    """As the settings have them."""
    return Names(
        companies={one.id: one.name for one in settings.companies},
        lines=[LineName(one.did, one.company, one.queue, one.kind) for one in settings.lines],
        queues=[one.name for one in settings.queues],
        agents={one.id: one.name for one in settings.agents},
        serves={one.id: frozenset(one.queues) for one in settings.agents},
        pauses=settings.pause_names,
        answer_limits={
            rules.version: rules.answer for sets in rule_sets(settings).values() for rules in sets
        },
        labels={one.name: one.label for one in settings.queues if one.label},
    )
