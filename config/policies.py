"""Settings to the core's policies, and to the dialplan's lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from config.schema.app_queue import Watch
from config.schema.callbacks import Rules
from config.schema.lines import Line, LineCallbackSection
from config.settings import Settings
from queues.policy import (
    AgentProfile,
    CallbackPolicy,
    CentrePolicy,
    ChoicePolicy,
    DayHours,
    LineCallback,
    LinePolicy,
    QueuePolicy,
    ServiceNumber,
    WatchPolicy,
)
from queues.terms.identifiers import AgentId, CompanyId, Did, Endpoint, QueueName
from queues.terms.phone import Phone
from queues.terms.phone_numbers import normalise, spellings
from sla.promises import RU_416, Readings, RuleSet

_MAX_LABEL = 40
_NEVER_A_CHOICE = {"emergency", "lift", "gas", "flood"}
"""Who is in danger, or calls from a lift, is not asked to press keys."""
_UNLISTED_LABELS = {"ru": "Номер не настроен: {did}", "en": "Unlisted number {did}"}
_OUTGOING_LABELS = {"ru": "Исходящий: {line}", "en": "Outgoing: {line}"}
_CALLBACK_LABELS = {"ru": "Перезвон до {due}: {line}", "en": "Callback by {due}: {line}"}


def rule_sets(settings: Settings) -> dict[str, tuple[RuleSet, ...]]:
    """The configured rule sets by name, the first name first; else the law's as built in."""
    if not settings.rules:
        return {RU_416.name: (RU_416,)}
    by_name: dict[str, tuple[RuleSet, ...]] = {}
    for rules in settings.rules:
        by_name[rules.name] = (*by_name.get(rules.name, ()), _rule_set(rules))
    return by_name


def _rule_set(rules: Rules) -> RuleSet:
    return RuleSet(
        rules.name,
        rules.since,
        timedelta(seconds=rules.answer_limit_seconds),
        timedelta(seconds=rules.contact_limit_seconds),
        timedelta(seconds=rules.message_limit_seconds),
        "settings",
        Readings(
            clock=rules.clock,
            pick_up_is_answer=rules.pick_up_is_answer,
            early_hang_up_owes=rules.early_hang_up_owes,
            early_hang_up=timedelta(seconds=rules.early_hang_up_seconds),
            attempt_is_contact=rules.attempt_is_contact,
            review=rules.review,
        ),
    )


def centre_policy(settings: Settings) -> CentrePolicy:
    """What the dispatcher works by."""
    lines = {Did(line.did): _line(line, settings) for line in settings.lines}
    return CentrePolicy(
        queues={
            QueueName(queue.name): QueuePolicy(
                name=QueueName(queue.name),
                target=timedelta(seconds=queue.target_seconds),
                goal_ratio=queue.goal_ratio,
                clock=queue.clock,
                priority=queue.priority,
                ring_time=timedelta(seconds=queue.ring_seconds),
                wrap_up=timedelta(seconds=queue.wrap_up_seconds),
                decline_pause=timedelta(seconds=queue.decline_pause_seconds),
                record=queue.record,
                dispatch=queue.dispatch,
                watch=None if queue.watch is None else _watch(queue.watch),
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
                agent.member or "",
            )
            for agent in settings.agents
        },
        callbacks=_callbacks(settings),
        choice=ChoicePolicy(
            after=timedelta(seconds=settings.choice.after_seconds) or None,
            callback_before_due=timedelta(seconds=settings.choice.callback_before_due_seconds),
        ),
        missed_offers_before_pause=settings.centre.missed_offers_before_pause,
        refused_phone_retry=timedelta(seconds=settings.centre.refused_phone_retry_seconds),
        unlisted_line=Did(settings.centre.unlisted_line) if settings.centre.unlisted_line else None,
        unlisted_label=_UNLISTED_LABELS[settings.centre.language],
        zone=ZoneInfo(settings.centre.time_zone),
        callback_label=_CALLBACK_LABELS[settings.centre.language],
        outgoing_label=_OUTGOING_LABELS[settings.centre.language],
        service_numbers=tuple(
            ServiceNumber(one.trunk, Phone(one.number)) for one in settings.service_numbers
        ),
    )


def _watch(watch: Watch) -> WatchPolicy:
    return WatchPolicy(
        tuple(watch.pbx_queues),
        None if watch.line is None else Did(watch.line),
        watch.callbacks == "dial",
        watch.key_exit,
    )


def dialplan_lines(settings: Settings) -> str:
    """The settings that the dialplan must know even when the engine is down: callengine_lines.conf."""
    lines = ["[callengine-lines]", *_dialplan_of_lines(settings), "exten => i,1,Return()", ""]
    callers = (f"exten => {one},1,Return()" for one in own_callers(settings))
    own = ["[callengine-own]", *callers, "exten => i,1,Return()", ""]
    return "\n".join([*lines, *own])


def own_callers(settings: Settings) -> tuple[str, ...]:
    """Who is no resident, as extensions of the context callengine-own: numbers of ours as written, agents' phones."""
    region = settings.callbacks.region
    numbers = (form for number in _own_numbers(settings) for form in spellings(number, region))
    endpoints = ((agent.endpoint or f"PJSIP/{agent.id}").partition("/") for agent in settings.agents)
    phones = (f"phone{name}" for technology, _, name in endpoints if technology == "PJSIP")
    return tuple(dict.fromkeys([*numbers, *phones]))


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
        callback=None if callback is None else _line_callback(callback),
        choice=line.kind not in _NEVER_A_CHOICE if line.choice is None else line.choice,
        rules=_rules_of(line, settings),
    )


def _rules_of(line: Line, settings: Settings) -> tuple[RuleSet, ...]:
    if not line.owes_contact:
        return ()
    by_name = rule_sets(settings)
    return by_name[line.rules] if line.rules is not None else next(iter(by_name.values()))


def _line_callback(callback: LineCallbackSection) -> LineCallback:
    opens, _, closes = callback.hours.partition("-")
    return LineCallback(
        callback.trunk,
        Phone(callback.caller_id),
        callback.number_format,
        tuple(callback.other_trunks),
        DayHours(time.fromisoformat(opens), time.fromisoformat(closes)) if closes else None,
    )


def _label(line: Line, settings: Settings) -> str:
    """Company and kind of line, cut to what a phone shows."""
    company = next(company.name for company in settings.companies if company.id == line.company)
    return (line.label or f"{company}: {line.kind}")[:_MAX_LABEL]


def _own_numbers(settings: Settings) -> list[Phone]:
    callbacks = [line.callback for line in settings.lines if line.callback is not None]
    return [
        *(Phone(line.did) for line in settings.lines),
        *(Phone(callback.caller_id) for callback in callbacks),
        *(Phone(number) for number in settings.callbacks.own_numbers),
    ]


def _callbacks(settings: Settings) -> CallbackPolicy:
    rules = settings.callbacks

    def e164s(numbers: Iterable[Phone]) -> frozenset[Phone]:
        found = (normalise(number, rules.region) for number in numbers)
        return frozenset(number for number in found if number is not None)

    return CallbackPolicy(
        enabled=rules.enabled,
        settle=timedelta(seconds=rules.settle_seconds),
        max_attempts=rules.max_attempts,
        retry_after_busy=timedelta(seconds=rules.retry_busy_seconds),
        retry_after_no_answer=timedelta(seconds=rules.retry_no_answer_seconds),
        retry_after_failure=timedelta(seconds=rules.retry_failure_seconds),
        max_network_failures=rules.max_network_failures,
        agent_ring_time=timedelta(seconds=rules.agent_ring_seconds),
        resident_ring_time=timedelta(seconds=rules.resident_ring_seconds),
        network_answer_time=timedelta(seconds=rules.network_answer_seconds),
        max_per_number_and_day=rules.max_per_number_and_day,
        max_per_hour=rules.max_per_hour,
        late_attempts=rules.late_attempts,
        last_start_before_due=timedelta(seconds=rules.last_start_seconds),
        retry_when_late=timedelta(seconds=rules.retry_late_seconds),
        max_in_flight=rules.max_in_flight,
        trunk_channels=rules.trunk_channels,
        keep_for_arrivals=rules.keep_for_arrivals,
        max_talk=timedelta(seconds=rules.max_talk_seconds),
        listen_for_machines=rules.listen_for_machines,
        disposition_time=timedelta(seconds=rules.disposition_seconds),
        disposition_default=rules.disposition_default,
        do_not_call=e164s(Phone(number) for number in rules.do_not_call),
        own_numbers=e164s(_own_numbers(settings)),
        region=rules.region,
    )
