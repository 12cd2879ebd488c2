"""Which small faults there are in a source file: a condition turned round, a bound moved by one, a step left out.

A fault is named by its function and its text, not by file and line: so a sample, which is drawn by
names, is the same after a module is renamed, and changes only where code changes.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One change of one function."""

    path: Path
    function: str
    """Qualified name within the module."""
    kind: str
    node: int
    """Which node of the file, as `ast.walk` counts them."""
    line: int
    last_line: int
    before: str
    after: str
    occurrence: int

    @property
    def name(self) -> str:
        """The same wherever the function stands."""
        more = "" if self.occurrence == 1 else f" #{self.occurrence}"
        return f"{self.function} | {self.kind} | {' '.join(self.before.split())}{more}"

    def rank(self, seed: int) -> str:
        """Where it stands in the sample of this seed."""
        return hashlib.sha256(f"{seed} {self.name}".encode()).hexdigest()


def faults_of(path: Path) -> Iterator[Fault]:
    """Every fault of a file's functions."""
    source = path.read_text()
    tree = ast.parse(source)
    numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}
    seen: Counter[tuple[str, str, str]] = Counter()
    for function, node in _inside_functions(tree, "", is_inside=False):
        for kind in _kinds(node):
            before = ast.unparse(_seen_part(node))
            seen[function, kind, before] += 1
            copy = ast.parse(source)
            after = ast.unparse(_seen_part(_change(copy, numbers[id(node)], kind)))
            place = _seen_part(node)
            yield Fault(
                path,
                function,
                kind,
                numbers[id(node)],
                getattr(place, "lineno", 0),
                getattr(place, "end_lineno", 0) or 0,
                before,
                after,
                seen[function, kind, before],
            )


def faulty_tree(fault: Fault) -> ast.Module:
    """The file with that fault."""
    tree = ast.parse(fault.path.read_text())
    _change(tree, fault.node, fault.kind)
    return ast.fix_missing_locations(tree)


def _inside_functions(node: ast.AST, name: str, *, is_inside: bool) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{name}.{child.name}" if name else child.name
            yield from _inside_functions(child, inner, is_inside=isinstance(child, ast.FunctionDef))
        else:
            if is_inside:
                yield name, child
            yield from _inside_functions(child, name, is_inside=is_inside)


def _kinds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "turned round"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in BOUNDS:
        yield "bound moved"
    if isinstance(node, ast.BoolOp):
        yield "and/or"
    if (
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Constant)
        and node.value.value in {True, False}
    ):
        yield "answer turned round"
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and _name(node.value) != "assert_never"
    ):
        yield "left out"
    if isinstance(node, ast.Delete | ast.AugAssign):
        yield "left out"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript):
        yield "left out"


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _seen_part(node: ast.AST) -> ast.AST:
    return node.test if isinstance(node, ast.If | ast.IfExp | ast.While) else node


def _change(tree: ast.Module, number: int, kind: str) -> ast.AST:
    """Change the tree in place; the changed node."""
    node = next(one for place, one in enumerate(ast.walk(tree)) if place == number)
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Compare() if kind == "bound moved":
            node.ops = [BOUNDS[type(node.ops[0])]()]
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.Return(value=ast.Constant(value=value)):
            node.value = ast.Constant(not value)
        case _:
            return _leave_out(tree, node)
    return node


def _leave_out(tree: ast.Module, gone: ast.AST) -> ast.AST:
    nothing = ast.Pass()
    for parent in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and gone in block:
                block[block.index(gone)] = ast.copy_location(nothing, gone)
                return nothing
    raise LookupError(ast.dump(gone))
