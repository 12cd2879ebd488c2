"""The wallboard's settings: when a tile turns amber or red (ecosystem practice as defaults)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.schema.base import Section

Wait = Annotated[int, Field(ge=1, le=86400)]
Count = Annotated[int, Field(ge=1, le=100000)]
Share = Annotated[float, Field(gt=0, le=1)]


class Wallboard(Section):
    """When the wallboard's tiles turn amber or red."""

    language: Literal["ru", "en"] | None = Field(
        None, description="of the board; default: the centre's; ?lang= in its address goes before"
    )
    level_amber_below_goal: float = Field(
        0.08, ge=0, le=1, description="the service level is amber down to so much below the goal, then red"
    )
    few_calls: int = Field(10, ge=1, le=1000, description="below so many calls the service level is grey")
    waiting_amber: Count = Field(1, description="residents who wait")
    waiting_red: Count = Field(3, description="also red when more wait than agents are free")
    longest_wait_amber_seconds: Wait = Field(30, description="of the longest present wait")
    longest_wait_red_seconds: Wait = Field(120, description="of the longest present wait")
    longest_wait_alarm_seconds: Wait = Field(300, description="the whole tile red, with a sound if wanted")
    lost_amber_ratio: Share = Field(0.05, description="lost of offered, today")
    lost_red_ratio: Share = Field(0.10, description="lost of offered, today")
    callback_amber_seconds: Wait = Field(480, description="age of the oldest owed callback, from the arrival")
    callback_red_seconds: Wait = Field(600, description="age of the oldest owed callback, from the arrival")
    pause_amber_seconds: Wait = Field(900, description="an agent's pause is too long")
    stale_seconds: int = Field(10, ge=2, le=600, description="older data greys the whole board out")
