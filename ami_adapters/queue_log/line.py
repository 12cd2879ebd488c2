"""One line of queue_log as we have Asterisk write it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from queues.policy import AgentProfile
from queues.terms.identifiers import AgentId

NONE = "NONE"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class QueueLogLine:
    """One line, without its time: AMI's QueueLog stamps it with the moment it is written."""

    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = ()

    def action(self) -> Action:
        """What has Asterisk write it."""
        return actions.queue_log(self.call, self.queue, self.agent, self.event, "|".join(self.data))


@dataclass(slots=True)
class AgentNames:
    """How queue_log names agents: `form` may hold {id}, {name}, {endpoint}, {phone}."""

    profiles: dict[AgentId, AgentProfile]
    form: str

    def of(self, agent: AgentId | None) -> str:
        """NONE for nobody, and for who is not in the settings."""
        profile = self.profiles.get(agent) if agent is not None else None
        if profile is None:
            return NONE
        shown = self.form.format(
            id=profile.id,
            name=profile.name,
            endpoint=profile.endpoint,
            phone=profile.endpoint.partition("/")[2],
        )
        return field_text(shown)


def field_text(text: str) -> str:
    """What can stand between two bars."""
    return " ".join(text.replace("|", " ").splitlines())


def rounded_up(span: timedelta) -> str:
    """Whole seconds: `≤ T` in the file is then exactly our `≤ T`."""
    return str(max(0, math.ceil(span / SECOND)))


def whole(span: timedelta, unit: timedelta = SECOND) -> str:
    """Whole seconds, or other units, begun ones left out."""
    return str(max(0, span // unit))
