"""Which part of the centre a board shows: all of it, one company's calls, or one queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.settings import Settings
from queues.live_state import AgentView, CallView, CentreView, ObligationView
from queues.terms.identifiers import QueueName


class Part(StrEnum):
    """What kind of part."""

    CENTRE = "centre"
    COMPANY = "company"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Scope:
    """One part of the centre, with what is needed to pick its calls and agents out of the whole."""

    part: Part
    id: str = ""
    name: str = ""
    """As people call it; empty for the centre."""
    queues: frozenset[QueueName] = frozenset()
    """Whose agents belong here."""

    def has(self, one: CallView | ObligationView) -> bool:
        """Whether a call, or what is owed, belongs here."""
        match self.part:
            case Part.CENTRE:
                return True
            case Part.COMPANY:
                return one.company == self.id
            case Part.QUEUE:
                return one.queue == self.id

    def agents_of(self, view: CentreView) -> list[AgentView]:
        """Those who serve a queue of it."""
        return [agent for agent in view.agents if self.part is Part.CENTRE or agent.queues & self.queues]


@dataclass(frozen=True, slots=True)
class Scopes:
    """Every part there is."""

    centre: Scope
    companies: Mapping[str, Scope]
    queues: Mapping[str, Scope]

    def told(self) -> list[str]:
        """All of them in words: other words, other boards."""
        every = (*self.companies.values(), *self.queues.values())
        return [f"{one.part} {one.id} {one.name} {sorted(one.queues)}" for one in every]

    def find(self, company: str | None, queue: str | None) -> Scope | None:
        """The part an address asks for; None when there is none of that name."""
        if company:
            return self.companies.get(company)
        return self.queues.get(queue) if queue else self.centre


def scopes_of(settings: Settings) -> Scopes:
    """All parts of the centre, as the settings have them."""
    served: dict[str, set[QueueName]] = {company.id: set() for company in settings.companies}
    for line in settings.lines:
        served[line.company].add(QueueName(line.queue))
    return Scopes(
        Scope(Part.CENTRE),
        {
            company.id: Scope(Part.COMPANY, company.id, company.name, frozenset(served[company.id]))
            for company in settings.companies
        },
        {
            queue.name: Scope(Part.QUEUE, queue.name, queue.name, frozenset({QueueName(queue.name)}))
            for queue in settings.queues
        },
    )
