"""The annotated example and the reference table, written from the schema so that they cannot lag behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.schema.centre import Pbx
from config.settings import Settings

_EXAMPLES: dict[str, dict[str, str]] = {
    "pbx": {"secret_file": '"callengine_ami.secret"'},
    "rules": {"name": '"RU-416"', "since": "2019-03-01"},
    "companies": {"id": '"sever"', "name": '"УК Север"'},
    "queues": {"name": '"general"'},
    "lines": {
        "did": '"74951234501"',
        "company": '"sever"',
        "queue": '"general"',
        "label": '"УК Север: общая"',
    },
    "lines.callback": {"trunk": '"trunk"', "caller_id": '"+74951234501"'},
    "queues.watch": {"pbx_queues": '["500"]'},
    "pauses": {"reason": '"1"', "ru": '"обед"', "en": '"lunch"'},
    "service_numbers": {"trunk": '"trunk"', "number": '"112"', "name": '"Служба спасения"'},
    "agents": {"id": '"1001"', "name": '"Иванова"', "endpoint": '"PJSIP/1001"', "queues": '["general"]'},
}


_LEFT_OUT = {"queues.watch", "service_numbers"}
"""Tables that the example shows as a comment as a whole."""


def example_toml(*, host: str = "127.0.0.1", port: int = 5038) -> str:
    """A settings file that works as it stands; every key is in it, those with a default commented out.

    `host` and `port` are where AMI listens.
    """
    defaults = Pbx()
    elsewhere: dict[str, str] = {}
    if host != defaults.host:
        elsewhere["host"] = f'"{host}"'
    if port != defaults.port:
        elsewhere["port"] = str(port)
    head = (
        "# callengine's settings. Times are in seconds. What is commented out shows the default.\n"
        "# Environment variables go before this file: CALLENGINE_PBX__SECRET, CALLENGINE_DATABASE__URL, …\n"
    )
    return head + "".join(
        _section(name, model, is_list, elsewhere if name == "pbx" else {})
        for name, model, is_list in _sections()
    )


def reference_markdown() -> str:
    """Every option as a table, for docs/configuration.md."""
    lines = []
    for name, model, is_list in _sections():
        lines += [
            f"### `{'[[' if is_list else '['}{name}{']]' if is_list else ']'}`",
            "",
            (model.__doc__ or "").strip(),
        ]
        lines += ["", "| key | default | meaning |", "|---|---|---|"]
        for key, field in model.model_fields.items():
            if _models_of(field):
                continue
            default = (
                "required"
                if field.is_required()
                else f"`{_toml(field.get_default(call_default_factory=True))}`"
            )
            lines.append(f"| `{key}` | {default} | {field.description or ''} |")
        lines.append("")
    return "\n".join(lines)


def write_example(path: Path, *, host: str = "127.0.0.1", port: int = 5038) -> None:
    """Write the example, readable by its owner only."""
    path.touch(mode=0o600)
    path.write_text(example_toml(host=host, port=port), encoding="utf-8")


def _sections() -> Iterator[tuple[str, type[BaseModel], bool]]:
    for name, field in Settings.model_fields.items():
        model = _models_of(field)[0]
        is_list = "list" in str(field.annotation)
        yield name, model, is_list
        for inner, inner_field in model.model_fields.items():
            for inner_model in _models_of(inner_field):
                yield f"{name}.{inner}", inner_model, False


def _section(name: str, model: type[BaseModel], is_list: bool, elsewhere: Mapping[str, str]) -> str:
    header = f"[[{name}]]" if is_list else f"[{name}]"
    off = "# " if name in _LEFT_OUT else ""
    lines = ["", f"# {(model.__doc__ or '').strip()}", off + header]
    examples = {**_EXAMPLES.get(name, {}), **elsewhere}
    for key, field in model.model_fields.items():
        if _models_of(field):
            continue
        value = examples.get(key)
        shown = value or _toml(field.get_default(call_default_factory=True))
        mark = off if value is not None else "# "
        lines.append(f"{mark}{key} = {shown}  # {field.description or ''}")
    return "\n".join(lines) + "\n"


def _models_of(field: FieldInfo) -> list[type[BaseModel]]:
    found = [field.annotation, *get_args(field.annotation)]
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseModel)]


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case SecretStr() | None:
            return '""'
        case Enum():
            return f'"{value.value}"'
        case str() | Path():
            return f'"{value}"'
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _ if value is PydanticUndefined:
            return '""'
        case _:
            return str(value)
