"""The settings' tables about callbacks: how they are dialled, the law's rules, the menu for callers who wait."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import (
    Field,
    StringConstraints,
)

from config.schema.base import Section
from config.schema.values import Id, NumberText, Seconds, SecondsOrZero
from queues.terms.outcomes import Disposition
from sla.promises import ClockStart, ReviewMeans


class Choice(Section):
    """What a resident who waits too long is offered: a callback that keeps his place, or a message."""

    after_seconds: SecondsOrZero = Field(180, description="from his arrival; 0: never")
    callback_before_due_seconds: Seconds = Field(
        180, description="who left a message is called so long before his deadline, unless it was reviewed"
    )


class Rules(Section):
    """The law's limits and how its unclear points are read, from a date on; several tables when they change."""

    name: Id = Field(description="shown next to each verdict")
    since: date = Field(description="first day in force")
    answer_limit_seconds: Seconds = Field(300, description="a human answers within, from arrival")
    contact_limit_seconds: Seconds = Field(
        600, description="else he is reached by phone within, from arrival"
    )
    message_limit_seconds: Seconds = Field(600, description="a message is reviewed within, from its arrival")
    clock: ClockStart = Field(ClockStart.ARRIVAL, description="the limits run from: arrival, queue")
    pick_up_is_answer: bool = Field(False, description="a machine that picks up has answered")
    early_hang_up_owes: bool = Field(True, description="who hangs up early is owed a contact all the same")
    early_hang_up_seconds: Seconds = Field(5, description="early means within this of the arrival")
    attempt_is_contact: bool = Field(False, description="a dial that nobody answered counts as contact")
    review: ReviewMeans = Field(
        ReviewMeans.DISPOSITION,
        description="a message is reviewed by: disposition (said what became of it), opened",
    )


class Callbacks(Section):
    """When and how often missed residents are called back."""

    enabled: bool = Field(True, description="false: every one becomes a task for a human")
    settle_seconds: SecondsOrZero = Field(15, description="time to call again by himself, after hanging up")
    max_attempts: int = Field(3, ge=1, le=10, description="dials of one obligation inside its deadline")
    late_attempts: int = Field(2, ge=0, le=10, description="further dials after the deadline")
    last_start_seconds: SecondsOrZero = Field(
        45, description="the last dial inside the deadline starts so long before it"
    )
    retry_late_seconds: Seconds = Field(300, description="pause between dials after the deadline")
    retry_busy_seconds: Seconds = Field(40, description="pause after busy")
    retry_no_answer_seconds: Seconds = Field(120, description="pause after no answer")
    retry_failure_seconds: Seconds = Field(20, description="pause after a network failure")
    max_network_failures: int = Field(
        6, ge=1, le=100, description="dials of one obligation that the network did not carry"
    )
    agent_ring_seconds: Seconds = Field(20, description="how long the agent's phone rings")
    resident_ring_seconds: Seconds = Field(30, description="how long the resident's phone rings")
    network_answer_seconds: Seconds = Field(
        12, description="a trunk that says nothing of ringing by then has failed"
    )
    max_per_number_and_day: int = Field(6, ge=1, le=100, description="rings of one number in 24 hours")
    max_per_hour: int = Field(
        300, ge=1, le=10000, description="rings of the whole centre's callbacks in an hour"
    )
    max_in_flight: int = Field(0, ge=0, le=1000, description="dials at a time; 0: as agents are free")
    trunk_channels: int = Field(
        0, ge=0, le=10000, description="calls that the trunks carry together; 0: not known, no limit"
    )
    keep_for_arrivals: int = Field(2, ge=0, le=1000, description="of these, left to residents who call")
    max_talk_seconds: int = Field(3600, ge=60, le=36000, description="a callback is cut after this")
    disposition_seconds: SecondsOrZero = Field(
        120, description="after a callback, time for the agent to say whom he reached; 0: none"
    )
    disposition_default: Disposition = Field(
        Disposition.REACHED, description="taken when he says nothing: reached, answering_machine, …"
    )
    listen_for_machines: bool = Field(
        False, description="keep a detector's hint whether a machine answered; it decides nothing"
    )
    do_not_call: list[NumberText] = Field(
        default_factory=list, description="residents who asked never to be called"
    )
    own_numbers: list[NumberText] = Field(
        default_factory=list, description="never dialled, besides DIDs and caller ids"
    )
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        "RU", description="the only country dialled"
    )
