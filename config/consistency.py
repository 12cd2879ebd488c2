"""Mistakes that show only when the parts of the settings are held against one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from config.errors import Problem
from queues.personal_data import Phone
from queues.phone_numbers import normalise

if TYPE_CHECKING:
    from config.settings import Settings


def inconsistencies(settings: Settings) -> Iterator[Problem]:
    """Every one of them."""
    companies = {company.id for company in settings.companies}
    queues = {queue.name for queue in settings.queues}
    yield from _twice("companies", "id", [company.id for company in settings.companies])
    yield from _twice("queues", "name", [queue.name for queue in settings.queues])
    yield from _twice("lines", "did", [line.did for line in settings.lines])
    yield from _twice("agents", "id", [agent.id for agent in settings.agents])
    yield from _twice(
        "agents", "endpoint", [agent.endpoint or f"PJSIP/{agent.id}" for agent in settings.agents]
    )
    yield from _twice("rules", "since", [str(rules.since) for rules in settings.rules])
    for index, line in enumerate(settings.lines):
        yield from _unknown(f"lines[{index}].company", line.company, companies)
        yield from _unknown(f"lines[{index}].queue", line.queue, queues)
        if line.callback is not None and normalise(Phone(line.callback.caller_id)) is None:
            place = f"lines[{index}].callback.caller_id"
            yield Problem(place, "is no valid number", "write it as +7 and ten digits")
    for index, agent in enumerate(settings.agents):
        for queue in agent.queues:
            yield from _unknown(f"agents[{index}].queues", queue, queues)


def warnings(settings: Settings) -> Iterator[Problem]:
    """What works but is probably not meant: `check` shows it."""
    for index, queue in enumerate(settings.queues):
        if not any(queue.name in agent.queues for agent in settings.agents):
            yield Problem(f"queues[{index}]", f"no agent serves {queue.name!r}")
    for index, line in enumerate(settings.lines):
        if line.owes_contact and line.callback is None:
            right = (
                "name its trunk, caller_id and number_format in lines.callback, or set owes_contact = false"
            )
            yield Problem(f"lines[{index}].callback", f"residents of {line.did} cannot be called back", right)


def _twice(table: str, key: str, values: Iterable[str]) -> Iterator[Problem]:
    for value, times in Counter(values).items():
        if times > 1:
            yield Problem(f"{table}.{key}", f"{value!r} occurs {times} times", "each may occur once")


def _unknown(place: str, value: str, known: set[str]) -> Iterator[Problem]:
    if value not in known:
        yield Problem(place, f"{value!r} is not defined", f"defined are: {', '.join(sorted(known))}")
