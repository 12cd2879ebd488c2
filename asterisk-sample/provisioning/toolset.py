"""Which tools the project needs, where each was found, and the file that tells the programs so."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioning.apt_prefix import has_prefix, provide_prefix
from provisioning.browser import NAME as BROWSER
from provisioning.browser import find_browser
from provisioning.cache import Cache, ProvisioningError, tell
from provisioning.data_folder import has_music, has_sounds, lay_out_phrases, provide_data_folder
from provisioning.machine import (
    OLDEST_ASTERISK,
    TESTED_ASTERISK,
    AsteriskFolders,
    Tool,
    plain_tool,
    prefix_folders,
    prefix_tool,
    system_folders,
    system_tool,
)

FORMAT = 1
"""Of tools.json."""

PACKAGES = {
    "asterisk": "asterisk",
    "sipp": "sip-tester",
    "sox": "sox",
    "espeak-ng": "espeak-ng",
    "systemd-analyze": "systemd",
}
PROMETHEUS_PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "promtool",
    "amtool": "prometheus-alertmanager",
}
"""For the tests only; each is one program that needs the C library and nothing else."""
MUSIC_PACKAGE = "asterisk-moh-opsound-wav"
SOUND_PACKAGES = ("asterisk-core-sounds-en-wav", "asterisk-core-sounds-ru-wav", MUSIC_PACKAGE)
PHRASE_TOOLS = ("espeak-ng", "sox")
"""All that speaking the phrases takes."""


@dataclasses.dataclass(frozen=True)
class Found:
    """Everything a run found: the tools and Asterisk's folders."""

    tools: dict[str, Tool]
    asterisk: AsteriskFolders
    data_sources: tuple[Path, ...]


def provide(cache: Cache, *, fresh: bool, for_tests: bool = False) -> Path:
    """Make every tool ready and write tools.json; its path is returned.

    `for_tests`: also what only the tests use. An earlier run's are kept either way.
    """
    found = find(cache, fresh=fresh)
    found.tools.update(find_prometheus(cache, fresh=fresh, download=for_tests))
    browser = find_browser(cache, fresh=fresh, download=for_tests)
    if browser is not None:
        found.tools[BROWSER] = browser
    data = provide_data_folder(cache, found.data_sources, found.tools)
    _write_when_changed(cache.tools_file, _description(found, data, fresh=fresh))
    return cache.tools_file


def provide_phrases(cache: Cache, into: Path, *, fresh: bool) -> None:
    """Write our phrases and music classes into the data folder of an Asterisk that is there already.

    Only what that takes is fetched: a voice, a tool for sound, and music where that Asterisk has none.
    """
    tools, sources = ({}, []) if fresh else _of_an_earlier_run(cache)
    tools |= _of_the_machine({name: PACKAGES[name] for name in PHRASE_TOOLS}, fresh=fresh)
    own = system_folders()
    sources += [own.data] if own is not None else []
    missing = [PACKAGES[name] for name in PHRASE_TOOLS if name not in tools]
    if not has_music([into, *sources]):
        missing.append(MUSIC_PACKAGE)
    if missing:
        prefix = provide_prefix(cache, missing)
        lacking = [name for name in PHRASE_TOOLS if name not in tools]
        tools |= _all_run(prefix, {name: prefix_tool(prefix, name) for name in lacking})
        sources.append(prefix / "usr/share/asterisk")
    lay_out_phrases(into, sources, tools)
    tell(f"phrases and music folders written into {into}")


def _of_an_earlier_run(cache: Cache) -> tuple[dict[str, Tool], list[Path]]:
    """The voice, the tool for sound and the data folder that tools.json names, where they are still there."""
    try:
        told = json.loads(cache.tools_file.read_text(encoding="utf-8"))
        tools = {
            name: Tool(tuple(tool["command"]), tool["version"], tool["source"], tool["environment"])
            for name, tool in told["tools"].items()
            if name in PHRASE_TOOLS and Path(tool["command"][-1]).exists()
        }
        return tools, [Path(told["asterisk"]["data"])]
    except (OSError, ValueError, KeyError, TypeError):
        return {}, []


def find(cache: Cache, *, fresh: bool) -> Found:
    """The machine's own copies unless `fresh`, the rest from an unpacked prefix."""
    tools = _of_the_machine(PACKAGES, fresh=fresh)
    missing = [package for name, package in PACKAGES.items() if name not in tools]
    folders = system_folders() if "asterisk" in tools else None
    sources = [folders.data] if folders is not None else []
    if folders is None or not has_sounds(folders.data):
        missing += SOUND_PACKAGES
    if missing:
        prefix = provide_prefix(cache, missing)
        tools |= _all_run(prefix, {name: prefix_tool(prefix, name) for name in PACKAGES if name not in tools})
        folders = folders or prefix_folders(prefix)
        sources.append(prefix / "usr/share/asterisk")
    if folders is None:
        raise ProvisioningError(
            "the unpacked packages hold no Asterisk modules: remove the cache and run again"
        )
    _judge_version(tools["asterisk"])
    return Found(tools, folders, tuple(sources))


def find_prometheus(cache: Cache, *, fresh: bool, download: bool) -> dict[str, Tool]:
    """Prometheus and the checkers of its files; without `download` only what is here already."""
    tools = _of_the_machine(PROMETHEUS_PACKAGES, fresh=fresh)
    missing = {name: package for name, package in PROMETHEUS_PACKAGES.items() if name not in tools}
    packages = list(missing.values())
    if not missing or not (download or has_prefix(cache, packages)):
        return tools
    prefix = provide_prefix(cache, packages, with_dependencies=False)
    return tools | _all_run(prefix, {name: plain_tool(prefix, name) for name in missing})


def _of_the_machine(packages: Mapping[str, str], *, fresh: bool) -> dict[str, Tool]:
    if fresh:
        return {}
    return {name: tool for name in packages if (tool := system_tool(name)) is not None}


def _all_run(prefix: Path, tools: Mapping[str, Tool | None]) -> dict[str, Tool]:
    broken = sorted(name for name, tool in tools.items() if tool is None or not tool.version)
    if broken:
        raise ProvisioningError(
            f"{', '.join(broken)} of {prefix} cannot be run: remove that folder and run again"
        )
    return {name: tool for name, tool in tools.items() if tool is not None}


def _judge_version(asterisk: Tool) -> None:
    major = int(asterisk.version.split(".")[0])
    if major < OLDEST_ASTERISK:
        raise ProvisioningError(
            f"the mirror's Asterisk is {asterisk.version}, callengine needs {OLDEST_ASTERISK} or newer: "
            "install one from asterisk.org"
        )
    if major != TESTED_ASTERISK:
        tell(f"warning: Asterisk {asterisk.version}; {TESTED_ASTERISK} is what callengine is tested with")


def _description(found: Found, data: Path, *, fresh: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "fresh": fresh,
        "tools": {name: dataclasses.asdict(tool) for name, tool in sorted(found.tools.items())},
        "asterisk": {
            "modules": str(found.asterisk.modules),
            "data": str(data),
            "stock_etc": str(found.asterisk.etc),
        },
    }


def _write_when_changed(path: Path, description: dict[str, Any]) -> None:
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
    for name, tool in description["tools"].items():
        tell(f"{name} {tool['version']} ({tool['source']})")
