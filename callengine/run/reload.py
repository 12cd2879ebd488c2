"""The settings read anew while the engine runs: a bad file is refused whole, with every mistake named."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callengine.platform.logs import Log
from config.errors import ConfigError
from config.loading import load_settings
from config.settings import Settings

RELOAD_FOLDER = "RUNTIME_DIRECTORY"
"""Where the unit puts the files of a `systemctl reload`: systemd renews its own copies at a start only."""
_LIVE = {
    "centre",
    "callbacks",
    "codes",
    "choice",
    "retention",
    "rules",
    "companies",
    "queues",
    "lines",
    "agents",
    "pauses",
}
_FIXED = tuple(section for section in Settings.model_fields if section not in _LIVE)
"""Sections that are read at the start only."""
_FIXED_OF_CENTRE = ("time_zone",)
_FIXED_OF_QUEUES = ("target_seconds", "goal_ratio", "clock")
"""What today's figures are counted by: a start counts the day anew."""


@dataclass(frozen=True, slots=True)
class ReadAnew:
    """`settings` are to be worked by from now on, None when the file was refused.

    `awaiting_restart` names what the file says otherwise and a start only can change.
    """

    settings: Settings | None
    awaiting_restart: tuple[str, ...] = ()


def read_anew(path: Path, present: Settings, log: Log, environ: Mapping[str, str] = os.environ) -> ReadAnew:
    """Read the file again, and say in the log what came of it."""
    folder = environ.get(RELOAD_FOLDER)
    fresh = Path(folder) / path.name if folder else path
    try:
        wanted = load_settings(fresh if fresh.exists() else path)
    except ConfigError as refused:
        for problem in refused.problems:
            log.error(
                "settings_refused",
                msg="the settings have a mistake: the old ones stay in force",
                mistake=str(problem),
            )
        return ReadAnew(None)
    awaiting = tuple(_needing_restart(present.model_dump(), wanted.model_dump()))
    if awaiting:
        log.warning(
            "settings_need_restart", msg="these settings take effect with the next start", settings=awaiting
        )
    log.info(
        "settings_reloaded",
        msg="the settings were read again and are in force",
        awaiting_restart=len(awaiting),
    )
    return ReadAnew(_with_fixed(wanted, present), awaiting)


def _needing_restart(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for section in _FIXED:
        yield from _changed(section, old.get(section), new.get(section))
    for key in _FIXED_OF_CENTRE:
        yield from _changed(f"centre.{key}", old["centre"][key], new["centre"][key])
    before = {queue["name"]: queue for queue in old["queues"]}
    for queue in new["queues"]:
        known = before.get(queue["name"], queue)
        for key in _FIXED_OF_QUEUES:
            yield from _changed(f"queues.{queue['name']}.{key}", known.get(key), queue.get(key))


def _changed(place: str, old: object, new: object) -> Iterator[str]:
    """By name, never by value: there are secrets among them."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from (f"{place}.{key}" for key in new if old.get(key) != new[key])
    elif old != new:
        yield place


def _with_fixed(wanted: Settings, present: Settings) -> Settings:
    known = {queue.name: queue for queue in present.queues}
    queues = [
        queue
        if queue.name not in known
        else queue.model_copy(update={key: getattr(known[queue.name], key) for key in _FIXED_OF_QUEUES})
        for queue in wanted.queues
    ]
    centre = wanted.centre.model_copy(update={key: getattr(present.centre, key) for key in _FIXED_OF_CENTRE})
    fixed = {section: getattr(present, section) for section in _FIXED}
    return wanted.model_copy(update={**fixed, "queues": queues, "centre": centre})
