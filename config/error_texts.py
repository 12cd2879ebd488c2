"""pydantic's findings in the administrator's words: the place, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config.errors import Problem

Location = tuple[int | str, ...]


def explain(error: ErrorDetails, root: type[BaseModel]) -> Problem:
    """One finding. The wrong value itself is never shown: it may be a secret in the wrong place."""
    location = error["loc"]
    place = place_of(location)
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(location[:-1], root)
            near = difflib.get_close_matches(str(location[-1]), known, n=1)
            right = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(known))}"
            return Problem(place, "unknown key", right)
        case "missing":
            return Problem(place, "is missing", _meaning(location, root))
        case "string_pattern_mismatch":
            pattern = error.get("ctx", {}).get("pattern", "")
            return Problem(
                place, "has a character or a length that is not allowed", f"it must match {pattern}"
            )
        case "model_type" | "dict_type":
            in_list = len(location) > 1 and isinstance(location[-1], int)
            header = f"[[{location[0]}]]" if in_list else f"[{place}]"
            return Problem(place, "must be a table", f"write {header} and its keys below")
        case _:
            return Problem(place, error["msg"].removeprefix("Value error, "), _right(location, root))


def place_of(location: Location) -> str:
    """`("lines", 2, "did")` as `lines[2].did`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def unknown_sections(environ: Mapping[str, str], prefix: str, root: type[BaseModel]) -> Iterator[Problem]:
    """Variables such as CALLENGINE_PBXX__SECRET, which pydantic-settings would pass over in silence."""
    for name in environ:
        section, delimiter, _key = name.upper().removeprefix(prefix).lower().partition("__")
        if name.upper().startswith(prefix) and delimiter and section not in root.model_fields:
            near = difflib.get_close_matches(section, root.model_fields, n=1)
            right = f"did you mean {prefix}{near[0].upper()}__…?" if near else "unset it"
            yield Problem(f"environment {name}", "names no section", right)


def _meaning(location: Location, root: type[BaseModel]) -> str:
    model = _model_at(location[:-1], root)
    field = None if model is None else model.model_fields.get(str(location[-1]))
    if field is None:
        return ""
    if next(_models_in(field.annotation), None) is not None:
        return f"add a [[{location[-1]}]] table"
    return f"add it: {field.description}" if field.description else ""


def _right(location: Location, root: type[BaseModel]) -> str:
    """What the key is for: a wrong value says by itself what it is not."""
    while location and isinstance(location[-1], int):
        location = location[:-1]
    model = _model_at(location[:-1], root) if location else None
    field = None if model is None else model.model_fields.get(str(location[-1]))
    if field is None:
        return "docs/configuration.md has every key"
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    shown = f"; default: {default!r}" if isinstance(default, int | float) else ""
    return f"it is: {field.description}{shown}"


def _known_keys(location: Location, root: type[BaseModel]) -> list[str]:
    model = _model_at(location, root)
    return [] if model is None else list(model.model_fields)


def _model_at(location: Location, root: type[BaseModel]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = root
    for part in location:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = None if field is None else next(_models_in(field.annotation), None)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
