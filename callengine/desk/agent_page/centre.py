"""What the page takes from the settings: names that people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callengine.platform.language import Language
from config.schema.pauses import PauseNames
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Centre:
    """Companies, pauses, agents' queues; the codes that do the same on the telephone."""

    companies: Mapping[str, str]
    pauses: tuple[str, ...]
    """Reasons that may be chosen; the empty one is there always."""
    pause_names: PauseNames
    agents: Mapping[str, str]
    queues_of: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, str]
    services: Mapping[str, tuple[tuple[str, str], ...]]
    """By company: the service numbers that its trunks carry, each with its name."""
    lines: Mapping[str, str]
    """What the phone shows of a line, by its number."""

    def pause(self, reason: str, language: Language) -> str:
        """A reason's name."""
        return self.pause_names.name(reason, language)

    def company(self, company: str) -> str:
        """Its name; the id where the settings have it no more."""
        return self.companies.get(company, company)

    def line(self, did: str, company: str) -> str:
        """Its label; the company's name where the settings have the line no more."""
        return self.lines.get(did, self.company(company))

    def agent(self, agent: str) -> str:
        """Likewise."""
        return self.agents.get(agent, agent)


def centre_of(settings: Settings) -> Centre:
    """Of the settings as they were read when the desk began."""
    names = {one.id: one.name for one in settings.companies}
    return Centre(
        names,
        tuple(one.reason for one in settings.pauses if one.reason.isdigit()),
        settings.pause_names,
        {one.id: one.name for one in settings.agents},
        {one.id: tuple(one.queues) for one in settings.agents},
        settings.codes.dialled(),
        {one.id: _services(settings, one.id) for one in settings.companies},
        {
            one.did: one.label or f"{names.get(one.company, one.company)}: {one.kind}"
            for one in settings.lines
        },
    )


def _services(settings: Settings, company: str) -> tuple[tuple[str, str], ...]:
    callbacks = [one.callback for one in settings.lines if one.company == company and one.callback]
    trunks = {trunk for callback in callbacks for trunk in (callback.trunk, *callback.other_trunks)}
    return tuple((one.number, one.name) for one in settings.service_numbers if one.trunk in trunks)
