"""Settings to the core's policies, and to the dialplan's lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from config.schema import Line
from config.settings import Settings
from queues.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from queues.personal_data import Phone
from queues.phone_numbers import normalise
from queues.policy import (
    AgentProfile,
    CallbackPolicy,
    CentrePolicy,
    LegalLimits,
    LineCallback,
    LinePolicy,
    QueuePolicy,
)
from sla.promises import RU_416, RuleSet

_MAX_LABEL = 40
_CALLBACK_LABELS = {"ru": "Перезвон до {due}: {line}", "en": "Callback by {due}: {line}"}


def rule_sets(settings: Settings) -> tuple[RuleSet, ...]:
    """The configured rule sets, or the law's as built in."""
    if not settings.rules:
        return (RU_416,)
    return tuple(
        RuleSet(
            rules.name,
            rules.since,
            timedelta(seconds=rules.answer_limit_seconds),
            timedelta(seconds=rules.contact_limit_seconds),
            timedelta(seconds=rules.message_limit_seconds),
            "settings",
        )
        for rules in settings.rules
    )


def centre_policy(settings: Settings, rules: RuleSet = RU_416) -> CentrePolicy:
    """What the dispatcher works by, under the rule set of the day."""
    lines = {Did(line.did): _line(line, settings) for line in settings.lines}
    return CentrePolicy(
        queues={
            QueueName(queue.name): QueuePolicy(
                name=QueueName(queue.name),
                target=timedelta(seconds=queue.target_seconds),
                goal_ratio=queue.goal_ratio,
                priority=queue.priority,
                ring_time=timedelta(seconds=queue.ring_seconds),
                wrap_up=timedelta(seconds=queue.wrap_up_seconds),
                decline_pause=timedelta(seconds=queue.decline_pause_seconds),
                record=queue.record,
            )
            for queue in settings.queues
        },
        lines=lines,
        agents={
            AgentId(agent.id): AgentProfile(
                AgentId(agent.id),
                agent.name,
                Endpoint(agent.endpoint or f"PJSIP/{agent.id}"),
                frozenset(map(QueueName, agent.queues)),
            )
            for agent in settings.agents
        },
        callbacks=_callbacks(settings),
        limits=LegalLimits(rules.name, rules.answer, rules.contact),
        missed_offers_before_pause=settings.centre.missed_offers_before_pause,
        zone=ZoneInfo(settings.centre.time_zone),
        callback_label=_CALLBACK_LABELS[settings.centre.language],
    )


def dialplan_lines(settings: Settings) -> str:
    """The settings that the dialplan must know even when the engine is down: callengine_lines.conf."""
    return "\n".join(["[callengine-lines]", *_dialplan_of_lines(settings), "exten => i,1,Return()", ""])


def _dialplan_of_lines(settings: Settings) -> Iterator[str]:
    records = {queue.name: queue.record for queue in settings.queues}
    for line in settings.lines:
        yield f"exten => {line.did},1,Set(CALLENGINE_LANGUAGE={line.language or settings.centre.language})"
        yield f" same => n,Set(CALLENGINE_NOTICE={int(line.recording_notice)})"
        yield f" same => n,Set(CALLENGINE_RECORD={int(records[line.queue])})"
        yield f" same => n,Set(CALLENGINE_LINE_LABEL={_label(line, settings)})"
        yield " same => n,Return()"


def _line(line: Line, settings: Settings) -> LinePolicy:
    callback = line.callback
    return LinePolicy(
        did=Did(line.did),
        company=CompanyId(line.company),
        kind=line.kind,
        queue=QueueName(line.queue),
        label=_label(line, settings),
        language=line.language or settings.centre.language,
        recording_notice=line.recording_notice,
        callback=None
        if callback is None
        else LineCallback(callback.trunk, Phone(callback.caller_id), callback.number_format),
        owes_contact=line.owes_contact,
    )


def _label(line: Line, settings: Settings) -> str:
    """Company and kind of line, cut to what a phone shows."""
    company = next(company.name for company in settings.companies if company.id == line.company)
    return (line.label or f"{company}: {line.kind}")[:_MAX_LABEL]


def _callbacks(settings: Settings) -> CallbackPolicy:
    own = {Phone(line.did) for line in settings.lines}
    own |= {Phone(line.callback.caller_id) for line in settings.lines if line.callback is not None}
    own |= {Phone(number) for number in settings.callbacks.own_numbers}
    rules = settings.callbacks
    return CallbackPolicy(
        enabled=rules.enabled,
        settle=timedelta(seconds=rules.settle_seconds),
        max_attempts=rules.max_attempts,
        retry_after_busy=timedelta(seconds=rules.retry_busy_seconds),
        retry_after_no_answer=timedelta(seconds=rules.retry_no_answer_seconds),
        retry_after_failure=timedelta(seconds=rules.retry_failure_seconds),
        agent_ring_time=timedelta(seconds=rules.agent_ring_seconds),
        resident_ring_time=timedelta(seconds=rules.resident_ring_seconds),
        max_per_number_and_day=rules.max_per_number_and_day,
        max_per_hour=rules.max_per_hour,
        own_numbers=frozenset(
            e164 for number in own if (e164 := normalise(number, rules.region)) is not None
        ),
        region=rules.region,
    )
