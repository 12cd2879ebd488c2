"""`callengine callbacks`: what is owed, by slack; one whole story; and what a person may do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from callengine.cli.login import login_name
from callengine.control.client import EngineAway, Refused, ask
from callengine.http.api.callbacks import PREFIX
from callengine.platform.clock import SystemClock
from config.settings import Settings
from queues.terms.outcomes import Disposition, Review

_WIDTHS = (22, 14, 12, 14, 14, 5, 5)
_HEADER = ("id", "due", "state", "company", "number", "calls", "dials", "task")


class CallbackDesk:
    """One invocation of the command: the settings, the asker and how to print."""

    def __init__(self, settings: Settings, by: str, *, as_json: bool, full: bool) -> None:
        self._control = settings.http.control_socket
        self._zone = ZoneInfo(settings.centre.time_zone)
        self._by = by or login_name()
        self._as_json = as_json
        self._query = "?full=1" if full else ""

    def list(self) -> None:
        """What is owed now, the nearest deadline first."""
        found = self._ask("GET", f"/callbacks{self._query}")
        if self._as_json:
            _print_json(found)
            return
        if found["stopped"]:
            click.echo("callbacks are STOPPED: nobody is dialled until `callengine callbacks start`")
        if not found["callbacks"]:
            click.echo("nothing is owed")
            return
        click.echo(_row(_HEADER))
        for one in found["callbacks"]:
            due = f"{self._clock(one['due_at'])} {_slack(one['slack_seconds'])}"
            task = " → ".join(filter(None, (one["reason"], one["assigned_to"])))
            shown = (one["obligation"], due, one["state"], one["company"], one["number"])
            click.echo(_row((*shown, str(one["calls"]), str(one["attempts"]), task)))

    def show(self, obligation: str) -> None:
        """One whole story."""
        self._tell(self._ask("GET", f"/callbacks/{obligation}{self._query}"))

    def close(self, obligation: str, why: str, contacted_at: str | None) -> None:
        """Nothing more is owed."""
        body: dict[str, Any] = {"by": self._by, "why": why}
        if contacted_at is not None:
            body["contacted_at"] = self._instant(contacted_at).isoformat()
        self._tell(self._ask("POST", f"/callbacks/{obligation}/close{self._query}", body))

    def assign(self, obligation: str, to: str) -> None:
        """The task is somebody's."""
        self._tell(
            self._ask("POST", f"/callbacks/{obligation}/assign{self._query}", {"by": self._by, "to": to})
        )

    def dispose(self, obligation: str, disposition: Disposition) -> None:
        """Whom the callback reached."""
        body = {"by": self._by, "disposition": disposition.value}
        self._tell(self._ask("POST", f"/callbacks/{obligation}/disposition{self._query}", body))

    def messages(self) -> None:
        """Messages that nobody has reviewed, the nearest deadline first."""
        self._tell_messages(self._ask("GET", f"/messages{self._query}"))

    def review(self, message: str, review: Review) -> None:
        """What became of a message."""
        body = {"by": self._by, "review": review.value}
        self._tell_messages(self._ask("POST", f"/messages/{message}/review{self._query}", body))

    def _tell_messages(self, found: dict[str, Any]) -> None:
        if self._as_json:
            _print_json(found)
            return
        if not found["messages"]:
            click.echo("no message waits for a review")
        for one in found["messages"]:
            heard = (
                f", heard by {one['opened_by']} {self._clock(one['opened_at'])}" if one["opened_at"] else ""
            )
            due = f"due {self._clock(one['due_at'])} {_slack(one['slack_seconds'])}"
            click.echo(f"{one['message']}  {due}  {one['company']}  {one['number']}  {one['path']}{heard}")

    def switch(self, why: str, *, enabled: bool) -> None:
        """Stop all, or let them go on."""
        found = self._ask("POST", "/callbacks/switch", {"by": self._by, "enabled": enabled, "why": why})
        if self._as_json:
            _print_json(found)
        else:
            click.echo("callbacks are stopped" if found["stopped"] else "callbacks go on")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            return ask(self._control, method, PREFIX + path, body)
        except (EngineAway, Refused) as problem:
            _fail(str(problem))

    def _tell(self, story: dict[str, Any]) -> None:
        if self._as_json:
            _print_json(story)
        else:
            click.echo("\n".join(self._lines(story)))

    def _lines(self, story: dict[str, Any]) -> Iterator[str]:
        late = ", past its deadline" if story["overdue"] else ""
        yield f"{story['obligation']}: {story['state']}{late}"
        yield f"  {story['company']}, line {story['did']}, queue {story['queue']}, number {story['number']}"
        yield f"  due {self._clock(story['due_at'])} {_slack(story['slack_seconds'])}"
        for call in story["episode"]:
            verdict = f", {call['verdict']} under {call['rules']}" if call["verdict"] else ""
            yield f"  call {call['call']}: {self._clock(call['arrived_at'])} {call['outcome']}{verdict}"
        for dial in story["dials"]:
            rang = "" if dial["ring_seconds"] is None else f", rang {dial['ring_seconds']:.1f} s"
            told = " ".join(str(dial[key]) for key in ("dial_status", "cause") if dial[key])
            hint = f", sounds like {dial['sounds_like']}" if dial["sounds_like"] else ""
            yield (
                f"  dial {self._clock(dial['made_at'])} by {dial['agent']} through {dial['trunk']}: "
                f"{dial['result'] or 'under way'}{rang}{f' ({told})' if told else ''}{hint}"
            )
        for reason in story["refusals"]:
            yield f"  refused to dial: {reason}"
        if story["reason"]:
            yield f"  a human's task: {story['reason']}, {story['assigned_to'] or 'nobody has it'}"
        if story["contacted_at"]:
            yield f"  contacted {self._clock(story['contacted_at'])}"
        if story["disposition"]:
            yield f"  {story['disposition']}, says {story['disposed_by']}"
        if story["closed_at"]:
            by = f" by {story['closed_by']}" if story["closed_by"] else ""
            why = f": {story['why']}" if story["why"] else ""
            yield f"  closed {self._clock(story['closed_at'])}, {story['closing']}{by}{why}"

    def _clock(self, text: str) -> str:
        return datetime.fromisoformat(text).astimezone(self._zone).strftime("%H:%M:%S")

    def _instant(self, text: str) -> datetime:
        """`14:05` is today's, in the centre's zone. Ends the program when it is no time."""
        now = SystemClock().now().astimezone(self._zone)
        for form in ("%H:%M", "%H:%M:%S"):
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007  # the zone is set in the next line
            except ValueError:
                continue
            return now.replace(hour=found.hour, minute=found.minute, second=found.second, microsecond=0)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            _fail(f"{text!r} is no time; write 14:05, or 2026-11-24T14:05")
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)


def _row(cells: tuple[str, ...]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return " ".join([*padded, *cells[len(_WIDTHS) :]]).rstrip()


def _slack(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else '+'}{minutes}:{rest:02}"


def _print_json(content: object) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)
