"""What is public: a name without an underscore, and where a module has `__all__`, a name in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("callengine", "ami_adapters", "queues", "sla", "storage", "config")


class Import(NamedTuple):
    where: str
    line: int
    module: str
    name: str


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted(Path(package).rglob("*.py"))]


def file_of(module: str) -> Path | None:
    path = Path(*module.split("."))
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)


def imports() -> Iterator[Import]:
    """Every name that a module of ours takes from another of ours."""
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
                for alias in node.names:
                    yield Import(str(path), node.lineno, node.module or "", alias.name)


def public_in(path: Path) -> list[str] | None:
    """Its `__all__`; None where it has none."""
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return list(ast.literal_eval(node.value))
    return None


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_no_module_takes_what_another_keeps_to_itself() -> None:
    taken = [one for one in imports() if is_private(one.name) or any(map(is_private, one.module.split(".")))]
    assert taken == []


def test_nothing_is_taken_through_a_module_but_what_it_gives() -> None:
    """Where a module has `__all__`, only that is taken from it."""
    found = []
    for one in imports():
        path = file_of(one.module)
        public = None if path is None else public_in(path)
        if public is not None and one.name not in public:
            found.append(one)
    assert found == []


def test_nothing_is_handed_on_without_being_named_in_all() -> None:
    """A name is taken from where it is defined; a module that gives what others define says so in `__all__`."""
    found = []
    for one in imports():
        path = file_of(one.module)
        if path is None or one.name in (public_in(path) or ()):
            continue
        handed_on = {
            alias.asname or alias.name
            for node in tree_of(path).body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if one.name in handed_on and file_of(f"{one.module}.{one.name}") is None:
            found.append(one)
    assert found == []


def test_private_attributes_of_another_modules_objects_are_left_alone() -> None:
    """`module._name`, of a module that was imported whole."""
    found = []
    for path in modules():
        whole = {
            alias.asname or alias.name
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES
            for alias in node.names
            if file_of(f"{node.module}.{alias.name}") is not None
        }
        found += [
            f"{path}:{node.lineno} {ast.unparse(node)}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in whole
            and is_private(node.attr)
        ]
    assert found == []


def test_each_name_in_all_exists_and_they_are_sorted() -> None:
    wrong = []
    for path in modules():
        public = public_in(path)
        if public is None:
            continue
        there = {
            name
            for node in ast.walk(tree_of(path))
            for name in (
                [alias.asname or alias.name for alias in node.names]
                if isinstance(node, ast.ImportFrom | ast.Import)
                else [node.name]
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                else [node.id]
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                else []
            )
        }
        wrong += [f"{path}: {name}" for name in public if name not in there]
        wrong += [f"{path}: not sorted"] if public != sorted(public) else []
    assert wrong == []
