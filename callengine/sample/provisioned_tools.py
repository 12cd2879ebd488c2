"""What `asterisk-sample/provision.py` made ready, as its tools.json tells."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ToolsMissingError(Exception):
    """Set-up has not been run; the text says how."""


@dataclass(frozen=True, slots=True)
class Program:
    """How to run one of the provisioned tools."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    source: str = ""

    def full_environment(self) -> dict[str, str]:
        """This process's environment with what the tool needs besides."""
        return {**os.environ, **self.environment}


@dataclass(frozen=True, slots=True)
class Tools:
    """What `asterisk-sample/provision.py` found; see its tools.json."""

    programs: Mapping[str, Program]
    modules: Path
    data: Path
    """Asterisk's data folder: sounds in both languages, our phrases, music."""
    stock_etc: Path
    """The configuration that came with Asterisk, untouched."""


def cache_folder() -> Path:
    """Where provision.py keeps what it made: `$CALLENGINE_CACHE`, else `$XDG_CACHE_HOME/callengine`, else in home."""
    own = os.environ.get("CALLENGINE_CACHE")
    if own:
        return Path(own).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().resolve() / "callengine"


def provision_script() -> Path:
    """What makes tools ready and speaks the phrases: in an installed callengine package data, else the checkout's."""
    return sample_folder() / "provision.py"


def sample_folder() -> Path:
    """The folder asterisk-sample, wherever this callengine has it."""
    here = Path(__file__).resolve().parent.parent
    packaged = here / "asterisk_sample"
    return packaged if packaged.is_dir() else here.parent / "asterisk-sample"


def find_tools(cache: Path | None = None) -> Tools:
    """The tools of the last provisioning. Raises ToolsMissingError when there was none."""
    path = (cache or cache_folder()) / "tools.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ToolsMissingError(
            f"no Asterisk was made ready ({path}): run `python3 {provision_script()}` first, which needs no root"
        ) from problem
    programs = {
        name: Program(tuple(tool["command"]), tool["environment"], tool["version"], tool["source"])
        for name, tool in found["tools"].items()
    }
    folders = found["asterisk"]
    return Tools(programs, Path(folders["modules"]), Path(folders["data"]), Path(folders["stock_etc"]))
