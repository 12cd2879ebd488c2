"""Phrases that Debian's core sounds lack, spoken by espeak-ng from the texts of `asterisk-sample/sounds/`."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from provisioning.cache import ProvisioningError
from provisioning.machine import Tool

TEXTS = Path(__file__).resolve().parent.parent / "sounds"
_VOICES = {"en": "en-us", "ru": "ru"}
_WORDS_PER_MINUTE = 150


def languages() -> list[str]:
    """The languages that have a text file."""
    return sorted(path.stem for path in TEXTS.glob("*.txt"))


def texts_of(language: str) -> Iterator[tuple[str, str]]:
    """Each phrase's file name and its words."""
    for line in (TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        name, separator, words = line.partition(":")
        if separator and not line.startswith("#"):
            yield name.strip(), words.strip()


def speak(language: str, folder: Path, tools: Mapping[str, Tool]) -> None:
    """Write every phrase of a language as 8 kHz mono WAV: what Asterisk plays without transcoding twice."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in texts_of(language):
        with tempfile.NamedTemporaryFile(suffix=".wav") as spoken:
            voice = ["-v", _VOICES[language], "-s", str(_WORDS_PER_MINUTE), "-w", spoken.name]
            # The words go by standard input: nothing in a text can become an option.
            _run(tools["espeak-ng"], [*voice, "--stdin"], words)
            # Half a second of silence first: the first moments after an answer may be lost on the way.
            shape = ["-r", "8000", "-c", "1", "-b", "16", str(folder / f"{name}.wav"), "pad", "0.4", "0.2"]
            _run(tools["sox"], ["-V1", spoken.name, *shape], "")


def _run(tool: Tool, arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [*tool.command, *arguments],
        input=words,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **tool.environment},
    )
    if done.returncode != 0:
        raise ProvisioningError(f"a phrase could not be spoken: {done.stderr.strip()[:300]}")
