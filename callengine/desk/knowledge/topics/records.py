"""Topics as they are read and written, and what is missing of a house: values and a rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class TopicStale(Exception):
    """Somebody changed it after the form was drawn; it is `now` like this."""

    def __init__(self, now: Topic) -> None:
        super().__init__("changed meanwhile")
        self.now = now


@dataclass(frozen=True, slots=True)
class TopicWriting:
    """As somebody writes it. `company` None: of all companies; it stays what it was when the topic was made."""

    name_ru: str
    name_en: str
    company: str | None = None
    position: int = 0
    on_cards: bool = True
    on_articles: bool = True
    each_house: bool = False
    own_article: bool = False
    form: str = "[]"


@dataclass(frozen=True, slots=True)
class Topic:
    """One of the list."""

    id: int
    key: str
    written: TopicWriting
    retired: bool
    version: int

    @property
    def company(self) -> str | None:
        """Whose; None: everybody's."""
        return self.written.company

    def name(self, language: str) -> str:
        """In this language."""
        return self.written.name_ru if language == "ru" else self.written.name_en

    def is_for(self, company: str | None) -> bool:
        """Whether what belongs to this company can be about it."""
        return self.company is None or self.company == company


@dataclass(frozen=True, slots=True)
class Covered:
    """Keys of what the valid, published articles are about, from nearest to farthest."""

    of_house: frozenset[str]
    of_company: frozenset[str]
    of_all: frozenset[str]


def missing(found: Covered, checklist: Iterable[Topic], company: str) -> tuple[Topic, ...]:
    """The checklist's topics that nobody could tell a resident of this company's house about."""
    wider = found.of_house | found.of_company | found.of_all
    return tuple(
        one
        for one in checklist
        if one.is_for(company) and one.key not in (found.of_house if one.written.own_article else wider)
    )
