"""Agents' pauses: what people call the reason that a telephone or app_queue tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from config.schema.base import Section
from config.schema.values import ShownText

ReasonText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,40}$")]
Language = Literal["ru", "en"]


class Pause(Section):
    """What a reason of agents' pauses is called, on screens, in reports and metrics."""

    reason: ReasonText = Field(description="the digit after *43; in a watched queue, app_queue's own reason")
    ru: ShownText | None = Field(None, description="its Russian name; default: the English one")
    en: ShownText | None = Field(None, description="its English name, also in metrics; default: the Russian")


BUILT_IN: Final[Mapping[str, Mapping[Language, str]]] = {
    "pause": {"ru": "пауза", "en": "pause"},
    "no answer": {"ru": "не берёт", "en": "no answer"},
    "declined": {"ru": "отклоняет", "en": "declined"},
    "do not disturb": {"ru": "не беспокоить", "en": "do not disturb"},
    "phone forwards": {"ru": "переадресация", "en": "phone forwards"},
    "phone refuses": {"ru": "отказ телефона", "en": "phone refuses"},
    "unreachable": {"ru": "нет связи", "en": "unreachable"},
}
"""Reasons that callengine gives: none was told; why the phone took no call (`queues.agents.missed_offers.REASONS`)."""
OTHER = "other"
"""The metrics' word for every reason without a name: what agents type makes no series."""


class PauseNames:
    """The names of all reasons, in both languages."""

    def __init__(self, pauses: Sequence[Pause] = ()) -> None:
        self._names: dict[str, Mapping[Language, str]] = dict(BUILT_IN)
        for pause in pauses:
            ru, en = pause.ru or pause.en, pause.en or pause.ru
            if ru is not None and en is not None:
                self._names[pause.reason] = {"ru": ru, "en": en}

    def name(self, reason: str, language: Language) -> str:
        """For people: a digit that nobody named is shown as such a pause, a text as itself."""
        known = self._names.get(reason or "pause")
        if known is not None:
            return known[language]
        return f"{self._names['pause'][language]} {reason}" if reason.isdigit() else reason

    def label(self, reason: str) -> str:
        """For metrics."""
        known = self._names.get(reason or "pause")
        return OTHER if known is None else known["en"]

    def labels(self) -> list[str]:
        """Every label there can be."""
        return [*dict.fromkeys(names["en"] for names in self._names.values()), OTHER]

    def told(self) -> str:
        """All of them in words: other words, other boards."""
        return repr(sorted((reason, *sorted(names.items())) for reason, names in self._names.items()))
