"""The settings' tables of companies, lines, queues and agents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
)

from config.schema.app_queue import MemberText, Watch
from config.schema.base import DidText, Section
from config.schema.values import (
    Days,
    EndpointText,
    Id,
    NumberText,
    Seconds,
    SecondsOrZero,
    ServiceNumberText,
    ShownText,
    valid_hours,
)
from queues.policy import Dispatch
from queues.terms.phone_numbers import NumberFormat
from sla.promises import ClockStart


class Company(Section):
    """A management company."""

    id: Id = Field(description="short name, for reports and metrics")
    name: ShownText = Field(description="as the agent's phone shows it")
    numbers_days: Days | None = Field(None, description="instead of [retention]'s")
    recordings_days: Days | None = Field(None, description="instead of [retention]'s")
    journal_days: Days | None = Field(None, description="instead of [retention]'s")
    legal_hold: bool = Field(
        False, description="nothing of this company is forgotten, nor what the journal has of it"
    )


class LineCallbackSection(Section):
    """How residents of a line are called back."""

    trunk: Id = Field(description="the PJSIP endpoint to dial through")
    caller_id: NumberText = Field(description="the number of this line that residents see")
    number_format: NumberFormat = Field(
        NumberFormat.E164, description="as the trunk wants numbers: e164, 8, 7, national"
    )
    other_trunks: list[Id] = Field(
        default_factory=list, description="tried in turn when the network failed on the first"
    )
    hours: Annotated[str, AfterValidator(valid_hours)] = Field(
        "", description='dialled only within, centre\'s time: "08:00-21:00"; default: around the clock'
    )


class ServiceNumber(Section):
    """A short or service number that agents may dial by hand, and nothing else ever: 112, gas, a lift company."""

    trunk: Id = Field(
        description="the PJSIP endpoint that carries it: a line's trunk or one of its other_trunks"
    )
    number: ServiceNumberText = Field(description="exactly as this trunk wants it")
    name: ShownText = Field(description="as agents choose it")


class Line(Section):
    """A number that residents dial."""

    did: DidText = Field(description="exactly as the trunk delivers it")
    company: Id = Field(description="whose residents")
    queue: Id = Field(description="who serves them")
    kind: Id = Field("general", description="general, emergency, lift, gas, …: free, for rules and reports")
    label: ShownText | None = Field(None, description="what the phone shows; default: company and kind")
    language: Literal["ru", "en"] | None = Field(None, description="of the prompts")
    recording_notice: bool = Field(True, description="the resident hears that calls are recorded")
    owes_contact: bool = Field(True, description="a missed call must be followed by a contact")
    choice: bool | None = Field(
        None, description="[choice] is offered here; default: yes, but for kinds emergency, lift, gas, flood"
    )
    rules: Id | None = Field(
        None, description="the name of its rules; default: the first, or the law's as built in"
    )
    callback: LineCallbackSection | None = Field(None, description="without it nobody can be called back")


class Queue(Section):
    """A waiting line and its promise."""

    name: Id = Field(description="short name")
    label: ShownText | None = Field(
        None, description="as people at the desk read it; default: a word for the usual names, else its name"
    )
    target_seconds: Seconds = Field(30, description="answered within …")
    goal_ratio: float = Field(0.88, gt=0, le=1, description="… this share of all offered calls")
    clock: ClockStart = Field(
        ClockStart.ARRIVAL, description="the target runs from: arrival, queue (entry into the waiting line)"
    )
    priority: int = Field(10, ge=0, le=1000, description="smaller is served first")
    ring_seconds: Seconds = Field(20, description="how long an agent's phone rings")
    wrap_up_seconds: SecondsOrZero = Field(10, description="rest after a conversation")
    decline_pause_seconds: SecondsOrZero = Field(5, description="rest after a call not taken")
    record: bool = Field(True, description="conversations are recorded")
    dispatch: Dispatch = Field(
        Dispatch.ENGINE,
        description="who gives the calls to agents: engine, asterisk (app_queue; we only watch)",
    )
    watch: Watch | None = Field(None, description="needed with dispatch = asterisk")


class AgentSection(Section):
    """An agent and his softphone."""

    id: Id = Field(description="short name; also the phone's account where endpoint is left out")
    name: ShownText = Field(description="for screens and reports")
    endpoint: EndpointText | None = Field(None, description="default: PJSIP/<id>")
    queues: Annotated[list[Id], Field(min_length=1)] = Field(description="the queues he serves")
    member: MemberText | None = Field(
        None, description="his interface in watched queues, if neither endpoint nor Local/<phone>@…"
    )
