"""Every verb is there, and costs the start of no other."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from callengine.cli.main import main

_PROGRAM = """
import sys
from callengine.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules)
"""


def modules_of(*words: str) -> set[str]:
    """What is imported when this is asked for help."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words, "--help"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_each_verb_is_found_by_its_name_and_listed() -> None:
    context = click.Context(main)
    names = main.list_commands(context)
    assert names == sorted(
        [
            "callbacks",
            "check",
            "db",
            "demo",
            "desk",
            "lines",
            "messages",
            "reconcile",
            "replay",
            "report",
            "retention",
            "run",
            "sample",
            "token",
        ]
    )
    for name in names:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert main.get_command(context, "walk") is None


@pytest.mark.parametrize("verb", ["run", "check", "lines", "token"])
def test_a_verb_loads_neither_the_ledger_nor_what_draws_reports_before_it_knows_what_is_wanted(
    verb: str,
) -> None:
    loaded = modules_of(verb)
    assert not {"sqlalchemy", "alembic", "aiohttp", "jinja2", "callengine.run.service"} & loaded
