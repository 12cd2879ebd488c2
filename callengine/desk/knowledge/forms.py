"""An article's form: what was typed, what is wrong with it, what is right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callengine.desk.knowledge.records import Writing
from callengine.desk.knowledge.text import LONGEST
from callengine.desk.knowledge.topics.records import Topic

LONGEST_TITLE: Final = 200
_MOST_PINNED: Final = 99


@dataclass(frozen=True, slots=True)
class Checked:
    """`errors`: for each field the name of a text of `desk.knowledge`; `writing` only where there are none."""

    errors: Mapping[str, str]
    writing: Writing | None = None


def checked(
    typed: Mapping[str, str],
    houses: Sequence[str],
    *,
    companies: Collection[str],
    may_common: bool,
    known_houses: Mapping[int, str],
    topics: Collection[Topic],
    zone: ZoneInfo,
) -> Checked:
    """`known_houses`: whose they are. `topics`: what may be chosen. `may_common`: an article of all may be written."""
    errors: dict[str, str] = {}
    title, body, topic = typed.get("title", ""), typed.get("body", ""), typed.get("topic", "")
    if not title:
        errors["title"] = "wrong_title_empty"
    elif len(title) > LONGEST_TITLE:
        errors["title"] = "wrong_title_long"
    if not body:
        errors["body"] = "wrong_body_empty"
    elif len(body) > LONGEST:
        errors["body"] = "wrong_body_long"
    company = typed.get("company") or None
    if not any(one.key == topic and one.is_for(company) for one in topics):
        errors["topic"] = "wrong_topic"
    if company not in companies if company is not None else not may_common:
        errors["company"] = "wrong_company"
    chosen = _houses(houses, company, known_houses, errors)
    pinned = _pinned(typed.get("pinned", ""), errors)
    since = _day(typed.get("valid_from", ""), "valid_from", zone, errors)
    until = _day(typed.get("valid_until", ""), "valid_until", zone, errors, ends=True)
    if since is not None and until is not None and until <= since:
        errors["valid_until"] = "wrong_until_before"
    if errors:
        return Checked(errors)
    note, important = typed.get("note", "")[:300], bool(typed.get("important"))
    return Checked({}, Writing(title, body, topic, company, chosen, pinned, since, until, note, important))


def typed_of(one: Writing, zone: ZoneInfo) -> dict[str, str]:
    """The fields of a form that shows this."""
    return {
        "title": one.title,
        "body": one.body,
        "topic": one.topic,
        "company": one.company or "",
        "pinned": "" if one.pinned is None else str(one.pinned),
        "valid_from": "" if one.valid_from is None else one.valid_from.astimezone(zone).date().isoformat(),
        "valid_until": ""
        if one.valid_until is None
        else (one.valid_until.astimezone(zone) - timedelta(days=1)).date().isoformat(),
        "note": one.note,
        "important": "1" if one.important else "",
    }


def _houses(
    typed: Sequence[str], company: str | None, known: Mapping[int, str], errors: dict[str, str]
) -> tuple[int, ...]:
    chosen = tuple(int(one) for one in typed if one.isdecimal())
    if len(chosen) != len(typed) or any(known.get(one) != company for one in chosen):
        errors["houses"] = "wrong_houses"
    return chosen


def _pinned(typed: str, errors: dict[str, str]) -> int | None:
    if not typed:
        return None
    if not typed.isdecimal() or not 1 <= int(typed) <= _MOST_PINNED:
        errors["pinned"] = "wrong_pinned"
        return None
    return int(typed)


def _day(
    typed: str, name: str, zone: ZoneInfo, errors: dict[str, str], *, ends: bool = False
) -> datetime | None:
    """Midnight in the centre's zone: of the day itself, or after it where it is the last one."""
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        errors[name] = "wrong_day"
        return None
    return datetime.combine(day + timedelta(days=1) if ends else day, time(), zone)
