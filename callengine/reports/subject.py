"""Whom a report is about, in the settings' own words."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.policies import centre_policy
from config.schema.pauses import PauseNames
from config.settings import Settings
from sla.call_facts import Promise
from storage.queries.intervals import Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """One company, one queue, one agent, or the whole centre; a company and a queue may be given together."""

    company: str | None = None
    queue: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """A subject with what the settings know of it.

    `agents`: who works for it, by id, with their names: whoever serves one of its queues. `promises`: of all queues.
    """

    subject: Subject
    scope: Scope
    company_name: str | None
    queues: tuple[str, ...]
    agents: dict[str, str]
    promises: dict[str, Promise]
    pauses: PauseNames = field(default_factory=PauseNames)
    other_queues: tuple[str, ...] = ()
    """Of a report about queues: those besides them that its agents serve too."""

    @property
    def label(self) -> str:
        """For file names and titles: its ids; empty for the whole centre."""
        one = self.subject
        return "-".join(filter(None, (one.company, one.queue, one.agent)))


def known(subject: Subject, settings: Settings) -> KnownSubject:
    """Raises ValueError, with what there is, for a company, queue or agent that the settings do not name."""
    companies = {one.id: one.name for one in settings.companies}
    queues = {one.name for one in settings.queues}
    agents = {one.id: one for one in settings.agents}
    for what, name, there in (
        ("company", subject.company, companies.keys()),
        ("queue", subject.queue, queues),
        ("agent", subject.agent, agents.keys()),
    ):
        if name is not None and name not in there:
            defined = ", ".join(sorted(there)) or "none"
            raise ValueError(f"{name!r} is no {what} of the settings; defined are: {defined}")
    if subject.agent is not None and (subject.company or subject.queue):
        raise ValueError("an agent's report is of all his work: leave company and queue out")
    of_lines = {line.queue for line in settings.lines if subject.company in {None, line.company}}
    served = {subject.queue} if subject.queue else of_lines if subject.company else queues
    chosen = {
        name: agent
        for name, agent in agents.items()
        if (served & set(agent.queues) if subject.agent is None else name == subject.agent)
    }
    return KnownSubject(
        subject,
        Scope(settings.pbx.name, subject.company, subject.queue),
        None if subject.company is None else companies[subject.company],
        tuple(sorted(served)),
        {name: agent.name for name, agent in chosen.items()},
        {name: queue.promise for name, queue in centre_policy(settings).queues.items()},
        settings.pause_names,
        tuple(sorted({queue for agent in chosen.values() for queue in agent.queues} - served)),
    )
