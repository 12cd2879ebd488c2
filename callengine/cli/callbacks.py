"""`callengine callbacks` and `callengine messages`: what the running engine is asked, and told, by a person."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from callengine.cli.callback_output import CallbackDesk
from callengine.cli.options import config_option, settings_or_fail
from queues.terms.outcomes import Disposition, Review


@dataclass(frozen=True, slots=True)
class Asked:
    """How to ask the engine, and how to print what it says: as typed so far."""

    config: Path | None = None
    as_json: bool = False
    full: bool = False
    by: str = ""

    def desk(self) -> CallbackDesk:
        """Ends the program when the settings are wrong."""
        return CallbackDesk(settings_or_fail(self.config), self.by, as_json=self.as_json, full=self.full)


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """The options that stand before or behind a subcommand, as anyone would type them; the later one counts."""

    def with_options(
        context: click.Context, /, *, config: Path | None, as_json: bool, full: bool, by: str, **more: Any
    ) -> None:
        before = context.obj if isinstance(context.obj, Asked) else Asked()
        context.obj = Asked(
            config or before.config, as_json or before.as_json, full or before.full, by or before.by
        )
        command(context.obj, **more)

    asked: Callable[..., None] = functools.update_wrapper(click.pass_context(with_options), command)
    for option in (
        click.option("--by", default="", help="Who you are; default: your login name."),
        click.option("--full", is_flag=True, help="Whole phone numbers."),
        click.option("--json", "as_json", is_flag=True, help="JSON instead of text."),
        config_option,
    ):
        asked = option(asked)
    return asked


def _is_alone() -> bool:
    return click.get_current_context().invoked_subcommand is None


@click.group(invoke_without_command=True)
@_asking
def callbacks(asked: Asked) -> None:
    """What is owed to residents, the nearest deadline first; and what a person may do about it."""
    if _is_alone():
        asked.desk().list()


@callbacks.command("show")
@click.argument("obligation")
@_asking
def callbacks_show(asked: Asked, obligation: str) -> None:
    """Tell the whole story of one OBLIGATION: its calls, dials, verdicts."""
    asked.desk().show(obligation)


@callbacks.command("close")
@click.argument("obligation")
@click.option("--why", required=True, help="What was done, or why nothing need be.")
@click.option("--contacted-at", metavar="TIME", help="When you spoke with him: 14:05, or 2026-11-24T14:05.")
@_asking
def callbacks_close(asked: Asked, obligation: str, why: str, contacted_at: str | None) -> None:
    """Close one OBLIGATION by hand. Without --contacted-at the law counts it as not kept."""
    asked.desk().close(obligation, why, contacted_at)


@callbacks.command("assign")
@click.argument("obligation")
@click.argument("to")
@_asking
def callbacks_assign(asked: Asked, obligation: str, to: str) -> None:
    """Give the human's task of an OBLIGATION to somebody."""
    asked.desk().assign(obligation, to)


@callbacks.command("disposition")
@click.argument("obligation")
@click.argument("word", type=click.Choice([word.value for word in Disposition]))
@_asking
def callbacks_disposition(asked: Asked, obligation: str, word: str) -> None:
    """Say whom the callback of an OBLIGATION reached; agents say it by a code ([codes] disposition)."""
    asked.desk().dispose(obligation, Disposition(word))


@callbacks.command("stop")
@click.option("--why", required=True)
@_asking
def callbacks_stop(asked: Asked, why: str) -> None:
    """Dial nobody any more, from this moment on, also after a restart."""
    asked.desk().switch(why, enabled=False)


@callbacks.command("start")
@click.option("--why", default="over", show_default=True)
@_asking
def callbacks_start(asked: Asked, why: str) -> None:
    """Let callbacks go on, the nearest deadline first."""
    asked.desk().switch(why, enabled=True)


@click.group(invoke_without_command=True)
@_asking
def messages(asked: Asked) -> None:
    """Voice messages that nobody has reviewed, the nearest deadline first; agents hear them by [codes] message."""
    if _is_alone():
        asked.desk().messages()


@messages.command("review")
@click.argument("message")
@click.argument("word", type=click.Choice([word.value for word in Review]))
@_asking
def messages_review(asked: Asked, message: str, word: str) -> None:
    """Say what became of a MESSAGE: done discharges the call if it is in time, call_back has him called."""
    asked.desk().review(message, Review(word))
