"""Every command as it explains itself."""

from __future__ import annotations

from collections.abc import Iterator

import click

from callengine.cli import main as program
from tests.reference.markdown import anchor, opening

_WIDTH = 100


def cli_page() -> str:
    """The page: the exit codes, a list of all commands, and the help of each."""
    commands = list(walk())
    contents = [
        f"- [`{context.command_path}`](#{anchor(context.command_path)}): {command.get_short_help_str(200)}"
        for context, command in commands
    ]
    exits = (program.__doc__ or "").strip().splitlines()[-1]
    helps = [
        f"## {context.command_path}\n\n```text\n{_help(context, command)}\n```\n"
        for context, command in commands
    ]
    return "\n".join(
        [opening("Commands", "callengine/cli"), f"{exits}\n", "\n".join(contents) + "\n", *helps]
    )


def walk() -> Iterator[tuple[click.Context, click.Command]]:
    """Each command below its group, in the order of `--help`."""
    yield from _below(program.main, "callengine", None)


def _below(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[tuple[click.Context, click.Command]]:
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context, command
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _below(found, inner, context)


def _help(context: click.Context, command: click.Command) -> str:
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
