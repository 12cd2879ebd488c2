"""Damaged settings files: read, or refused with every mistake in words; nothing else comes out of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from callengine.demo.centre import CentrePlan, settings_text
from config.errors import ConfigError
from config.example import example_toml
from config.loading import load_settings
from config.policies import centre_policy
from tests.fuzz.mutations import mutated

INPUTS = 20
_RULES = (
    '[[rules]]\nname = "other"\nsince = 2020-01-01\nanswer_limit_seconds = 15\n[choice]\nafter_seconds = 9\n'
)


@cache
def _good() -> tuple[bytes, ...]:
    return (
        example_toml().encode(),
        example_toml().replace("\n# ", "\n").encode(),
        settings_text(
            CentrePlan(rules=_RULES), ami_port=5038, secret_file=Path("secret"), database="sqlite:///x.db"
        ).encode(),
    )


class SettingsSession:
    """One session, told by its seed."""

    def __init__(self, seed: str) -> None:
        self._chance = Random(seed)

    def run(self) -> None:
        """Raises AssertionError, or whatever should not have been raised."""
        with TemporaryDirectory(prefix="callengine-fuzz-") as name:
            path = Path(name) / "callengine.toml"
            path.touch(mode=0o600)
            (Path(name) / "secret").write_text("s3cret")
            for _ in range(INPUTS):
                # Files have line feeds; the wounds are those of lines.
                good = self._chance.choice(_good()).replace(b"\n", b"\r\n")
                path.write_bytes(mutated(good, self._chance, _good()).replace(b"\r\n", b"\n"))
                self._read(path)

    def _read(self, path: Path) -> None:
        problems = None
        try:
            centre_policy(load_settings(path))
        except ConfigError as refused:
            problems = refused.problems
        if problems is not None:
            assert problems
            assert all(problem.place and problem.what for problem in problems)
