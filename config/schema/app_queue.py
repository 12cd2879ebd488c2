"""The settings' tables about Asterisk's own queues and their log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from config.schema.base import DidText, Section
from queues.policy import KeyExit

PbxQueueText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20|,;\"]{1,80}$")]
MemberText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+/[^\x00-\x20|,;\"]{1,80}$")]


def _agent_form(text: str) -> str:
    """How an agent is named in queue_log."""
    try:
        shown = text.format(id="1", name="1", endpoint="1", phone="1")
    except (KeyError, IndexError, ValueError) as problem:
        raise ValueError('may hold {id}, {name}, {endpoint} and {phone}, as in "Agent/{id}"') from problem
    if "1" not in shown or any(char in text for char in "|\r\n"):
        raise ValueError(
            "must name the agent by one of {id}, {name}, {endpoint}, {phone}, without | or line ends"
        )
    return text


class Watch(Section):
    """Queues of Asterisk's own app_queue that are measured as this one."""

    pbx_queues: Annotated[list[PbxQueueText], Field(min_length=1)] = Field(
        description="their names in queues.conf; FreePBX: the queue's number"
    )
    line: DidText | None = Field(
        None,
        description="whose a call is when the number it dialled is no line of this queue; default: its first line",
    )
    callbacks: Literal["task", "dial"] = Field(
        "task",
        description="a missed call becomes: a task for a human, or the engine dials as in its own queues",
    )
    key_exit: KeyExit = Field(
        KeyExit.ABANDONED, description="who leaves the queue by a key has: abandoned, or asked for a callback"
    )


class QueueLog(Section):
    """Asterisk's queue_log: our lines in it, for QueueMetrics, Asternic and the like, and what we read of it."""

    enabled: bool = Field(True, description="written by AMI's QueueLog as app_queue would write them")
    file: Path | None = Field(
        None,
        description="where we may read it (/var/log/asterisk/queue_log): watched calls after a gap, reconcile",
    )
    agent: Annotated[str, AfterValidator(_agent_form)] = Field(
        "Agent/{id}", description="how an agent is named there: {id}, {name}, {endpoint}, {phone}"
    )
