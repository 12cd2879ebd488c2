"""Which package mirror this machine uses, read from its own apt sources (one-line and deb822)."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioning.cache import ProvisioningError

APT_FOLDER = Path("/etc/apt")


@dataclass(frozen=True)
class Source:
    """One archive: its addresses, suites, components, and the keys that sign it."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str
    """A key file's path, a whole key as deb822 writes it, or empty for apt's default keys."""

    def as_deb822(self) -> str:
        """The stanza of a `.sources` file."""
        lines = [
            "Types: deb",
            f"URIs: {' '.join(self.uris)}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(lines) + "\n"


def archive_to_use(
    apt_folder: Path = APT_FOLDER,
    release: dict[str, str] | None = None,
    *,
    own_release: bool = False,
    wanted: Sequence[str] = (),
) -> Source:
    """The machine's own mirror with the suite that has an Asterisk.

    Debian's stable release has none, its unstable branch has; Ubuntu has one in its own `universe`.
    `own_release`: the machine's own suite instead, for programs that are to run on its own C library.
    Raises ProvisioningError where the machine has no such mirror; it names the packages that are `wanted`.
    """
    release = platform.freedesktop_os_release() if release is None else release
    codename = release.get("VERSION_CODENAME") or release.get("DEBIAN_CODENAME", "sid")
    for source in _sources(apt_folder):
        if not {codename, "stable", "unstable", "sid"} & set(source.suites):
            continue  # security, updates and foreign archives
        if "main" not in source.components:
            continue
        if release.get("ID") == "ubuntu":
            return Source(source.uris, (codename,), ("main", "universe"), source.signed_by)
        if release.get("ID") == "debian" and "debian" in " ".join(source.uris):
            suite = codename if own_release and codename in source.suites else "unstable"
            return Source(source.uris, (suite,), ("main",), source.signed_by)
    raise ProvisioningError(
        f"no Debian or Ubuntu mirror for {codename or 'this release'} in {apt_folder}: {by_hand(wanted)}; "
        "what is on PATH is used."
    )


def by_hand(packages: Sequence[str]) -> str:
    """What the administrator may install himself: these and no others."""
    named = ["asterisk (20 or newer)" if package == "asterisk" else package for package in packages]
    return f"install {' '.join(named) or 'what is missing'} yourself"


def _sources(apt_folder: Path) -> Iterator[Source]:
    parts = apt_folder / "sources.list.d"
    for path in [apt_folder / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            yield from _one_line_sources(path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        yield from _deb822_sources(path.read_text(encoding="utf-8", errors="replace"))


_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$"
)


def _one_line_sources(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = _ONE_LINE.match(line.split("#")[0].strip())
        if match is None:
            continue
        options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
        components = tuple(match["components"].split())
        yield Source((match["uri"],), (match["suite"],), components, options.get("signed-by", ""))


def _deb822_sources(text: str) -> Iterator[Source]:
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", text):
        # A line that begins with a blank continues the field above it (a key may stand there whole).
        fields = {
            name.lower(): value.strip("\n")
            for name, value in re.findall(r"^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        yield Source(
            tuple(fields.get("uris", "").split()),
            tuple(fields.get("suites", "").split()),
            tuple(fields.get("components", "").split()),
            fields.get("signed-by", "").rstrip(),
        )
