"""The systemd unit that is installed, with its drop-ins: what the service may read, write and speak to."""

from __future__ import annotations

import grp
import ipaddress
import os
import pwd
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

NAME: Final = "callengine.service"
UNIT_FOLDERS: Final = tuple(
    map(
        Path,
        (
            "/etc/systemd/system",
            "/run/systemd/system",
            "/usr/local/lib/systemd/system",
            "/usr/lib/systemd/system",
            "/lib/systemd/system",
        ),
    )
)
"""Where systemd looks, the first one goes before (systemd.unit(5))."""
_SPECIFIERS: Final = {"%S": "/var/lib", "%t": "/run", "%C": "/var/cache", "%L": "/var/log", "%E": "/etc"}
_FOLDERS: Final = {
    "StateDirectory": "/var/lib",
    "RuntimeDirectory": "/run",
    "CacheDirectory": "/var/cache",
    "LogsDirectory": "/var/log",
}
_HOMES: Final = ("/home", "/root", "/run/user")
_UNPRIVILEGED_PORTS: Final = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@dataclass(frozen=True, slots=True)
class Service:
    """`[Service]` of the unit. Paths are as the service sees them."""

    unit: Path
    values: Mapping[str, Sequence[str]] = field(repr=False)

    def words(self, key: str) -> list[str]:
        """All words of a list."""
        return [word for value in self.values.get(key, ()) for word in value.split()]

    def last(self, key: str) -> str:
        """The value in force of what is no list."""
        return (self.values.get(key) or ("",))[-1]

    @property
    def credentials(self) -> dict[str, Path]:
        """The files it is handed, by the name it finds them under."""
        pairs = (value.partition(":") for value in self.values.get("LoadCredential", ()))
        return {name: Path(source) for name, _, source in pairs if source}

    @property
    def folder(self) -> Path:
        """Where its relative paths are."""
        return Path(_expanded(self.last("WorkingDirectory").lstrip("-")) or "/")

    def runs_on(self, settings: Path) -> bool:
        """Whether these are the settings it starts with."""
        wanted = settings.absolute().resolve()
        named = re.findall(r"--config[= ](\S+)", " ".join(self.values.get("ExecStart", ())))
        sources = [
            self.credentials.get(Path(one).name) if one.startswith("%d/") else Path(one) for one in named
        ]
        return any(one is not None and one.resolve() == wanted for one in sources)

    def may_write(self, path: Path) -> bool:
        """Whether its sandbox lets it; modes and owners are another question."""
        protected = self.last("ProtectSystem")
        inside = any(_is_within(path, folder) for folder in self._writable())
        if protected == "strict":
            return inside
        closed = {"full": ("/usr", "/boot", "/etc"), "yes": ("/usr", "/boot"), "true": ("/usr", "/boot")}
        return inside or not any(_is_within(path, Path(one)) for one in closed.get(protected, ()))

    def cannot_read(self, path: Path) -> tuple[Path, str] | None:
        """What stands in the way of reading an existing file, and whose group would open it; None: nothing does."""
        if self.last("ProtectHome") in {"yes", "true", "tmpfs"} and any(
            _is_within(path, Path(h)) for h in _HOMES
        ):
            return path, ""
        if not self._is_dynamic and self.last("User") in {"", "root"}:
            return None
        for one in (*reversed(path.absolute().parents), path):
            try:
                status = one.stat()
            except OSError:
                return None  # Whoever asks may not look either: nothing can be said.
            bit = 1 if one != path else 4
            if not self._has(bit, status):
                return one, _group_name(status.st_gid) if status.st_mode >> 3 & bit else ""
        return None

    def may_speak_to(self, address: str) -> bool:
        """Whether its packets to that address pass."""
        if "any" not in self.words("IPAddressDeny"):
            return True
        wanted = ipaddress.ip_address(address)
        for allowed in self.words("IPAddressAllow"):
            if allowed == "any" or (allowed == "localhost" and wanted.is_loopback):
                return True
            with suppress(ValueError):
                if wanted in ipaddress.ip_network(allowed, strict=False):
                    return True
        return False

    def may_listen_on(self, port: int) -> bool:
        """Low ports need a capability."""
        capable = "CAP_NET_BIND_SERVICE" in self.words("AmbientCapabilities")
        is_root = not self._is_dynamic and self.last("User") in {"", "root"}
        with suppress(OSError, ValueError):
            return capable or is_root or port >= int(_UNPRIVILEGED_PORTS.read_text())
        return capable or is_root or port >= 1024

    @property
    def _is_dynamic(self) -> bool:
        return self.last("DynamicUser") in {"yes", "true", "1"}

    def _writable(self) -> Iterator[Path]:
        for key, root in _FOLDERS.items():
            yield from (Path(root) / word.partition(":")[0] for word in self.words(key))
        yield from (Path(_expanded(word.lstrip("-+"))) for word in self.words("ReadWritePaths"))
        if self.last("PrivateTmp") in {"yes", "true", "1"}:
            yield from (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the service's own

    def _has(self, bit: int, status: os.stat_result) -> bool:
        if not self._is_dynamic:
            with suppress(KeyError):
                if pwd.getpwnam(self.last("User")).pw_uid == status.st_uid:
                    return bool(status.st_mode >> 6 & bit)
        if status.st_gid in self._groups():
            return bool(status.st_mode >> 3 & bit)
        return bool(status.st_mode & bit)

    def _groups(self) -> set[int]:
        found = set()
        for name in (*self.words("SupplementaryGroups"), *self.words("Group")):
            with suppress(KeyError):
                found.add(int(name) if name.isdigit() else grp.getgrnam(name).gr_gid)
        if not self._is_dynamic:
            with suppress(KeyError):
                user = pwd.getpwnam(self.last("User"))
                found.update(os.getgrouplist(user.pw_name, user.pw_gid))
        return found


def installed_service(folders: Sequence[Path] | None = None) -> Service | None:
    """The unit that systemd would start; None when there is none."""
    places = UNIT_FOLDERS if folders is None else folders
    unit = next((folder / NAME for folder in places if (folder / NAME).is_file()), None)
    if unit is None:
        return None
    drop_ins: dict[str, Path] = {}
    for folder in places:
        for path in (folder / f"{NAME}.d").glob("*.conf"):
            drop_ins.setdefault(path.name, path)
    values: dict[str, list[str]] = {}
    for path in (unit, *(drop_ins[name] for name in sorted(drop_ins))):
        for key, value in _service_lines(path.read_text(encoding="utf-8", errors="replace")):
            if value:
                values.setdefault(key, []).append(value)
            else:
                values[key] = []
    return Service(unit, values)


def _service_lines(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
        elif section == "[Service]" and stripped[:1] not in {"#", ";", ""} and "=" in stripped:
            key, _, value = stripped.partition("=")
            yield key.strip(), value.strip()


def _expanded(text: str) -> str:
    return re.sub("%[A-Z a-z]", lambda found: _SPECIFIERS.get(found[0], found[0]), text)


def _is_within(path: Path, folder: Path) -> bool:
    return Path(os.path.normpath(path)).is_relative_to(folder)


def _group_name(gid: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)
