"""What the code writes into the access trail has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

from callengine.desk.accounts.trail_words import TrailWords
from callengine.desk.people.account_rules import Roster

DESK = Path("callengine/desk")
_ACTION, _SUBJECT = 3, 4


def written() -> tuple[set[str], set[str]]:
    """Actions and kinds of subjects that stand in a call of `record`, or in a tuple called `subject` beside one."""
    actions: set[str] = set()
    kinds: set[str] = set()
    for path in DESK.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "record"
            and len(node.args) > _SUBJECT
        ]
        for call in calls:
            actions |= literals(call.args[_ACTION])
            kinds |= first_literal(call.args[_SUBJECT])
        if calls:
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "subject":
                    kinds |= first_literal(node.value)
    return actions, kinds


def literals(node: ast.expr) -> set[str]:
    """Also of either side of a choice."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def first_literal(node: ast.expr) -> set[str]:
    return literals(node.elts[0]) if isinstance(node, ast.Tuple) else set()


def test_every_action_and_every_kind_of_subject_has_a_word_that_can_be_searched_for() -> None:
    actions, kinds = written()
    assert len(actions) > 20
    assert len(kinds) > 15
    for language in ("ru", "en"):
        words = TrailWords(language, Roster({}, {}))
        assert actions - {name for name, _ in words.actions()} == set()
        assert kinds - {name for name, _ in words.kinds()} == set()
