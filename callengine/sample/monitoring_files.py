"""The files for Prometheus and Grafana that ship with callengine, written out to be edited and put in place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import config

RUNBOOKS: Final = "runbooks.md"
SYSTEMS: Final = ("prometheus", "grafana")


class MonitoringFilesError(Exception):
    """Nothing was written; the text says why."""


def write_monitoring_files(
    system: str, target: Path, *, runbooks: str = RUNBOOKS, force: bool = False
) -> tuple[Path, ...]:
    """Copy what is for `system` into the folder `target`.

    `runbooks` is where the alerts' links lead: an address, or the file that is written beside them.
    Raises MonitoringFilesError when one of the files exists already (unless `force`), or is missing from the
    installation.
    """
    source = _folder(system)
    texts = {
        path.relative_to(source): path.read_text(encoding="utf-8")
        for path in sorted(source.rglob("*"))
        if path.suffix in {".yml", ".yaml", ".json"}
    }
    if system == "prometheus":
        texts = {path: text.replace(f'"{RUNBOOKS}#', f'"{runbooks}#') for path, text in texts.items()}
        texts[Path(RUNBOOKS)] = _runbooks().read_text(encoding="utf-8")
    there = sorted(str(path) for path in texts if (target / path).exists())
    if there and not force:
        raise MonitoringFilesError(f"{target} already has {', '.join(there)}: nothing was written")
    for path, text in texts.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tuple(target / path for path in texts)


def _folder(system: str) -> Path:
    folder = Path(config.__file__).resolve().parent / system
    if not folder.is_dir():
        raise MonitoringFilesError(f"config/{system} is missing from this installation of callengine")
    return folder


def _runbooks() -> Path:
    """Package data of an installed callengine, else the checkout's docs."""
    here = Path(__file__).resolve().parent.parent
    for path in (here / RUNBOOKS, here.parent / "docs" / RUNBOOKS):
        if path.is_file():
            return path
    raise MonitoringFilesError(f"{RUNBOOKS} is missing from this installation of callengine")
