"""Writes callengine(1) from the commands themselves, so that it cannot tell of others."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator
from importlib.metadata import version

import click

from callengine.cli.main import main as commands

_VERSION = version("callengine")
FILES = (
    (
        "/etc/callengine/callengine.toml",
        "The settings, read by root; the engine is handed a copy by systemd.",
    ),
    ("/etc/callengine/callengine_ami.secret", "The secret of the AMI user, one line."),
    ("/var/lib/callengine", "The ledger, where it is a file, and the spool."),
    ("/usr/share/doc/callengine", "How to install, set, and operate it: install.md comes first."),
)
EXIT_STATUS = (
    ("0", "Done."),
    ("1", "It could not be done; standard error tells why."),
    ("2", "The command line or the settings are wrong."),
)


def man_page() -> str:
    """The whole page in roff."""
    context = click.Context(commands, info_name="callengine")
    summary = _first_sentence(commands.help or "")
    parts = [
        f'.TH CALLENGINE 1 "" "callengine {_VERSION}" "User commands"',
        ".SH NAME",
        f"callengine \\- {_roff(summary[0].lower() + summary[1:])}",
        ".SH SYNOPSIS",
        r".B callengine",
        r"\fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...",
        ".SH DESCRIPTION",
        _roff(commands.help or ""),
        ".PP",
        "Every command explains itself with \\fB\\-\\-help\\fR.",
        ".SH COMMANDS",
        *_commands(commands, context),
        ".SH EXIT STATUS",
        *_terms(EXIT_STATUS),
        ".SH ENVIRONMENT",
        *_terms([("CALLENGINE_CONFIG", "The settings file, where --config is not given.")]),
        ".SH FILES",
        *_terms(FILES),
        ".SH SEE ALSO",
        ".BR asterisk (8),",
        ".BR systemctl (1)",
    ]
    return "\n".join(parts) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        path = inner.command_path.removeprefix("callengine ")
        usage = " ".join(piece for piece in command.collect_usage_pieces(inner) if piece != "[OPTIONS]")
        yield f".SS {_roff(path)} {_roff(usage)}".rstrip()
        for paragraph in textwrap.dedent(command.help or "").replace("\b", "").split("\n\n"):
            yield _roff(" ".join(paragraph.split()))
            yield ".PP"
        for parameter in command.params:
            record = parameter.get_help_record(inner) if isinstance(parameter, click.Option) else None
            if record is not None and "--help" not in record[0]:
                yield from _terms([record])
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _terms(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in terms:
        yield from (".TP", f"\\fB{_roff(term)}\\fR", _roff(" ".join(meaning.split())))


def _first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split()).rstrip(".")


def _roff(text: str) -> str:
    """Plain text as roff takes it: no line of it is taken for a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("→", "->")
    return "\n".join(f"\\&{line}" if line[:1] in ".'" else line for line in escaped.splitlines())


if __name__ == "__main__":
    sys.stdout.write(man_page())
