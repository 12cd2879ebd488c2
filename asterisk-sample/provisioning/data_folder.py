"""The data folder Asterisk is given: its own data, both languages' sounds, our phrases, the music classes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioning.cache import Cache, tell
from provisioning.machine import Tool
from provisioning.phrases import TEXTS, languages, speak

COMPLETE = ".complete"
PHRASE_FOLDER = "callengine"
"""Phrases are played as `callengine/<name>` in the channel's language."""
MUSIC_FOLDER = "callengine-music"
NOTICE_FOLDER = "callengine-notice"
"""`callengine-notice-<language>`: the recording notice, then the music."""

# Debian names the folder after the speaker and links it by update-alternatives, which a prefix has not.
_SPEAKERS: Mapping[str, Sequence[str]] = {
    "en": ("en", "en_US_f_Allison"),
    "ru": ("ru", "ru_RU_f_IvrvoiceRU"),
}


def has_sounds(data: Path) -> bool:
    """Whether an Asterisk's data folder has both languages and music."""
    spoken = all(_core_sounds([data], language) is not None for language in languages())
    return spoken and bool(_music([data]))


def has_music(places: Sequence[Path]) -> bool:
    """Whether one of these data folders has music to wait by."""
    return bool(_music(places))


def provide_data_folder(cache: Cache, sources: Sequence[Path], tools: Mapping[str, Tool]) -> Path:
    """Make the folder once for these sources and texts.

    Sounds are linked, not copied; the first source that has something wins.
    """
    target = cache.root / "data" / _key(sources)
    if (target / COMPLETE).is_file():
        return target
    tell("speaking the phrases that the core sounds lack")
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in ("documentation", "firmware", "images", "keys", "static-http", "rest-api"):
        found = next((source / name for source in sources if (source / name).exists()), None)
        if found is not None:
            (unfinished / name).symlink_to(found)
    for language in languages():
        _lay_out_language(unfinished, language, sources, tools)
    (unfinished / COMPLETE).touch()
    unfinished.rename(target)
    return target


def lay_out_phrases(data: Path, sources: Sequence[Path], tools: Mapping[str, Tool]) -> None:
    """Add only what is ours (phrases and music classes) to the data folder of an Asterisk that has its own sounds."""
    for language in languages():
        speak(language, data / "sounds" / language / PHRASE_FOLDER, tools)
        _lay_out_music(data, language, [data, *sources], copy=True)


def _key(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source}\0".encode())
    for path in sorted(TEXTS.glob("*.txt")):
        digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


def _lay_out_language(data: Path, language: str, sources: Sequence[Path], tools: Mapping[str, Tool]) -> None:
    folder = data / "sounds" / language
    folder.mkdir(parents=True)
    core = _core_sounds(sources, language)
    if core is not None:
        for entry in core.iterdir():
            if entry.name != PHRASE_FOLDER:
                (folder / entry.name).symlink_to(entry.resolve())
    speak(language, folder / PHRASE_FOLDER, tools)
    _lay_out_music(data, language, sources, copy=False)


def _lay_out_music(data: Path, language: str, sources: Sequence[Path], *, copy: bool) -> None:
    """The names sort the notice before the music; the class plays its files in that order."""
    notice = data / "sounds" / language / PHRASE_FOLDER / "recording-notice.wav"
    for folder, first in ((MUSIC_FOLDER, None), (f"{NOTICE_FOLDER}-{language}", notice)):
        target = data / "moh" / folder
        target.mkdir(parents=True, exist_ok=True)
        files = {f"10-{track.name}": track for track in _music(sources)}
        if first is not None:
            files["00-notice.wav"] = first
        for name, track in files.items():
            place = target / name
            place.unlink(missing_ok=True)
            if copy:
                shutil.copyfile(track, place)
            elif track.is_relative_to(data):
                place.symlink_to(Path("../..") / track.relative_to(data))
            else:
                place.symlink_to(track.resolve())


def _core_sounds(sources: Sequence[Path], language: str) -> Path | None:
    for source in sources:
        for name in _SPEAKERS[language]:
            folder = source / "sounds" / name
            if any(folder.glob("beep.*")):
                return folder
    return None


def _music(sources: Sequence[Path]) -> list[Path]:
    for source in sources:
        tracks = sorted((source / "moh").glob("*.wav"))
        if tracks:
            return tracks
    return []
