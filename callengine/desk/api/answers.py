"""What the API answers: names that programs rely on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Wrong(_Answer):
    """Why a request was not understood."""

    error: str
    fields: dict[str, str] = Field(description="by parameter: what is wrong with it")


class CallAnswer(_Answer):
    """One call. What has not happened is null."""

    call: str
    company: str
    did: str
    line_kind: str
    queue: str
    number: str = Field(description="whole with the right whole_numbers, else masked; empty: withheld")
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    waited_seconds: float | None
    talked_seconds: float | None
    agent: str | None = Field(description="who answered")
    outcome: str | None
    served_by: str | None
    verdict: str = Field(description="of the law's rule; empty where the line has none")
    callback: str = Field(description="owed, kept, late, closed; empty: nothing was owed")
    due_at: datetime | None
    contacted_at: datetime | None
    has_recording: bool
    message_at: datetime | None


class CallsAnswer(_Answer):
    """A page of calls, the latest first."""

    calls: Sequence[CallAnswer]
    below: str | None = Field(description="ask again with it for what is older; null: there is nothing more")


class MomentAnswer(_Answer):
    """One line of a call's story."""

    at: datetime
    kind: str
    after_seconds: float = Field(description="from the arrival: the law's clock")
    agent: str
    result: str
    note: str
    lasted_seconds: float | None


class StoryAnswer(_Answer):
    """A call and all that happened to it, in its order."""

    call: CallAnswer
    moments: Sequence[MomentAnswer]


class HouseAnswer(_Answer):
    """A house."""

    id: int
    company: str
    external_id: str | None = Field(description="what the company's own program calls it")
    label: str = Field(description="the address as people read it")
    locality: str
    street_kind: str
    street: str
    number: str
    letter: str
    korpus: str
    building: str
    kind: str
    entrances: int | None
    floors: int | None
    lifts: int | None
    zone: str = Field(description="time zone; empty: the centre's")
    notes: str
    version: int


class HousesAnswer(_Answer):
    """A page of houses by their address."""

    houses: Sequence[HouseAnswer]
    after: str | None = Field(description="ask again with it for the next ones; null: there are no more")


class ArticleAnswer(_Answer):
    """An article of the knowledge base, as readers see it."""

    id: int
    company: str | None = Field(description="null: of all companies")
    topic: str
    title: str
    pinned: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    version: int | None
    published_at: datetime | None
    html: str
    plain: str


class ArticlesAnswer(_Answer):
    """Published articles: pinned first, then the newest."""

    articles: Sequence[ArticleAnswer]
