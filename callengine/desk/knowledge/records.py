"""What is read of the knowledge base, and what is written into it: values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Of an article."""

    DRAFT = "draft"
    """Nobody but editors sees it."""
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    """Once published, no longer shown."""


class Verdict(StrEnum):
    """What an agent says of an article, with one key."""

    HELPED = "helped"
    OUTDATED = "outdated"


class KnowledgeRefusal(Exception):
    """What was asked cannot be written; nothing was."""


class Stale(KnowledgeRefusal):
    """Somebody saved a newer version after the form was drawn. `now`: its title and text, `by`: who saved it."""

    def __init__(self, version: int, title: str, body: str, by: str) -> None:
        super().__init__("changed meanwhile")
        self.version = version
        self.title = title
        self.body = body
        self.by = by


@dataclass(frozen=True, slots=True)
class Writing:
    """An article as its form has it."""

    title: str
    body: str
    topic: str
    company: str | None = None
    houses: Sequence[int] = ()
    """Of these only; none: of all of the company's."""
    pinned: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    note: str = ""
    important: bool = False
    """Who has read an earlier version must read it again."""


@dataclass(frozen=True, slots=True)
class Article:
    """As readers see it."""

    id: int
    company: str | None
    topic: str
    state: State
    pinned: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    version: int
    published_version: int | None
    published_at: datetime | None
    title: str
    html: str
    plain: str

    def holds_at(self, at: datetime) -> bool:
        """Whether it is shown at this instant."""
        begun = self.valid_from is None or self.valid_from <= at
        return self.state is State.PUBLISHED and begun and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Version:
    """What an author saved."""

    version: int
    title: str
    body: str
    author: str
    at: datetime
    note: str
    important: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody who may not publish would have written."""

    id: int
    article_id: int | None
    of_version: int | None
    company: str | None
    topic: str
    title: str
    body: str
    author: str
    at: datetime
    state: str
    answer: str
    decided_by: str | None
