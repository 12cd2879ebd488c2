"""Mistakes that show only when the parts of the settings are held against one another."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.errors import Problem
from config.schema.codes import CODES, Codes
from config.settings import Settings
from queues.policy import Dispatch
from queues.terms.phone import Phone
from queues.terms.phone_numbers import HOME_REGION, is_region, normalise
from sla.promises import RU_416

Row = Mapping[str, Any]
FALLBACK_QUEUE = "callengine-fallback"
"""app_queue's, where residents wait while the engine is away."""
WHOLE_CENTRE = "all"
"""In [reports], instead of a company."""


def inconsistencies(content: Row) -> Iterator[Problem]:
    """Every one of them.

    Works on plain tables, of whatever type their values are, so that these mistakes are told together with
    those the schema finds; what the schema finds wrong is passed over here.
    """
    companies, queues = set(_texts(content, "companies", "id")), set(_texts(content, "queues", "name"))
    for table, key in (
        ("companies", "id"),
        ("queues", "name"),
        ("lines", "did"),
        ("agents", "id"),
        ("pauses", "reason"),
    ):
        named = ((n, row.get(key)) for n, row in _rows(content, table))
        yield from _twice((f"{table}[{n}].{key}", name) for n, name in named if isinstance(name, str))
    agents = [(n, row) for n, row in _rows(content, "agents") if row.get("id")]
    endpoints = (
        (f"agents[{n}].endpoint", row.get("endpoint") or f"PJSIP/{row.get('id')}") for n, row in agents
    )
    yield from _twice((place, str(endpoint)) for place, endpoint in endpoints)
    yield from _twice(
        (f"rules[{n}].since", f"{row.get('name')} since {row.get('since')}")
        for n, row in _rows(content, "rules")
    )
    rules = set(_texts(content, "rules", "name")) or {RU_416.name}
    for index, row in _rows(content, "lines"):
        yield from _unknown(f"lines[{index}].company", row.get("company"), companies)
        yield from _unknown(f"lines[{index}].queue", row.get("queue"), queues)
        yield from _unknown(f"lines[{index}].rules", row.get("rules"), rules)
    centre = content.get("centre")
    unlisted = centre.get("unlisted_line") if isinstance(centre, Mapping) else None
    yield from _unknown("centre.unlisted_line", unlisted, set(_texts(content, "lines", "did")))
    for index, row in _rows(content, "agents"):
        served = row.get("queues")
        for queue in served if isinstance(served, list) else ():
            yield from _unknown(f"agents[{index}].queues", queue, queues)
    reports = content.get("reports")
    for kind in ("day", "week", "month"):
        wanted = reports.get(kind) if isinstance(reports, Mapping) else None
        for company in wanted if isinstance(wanted, list) else ():
            yield from _unknown(f"reports.{kind}", company, companies | {WHOLE_CENTRE})
    for index, row in _rows(content, "pauses"):
        if not row.get("ru") and not row.get("en"):
            yield Problem(f"pauses[{index}]", "has no name", 'name it: ru = "обед", en = "lunch"')
    yield from _service_numbers(content)
    yield from _watching(content)
    yield from _invalid_numbers(content)
    yield from _limits_in_disorder(content)
    yield from _codes_that_clash(content)
    yield from _desk_in_the_engines_place(content)


def lines_without_callback(settings: Settings) -> Iterator[Problem]:
    """Lines whose residents are owed a contact that nobody could make: `check` refuses them.

    The engine runs all the same, and makes each of their missed calls a task for a human.
    """
    only_tasks = {
        queue.name
        for queue in settings.queues
        if queue.dispatch is Dispatch.ASTERISK and queue.watch is not None and queue.watch.callbacks == "task"
    }
    for index, line in enumerate(settings.lines):
        if line.queue not in only_tasks and line.owes_contact and line.callback is None:
            right = (
                "name its trunk, caller_id and number_format in lines.callback, or set owes_contact = false"
            )
            yield Problem(f"lines[{index}].callback", "this line's residents cannot be called back", right)


def _service_numbers(content: Row) -> Iterator[Problem]:
    """Each through a trunk that some line dials through, once; never a number of ours (law 5)."""
    callbacks = [
        row["callback"] for _, row in _rows(content, "lines") if isinstance(row.get("callback"), Mapping)
    ]
    trunks = {trunk for row in callbacks for trunk in _trunks_of(row)}
    ours = {str(row.get("did")) for _, row in _rows(content, "lines")}
    ours |= {str(row.get("caller_id")) for row in callbacks}
    rules = content.get("callbacks")
    region = str(rules.get("region", HOME_REGION)) if isinstance(rules, Mapping) else HOME_REGION
    own = {normalise(Phone(one), region) for one in ours} - {None}
    rows = list(_rows(content, "service_numbers"))
    for n, row in rows:
        yield from _unknown(f"service_numbers[{n}].trunk", row.get("trunk"), trunks)
        number = str(row.get("number", ""))
        if number in ours or normalise(Phone(number), region) in own:
            right = "name numbers of others only: 112, 104, a lift company's"
            yield Problem(f"service_numbers[{n}].number", "is our own", right)
    yield from _twice(
        (f"service_numbers[{n}].number", f"{row.get('number')} through {row.get('trunk')}") for n, row in rows
    )


def _trunks_of(callback: Row) -> Iterator[str]:
    others = callback.get("other_trunks")
    for trunk in (callback.get("trunk"), *(others if isinstance(others, list) else ())):
        if isinstance(trunk, str):
            yield trunk


def _desk_in_the_engines_place(content: Row) -> Iterator[Problem]:
    """Two files and two ports: a desk that stands still in a transaction must not hold what the engine commits to."""
    desk, database, http = (_table(content, name) for name in ("desk", "database", "http"))
    own, ledger = desk.get("database"), database.get("url")
    if _file(own) and _file(own) == _file(ledger):
        right = 'name a file of its own; default: "sqlite:///callengine-desk.db"'
        yield Problem("desk.database", f"{_file(own)} is the ledger, database.url", right)
    port, hosts = desk.get("port"), {str(one.get("host")) for one in (desk, http)}
    if port and port == http.get("port") and (len(hosts) == 1 or hosts & {"0.0.0.0", "::"}):  # noqa: S104  # compared
        yield Problem("desk.port", f"{port} is http.port, the engine's", "take another; default: 8791")


def _table(content: Row, name: str) -> Row:
    found = content.get(name)
    return found if isinstance(found, Mapping) else {}


def _file(url: object) -> str:
    """Of an SQLite database's URL; empty for any other."""
    scheme, _, path = url.partition(":///") if isinstance(url, str) else ("", "", "")
    return os.path.normpath(path) if path and scheme.startswith("sqlite") else ""


def _watching(content: Row) -> Iterator[Problem]:
    """A watched queue must be found, once, and each of its calls must be somebody's."""
    seen: list[tuple[str, str]] = []
    for index, row in _rows(content, "queues"):
        watch, name = row.get("watch"), row.get("name")
        if not isinstance(watch, Mapping):
            if row.get("dispatch") == "asterisk":
                right = 'name app_queue\'s queues: [queues.watch] with pbx_queues = ["500"]'
                yield Problem(
                    f"queues[{index}].dispatch", "asterisk, but no queue of Asterisk's is named", right
                )
            continue
        pbx_queues = watch.get("pbx_queues")
        place = f"queues[{index}].watch.pbx_queues"
        named = [one for one in pbx_queues if isinstance(one, str)] if isinstance(pbx_queues, list) else []
        if FALLBACK_QUEUE in named:
            right = "name the queues that residents reach without callengine; this one is seen anyway"
            yield Problem(place, f"{FALLBACK_QUEUE} is our own", right)
        seen += [(place, one) for one in named]
        lines = {row.get("did") for _, row in _rows(content, "lines") if row.get("queue") == name}
        if isinstance(name, str) and not lines:
            right = "add a [[lines]] table with this queue: whose residents its callers are"
            yield Problem(f"queues[{index}].watch", f"no line has the queue {name!r}", right)
        line = watch.get("line")
        if line is not None and line not in lines:
            right = f"lines of this queue: {', '.join(sorted(map(str, lines)))}"
            yield Problem(f"queues[{index}].watch.line", f"{line!r} is no line of {name!r}", right)
    yield from _twice(seen)


def _invalid_numbers(content: Row) -> Iterator[Problem]:
    """Numbers that would silently protect or show nothing, because no telephone has them."""
    callbacks = content.get("callbacks")
    rules: Row = callbacks if isinstance(callbacks, Mapping) else {}
    region = str(rules.get("region", HOME_REGION))
    if re.fullmatch("[A-Z]{2}", region) and not is_region(region):
        # Every number would be another country's: no callback would ever be dialled.
        right = f'a country as phone numbers know it, such as "{HOME_REGION}"'
        yield Problem("callbacks.region", "is no country", right)
        return
    numbers = [
        (f"lines[{index}].callback.caller_id", row["callback"].get("caller_id"))
        for index, row in _rows(content, "lines")
        if isinstance(row.get("callback"), Mapping)
    ]
    for key in ("own_numbers", "do_not_call"):
        own = rules.get(key)
        numbers += [
            (f"callbacks.{key}[{n}]", number) for n, number in enumerate(own if isinstance(own, list) else ())
        ]
    for place, number in numbers:
        if isinstance(number, str) and normalise(Phone(number), region) is None:
            yield Problem(place, "is no valid number", "write it as +7 and ten digits")


def _limits_in_disorder(content: Row) -> Iterator[Problem]:
    for index, row in _rows(content, "rules"):
        answer, contact = row.get("answer_limit_seconds", 300), row.get("contact_limit_seconds", 600)
        if isinstance(answer, int) and isinstance(contact, int) and answer > contact:
            place = f"rules[{index}].contact_limit_seconds"
            yield Problem(place, "is shorter than answer_limit_seconds", "both run from arrival")


def _codes_that_clash(content: Row) -> Iterator[Problem]:
    """A code that begins like another is never reached, or is taken for it; without * or # it is a phone's number."""
    table = content.get("codes")
    given: Row = table if isinstance(table, Mapping) else {}
    texts = {key: given.get(key, field.default) for key, field in Codes.model_fields.items()}
    if not all(isinstance(text, str) and re.fullmatch(r"[0-9*#]{0,6}", text) for text in texts.values()):
        return
    dialled = {key: f"{texts['prefix']}{texts[key]}" for key in CODES}
    for key, code in dialled.items():
        if code[:1] not in {"*", "#"}:
            right = 'begin each code with * or #: prefix = "*"'
            yield Problem(f"codes.{key}", f"{code} is dialled like a phone's number", right)
        for other, longer in dialled.items():
            if (
                longer.startswith(code)
                and other != key
                and (longer != code or CODES.index(other) > CODES.index(key))
            ):
                right = "give each a code that begins like no other"
                yield Problem(f"codes.{other}", f"{longer} begins with {code}, the code of {key}", right)


def _rows(content: Row, table: str) -> list[tuple[int, Row]]:
    rows = content.get(table)
    return (
        [(n, row) for n, row in enumerate(rows) if isinstance(row, Mapping)] if isinstance(rows, list) else []
    )


def _texts(content: Row, table: str, key: str) -> list[str]:
    return [row[key] for _, row in _rows(content, table) if isinstance(row.get(key), str)]


def _twice(values: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """Of (place, value): each value may occur once; the later place is told, with the earlier."""
    seen: dict[str, str] = {}
    for place, value in values:
        if value in seen:
            right = f"each may occur once; {seen[value]} has it already"
            yield Problem(place, f"{value!r} occurs twice", right)
        seen.setdefault(value, place)


def _unknown(place: str, value: object, known: set[str]) -> Iterator[Problem]:
    if isinstance(value, str) and value not in known:
        defined = f"defined are: {', '.join(sorted(known))}" if known else "none is defined"
        yield Problem(place, f"{value!r} is not defined", defined)
