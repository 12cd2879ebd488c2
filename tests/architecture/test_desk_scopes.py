"""Every question and every change of the desk says for whom: it takes a `scope`, or does not reach the database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

DESK = Path("callengine/desk")
FOLDERS = ("queries", "commands", "finding")


def modules() -> list[Path]:
    """`queries.py` and `commands.py` of each subject, or the folders of that name."""
    single = [path for name in FOLDERS for path in DESK.glob(f"*/{name}.py")]
    return sorted([*single, *(path for name in FOLDERS for path in DESK.glob(f"*/{name}/*.py"))])


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def without_scope(tree: ast.Module) -> list[str]:
    """Public functions that are given a connection (or a ledger's reader) and no scope."""
    found = []
    for one in functions(tree):
        taken = {argument.arg for argument in [*one.args.args, *one.args.kwonlyargs]}
        if (
            not one.name.startswith("_")
            and taken & {"connection", "reader", "database"}
            and "scope" not in taken
        ):
            found.append(one.name)
    return found


MECHANISM = {
    # What others of the folder share, below the place where the scope was asked for: no rows are handed out.
    "callengine/desk/directory/commands/bookkeeping.py": {
        "next_ids",
        "insert_new",
        "insert_many",
        "learn",
        "renew",
    },
}


def test_every_query_and_command_takes_a_scope() -> None:
    assert len(modules()) >= 5
    found = {str(path): set(without_scope(ast.parse(path.read_text(encoding="utf-8")))) for path in modules()}
    assert {path: names for path, names in found.items() if names - MECHANISM.get(path, set())} == {}


def test_one_without_a_scope_would_be_found() -> None:
    text = "async def all_of_it(connection): ...\nasync def mine(connection, scope): ...\ndef pure(x): ...\n"
    assert without_scope(ast.parse(text)) == ["all_of_it"]


def test_scopes_are_made_where_somebody_is_recognised_and_nowhere_else() -> None:
    makers = {
        str(path)
        for path in DESK.rglob("*.py")
        if re.search(r"(?<![\w.])Scope\(", re.sub(r"class Scope\(?", "", path.read_text(encoding="utf-8")))
    }
    assert makers == {
        "callengine/desk/people/scope.py",
        "callengine/desk/people/doors/known.py",
        "callengine/desk/people/doors/programs.py",
    }


def test_no_text_of_a_page_is_named_like_a_method_of_its_mapping() -> None:
    """`t.keys` in a template is the mapping's method, not the text."""
    wrong = [
        f"{path.name}: {found}"
        for path in (DESK / "web" / "templates").rglob("*.html")
        for found in re.findall(r"\b(?:t|layout)\.(?:keys|items|values|get|copy)\b(?!\()", path.read_text())
    ]
    assert wrong == []


def test_no_page_has_scripts_or_styles_of_its_own_or_loads_from_elsewhere() -> None:
    """The policy would stop them."""
    wrong = [
        f"{path.name}: {found}"
        for path in (DESK / "web" / "templates").rglob("*.html")
        for found in re.findall(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|(?:src|href)=\"https?:", path.read_text()
        )
    ]
    assert wrong == []
