"""Settings that are well formed and would harm all the same, or hardly can be meant: `check` shows them.

Each look is a function of the settings; ERRORS and WARNINGS are their table. What the engine must not even start
with is refused in `consistency`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from config.consistency import lines_without_callback
from config.errors import Problem
from config.settings import Settings
from queues.policy import Dispatch
from queues.terms.phone import Phone
from queues.terms.phone_numbers import normalise
from sla.promises import RU_416

Look = Callable[[Settings], Iterator[Problem]]
_FEW_SECONDS = 5
"""Nobody reaches a phone in less."""
_LONG_REST = 600


def queues_without_agents(settings: Settings) -> Iterator[Problem]:
    """Their residents wait for ever, and nobody can be called back."""
    for index, queue in enumerate(settings.queues):
        if queue.dispatch is Dispatch.ENGINE and not _serves(settings, queue.name):
            right = f'name the queue in an agent: [[agents]] queues = ["{queue.name}"]'
            yield Problem(f"queues[{index}]", f"no agent serves {queue.name!r}", right)


def watched_queues_without_agents(settings: Settings) -> Iterator[Problem]:
    """Measured all the same, of nobody by name."""
    for index, queue in enumerate(settings.queues):
        if queue.dispatch is Dispatch.ASTERISK and not _serves(settings, queue.name):
            right = f'name the queue in an agent: [[agents]] queues = ["{queue.name}"]'
            yield Problem(f"queues[{index}]", f"no agent serves {queue.name!r}", right)


def tables_nobody_uses(settings: Settings) -> Iterator[Problem]:
    """A queue or company that no line leads to: a number was forgotten, or a name is mistyped."""
    for index, queue in enumerate(settings.queues):
        if not any(line.queue == queue.name for line in settings.lines):
            yield Problem(
                f"queues[{index}]", f"no line leads to {queue.name!r}", "add a [[lines]] table, or remove it"
            )
    for index, company in enumerate(settings.companies):
        if not any(line.company == company.id for line in settings.lines):
            yield Problem(
                f"companies[{index}]", f"no line is of {company.id!r}", "add a [[lines]] table, or remove it"
            )


def colours_in_disorder(settings: Settings) -> Iterator[Problem]:
    """A tile would never be amber, or never red."""
    board = settings.wallboard
    steps = (
        ("waiting_amber", board.waiting_amber, "waiting_red", board.waiting_red),
        (
            "longest_wait_amber_seconds",
            board.longest_wait_amber_seconds,
            "longest_wait_red_seconds",
            board.longest_wait_red_seconds,
        ),
        (
            "longest_wait_red_seconds",
            board.longest_wait_red_seconds,
            "longest_wait_alarm_seconds",
            board.longest_wait_alarm_seconds,
        ),
        ("lost_amber_ratio", board.lost_amber_ratio, "lost_red_ratio", board.lost_red_ratio),
        (
            "callback_amber_seconds",
            board.callback_amber_seconds,
            "callback_red_seconds",
            board.callback_red_seconds,
        ),
    )
    for milder, mild, worse, bad in steps:
        if mild > bad:
            right = f"make it {bad} at most, or {worse} {mild} at least"
            yield Problem(f"wallboard.{milder}", f"{mild} is above {worse} = {bad}", right)


def callbacks_that_come_too_late(settings: Settings) -> Iterator[Problem]:
    """Times that leave no moment in which a callback could begin and still be in time."""
    rules, limit = settings.callbacks, _contact_limit(settings)
    for key, seconds in (
        ("settle_seconds", rules.settle_seconds),
        ("last_start_seconds", rules.last_start_seconds),
        ("agent_ring_seconds", rules.agent_ring_seconds),
        ("resident_ring_seconds", rules.resident_ring_seconds),
    ):
        if seconds >= limit:
            right = f"make it much shorter than the law's limit: contact_limit_seconds = {limit}"
            yield Problem(f"callbacks.{key}", f"{seconds} s leave no time to call back in time", right)


def callbacks_that_never_come(settings: Settings) -> Iterator[Problem]:
    """Limits that leave no dial at all."""
    rules = settings.callbacks
    if 0 < rules.trunk_channels <= rules.keep_for_arrivals:
        what = f"all {rules.trunk_channels} channels of the trunks are kept for residents who call"
        right = "keep fewer than callbacks.trunk_channels, or write the trunks' true number there"
        yield Problem("callbacks.keep_for_arrivals", what, right)


def phones_that_ring_too_short(settings: Settings) -> Iterator[Problem]:
    """Nobody would be reached."""
    rules = settings.callbacks
    times = [
        (f"queues[{index}].ring_seconds", queue.ring_seconds) for index, queue in enumerate(settings.queues)
    ]
    times += [("callbacks.agent_ring_seconds", rules.agent_ring_seconds)]
    times += [("callbacks.resident_ring_seconds", rules.resident_ring_seconds)]
    for place, seconds in times:
        if seconds < _FEW_SECONDS:
            yield Problem(place, f"in {seconds} s nobody answers a phone", "15 to 30 seconds are usual")


def names_with_a_meaning(settings: Settings) -> Iterator[Problem]:
    """Names that something else has already in figures, reports or the ledger."""
    for index, company in enumerate(settings.companies):
        if company.id in {"all", "unknown"}:
            means = {"all": "the whole centre in reports", "unknown": "calls to a number that is no line"}
            yield Problem(
                f"companies[{index}].id", f"{company.id!r} means {means[company.id]}", "choose another id"
            )
    for index, queue in enumerate(settings.queues):
        if queue.name in {"all", "callengine-fallback"}:
            what = f"{queue.name!r} is a name of callengine's own"
            yield Problem(f"queues[{index}].name", what, "choose another name")


def numbers_twice(settings: Settings) -> Iterator[Problem]:
    """The same number in two spellings: which line its calls belong to depends on how the trunk writes it."""
    region = settings.callbacks.region
    seen: dict[Phone, str] = {}
    for index, line in enumerate(settings.lines):
        number = normalise(Phone(line.did), region)
        if number is not None and number in seen:
            right = "write it once, exactly as the trunk delivers it"
            yield Problem(f"lines[{index}].did", f"is the same number as {seen[number]}", right)
        elif number is not None:
            seen[number] = f"lines[{index}].did"


def ledger_in_memory(settings: Settings) -> Iterator[Problem]:
    """Good for a test; each start would forget who is owed a call."""
    url = settings.database.url
    if url.startswith("sqlite") and url.partition("://")[2].strip("/") in {"", ":memory:"}:
        right = 'name a file: url = "sqlite:///callengine.db"'
        yield Problem("database.url", "the ledger would be in memory, forgotten at each start", right)


def rings_and_rests(settings: Settings) -> Iterator[Problem]:
    """Times so long that residents or agents wait for nothing."""
    limit = _answer_limit(settings)
    for index, queue in enumerate(settings.queues):
        place = f"queues[{index}]"
        if queue.ring_seconds >= limit:
            right = f"an unanswered phone is left after 15 to 30 seconds; the law's limit is {limit} s"
            yield Problem(f"{place}.ring_seconds", f"one phone rings {queue.ring_seconds} s", right)
        if queue.target_seconds > limit:
            right = f"the law's limit is {limit} s (rules.answer_limit_seconds)"
            yield Problem(f"{place}.target_seconds", "promises less than the law", right)
        for key, seconds in (
            ("wrap_up_seconds", queue.wrap_up_seconds),
            ("decline_pause_seconds", queue.decline_pause_seconds),
        ):
            if seconds > _LONG_REST:
                yield Problem(f"{place}.{key}", f"an agent rests {seconds} s", "seconds, not milliseconds?")


def callbacks_hampered(settings: Settings) -> Iterator[Problem]:
    """Limits that bite before what they should limit."""
    rules, limit = settings.callbacks, _contact_limit(settings)
    if not rules.enabled:
        right = "every missed resident becomes a task for a human; leave it out to have them called back"
        yield Problem("callbacks.enabled", "nobody is called back", right)
    if rules.max_per_number_and_day < rules.max_attempts:
        right = f"max_attempts is {rules.max_attempts}: make it as many at least"
        yield Problem("callbacks.max_per_number_and_day", "is used up before max_attempts", right)
    if rules.max_per_hour < 10:
        right = "it is a limit of the whole centre; default: 300"
        yield Problem("callbacks.max_per_hour", f"{rules.max_per_hour} dials in an hour", right)
    for key, seconds in (
        ("retry_busy_seconds", rules.retry_busy_seconds),
        ("retry_no_answer_seconds", rules.retry_no_answer_seconds),
        ("retry_failure_seconds", rules.retry_failure_seconds),
    ):
        if rules.max_attempts > 1 and seconds >= limit:
            yield Problem(f"callbacks.{key}", "a second dial is always late", f"the law's limit is {limit} s")
    if rules.max_talk_seconds < 300:
        right = "a conversation is cut after it; default: 3600"
        yield Problem("callbacks.max_talk_seconds", f"{rules.max_talk_seconds} s", right)
    for index, line in enumerate(settings.lines):
        if line.owes_contact and line.callback is not None and line.callback.hours:
            right = "the law knows no night: leave it out, or set owes_contact = false if this line owes none"
            yield Problem(
                f"lines[{index}].callback.hours", "who is missed outside them is called too late", right
            )


def choice_too_late(settings: Settings) -> Iterator[Problem]:
    """Offered after the law's limit, it helps nobody."""
    after, limit = settings.choice.after_seconds, _answer_limit(settings)
    if after > limit:
        right = f"offer it before the law's limit of {limit} s, or never: 0"
        yield Problem("choice.after_seconds", f"offered after {after} s", right)


def alike_to_the_eye(settings: Settings) -> Iterator[Problem]:
    """Two of one name cannot be told apart in reports, on the wallboard, or in queue_log."""
    tables = {
        "agents": [agent.name for agent in settings.agents],
        "companies": [company.name for company in settings.companies],
    }
    for table, names in tables.items():
        for index, name in enumerate(names):
            first = names.index(name)
            if first < index:
                what = f"{name!r} is also {table}[{first}]"
                yield Problem(f"{table}[{index}].name", what, "add an initial, or a house")


def reports_of_no_form(settings: Settings) -> Iterator[Problem]:
    """Asked for and never written."""
    reports = settings.reports
    if (reports.day or reports.week or reports.month) and not reports.formats:
        yield Problem("reports.formats", "reports are asked for in no form", 'write ["html", "csv"]')


def metrics_nobody_finds(settings: Settings) -> Iterator[Problem]:
    """Another port at each start."""
    if settings.http.port == 0:
        right = "Prometheus and the wallboard need one that stays; default: 8790"
        yield Problem("http.port", "0 takes another port at each start", right)


def little_spool(settings: Settings) -> Iterator[Problem]:
    """What an outage of the database fills."""
    if settings.database.spool_max_mb < 16:
        right = "it must hold what is decided while the database is away; default: 512"
        yield Problem("database.spool_max_mb", f"{settings.database.spool_max_mb} MB", right)


ERRORS: Final[tuple[Look, ...]] = (
    lines_without_callback,
    queues_without_agents,
    colours_in_disorder,
    callbacks_that_come_too_late,
    callbacks_that_never_come,
    phones_that_ring_too_short,
    names_with_a_meaning,
    numbers_twice,
    ledger_in_memory,
    reports_of_no_form,
)
WARNINGS: Final[tuple[Look, ...]] = (
    watched_queues_without_agents,
    tables_nobody_uses,
    rings_and_rests,
    callbacks_hampered,
    choice_too_late,
    alike_to_the_eye,
    metrics_nobody_finds,
    little_spool,
)


def _serves(settings: Settings, queue: str) -> bool:
    return any(queue in agent.queues for agent in settings.agents)


def _contact_limit(settings: Settings) -> int:
    return min(
        (rules.contact_limit_seconds for rules in settings.rules), default=int(RU_416.contact.total_seconds())
    )


def _answer_limit(settings: Settings) -> int:
    return min(
        (rules.answer_limit_seconds for rules in settings.rules), default=int(RU_416.answer.total_seconds())
    )
