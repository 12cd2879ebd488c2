"""A group of commands that are imported when they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows where its further commands are, and imports none of them before it is called or listed.

    `callengine check` in a monitoring system every minute need not load what draws reports.
    """

    def __init__(self, *arguments: Any, elsewhere: Mapping[str, str], **more: Any) -> None:
        """`elsewhere`: for each name its "module:command"."""
        super().__init__(*arguments, **more)
        self._elsewhere = dict(elsewhere)

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*super().list_commands(context), *self._elsewhere})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name; None when there is none."""
        place = self._elsewhere.get(name)
        if place is None:
            return super().get_command(context, name)
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command
