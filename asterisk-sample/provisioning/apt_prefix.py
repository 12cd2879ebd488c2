"""Debian packages unpacked into a folder of our own: apt in private directories, no root, no chroot."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from provisioning.apt_sources import Source, archive_to_use, by_hand
from provisioning.cache import Cache, ProvisioningError, tell

COMPLETE = ".complete"
"""Written last: a prefix without it is a rest of an interrupted run."""


def prefix_of(cache: Cache, packages: Sequence[str]) -> Path:
    """Where these packages are, or would be, unpacked."""
    return cache.root / "prefix" / hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:12]


def has_prefix(cache: Cache, packages: Sequence[str]) -> bool:
    """Whether an earlier run has unpacked them."""
    return (prefix_of(cache, packages) / COMPLETE).is_file()


def provide_prefix(
    cache: Cache,
    packages: Sequence[str],
    *,
    with_dependencies: bool = True,
    own_release: bool = False,
    without: Sequence[str] = (),
) -> Path:
    """A folder that holds the packages; made once, then only looked up.

    `with_dependencies`: also all they depend on. Without, they use the libraries of the machine.
    `own_release`: of the machine's own release, to run on its C library. `without`: beginnings of the names of
    packages that are left out of the folder.
    Raises ProvisioningError without apt, without a mirror or without a network.
    """
    prefix = prefix_of(cache, packages)
    if has_prefix(cache, packages):
        return prefix
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise ProvisioningError(f"{program} is missing: install these yourself: {' '.join(packages)}")
    source = archive_to_use(own_release=own_release, wanted=packages)
    downloaded = _download(cache, packages, source, with_dependencies)
    archives = [archive for archive in downloaded if not archive.name.startswith(tuple(without))]
    unfinished = prefix.with_name(f"{prefix.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(prefix, ignore_errors=True)
    _unpack(archives, unfinished)
    (unfinished / COMPLETE).write_text("\n".join(sorted(archive.name for archive in archives)) + "\n")
    unfinished.rename(prefix)
    shutil.rmtree(_apt_folder(cache), ignore_errors=True)
    return prefix


def _apt_folder(cache: Cache) -> Path:
    return cache.root / "apt"


def _download(cache: Cache, packages: Sequence[str], source: Source, with_dependencies: bool) -> list[Path]:
    apt = _private_apt(cache, source)
    tell("reading the package lists of this machine's mirror")
    _run_apt(apt, "update", "--error-on=any", wanted=packages, nothing_cached_at=cache.root)
    tell(f"downloading {', '.join(packages)}{' and what they need' if with_dependencies else ''}")
    command = ["install", "--yes", "--download-only"] if with_dependencies else ["download"]
    _run_apt(apt, *command, *packages, wanted=packages, nothing_cached_at=cache.root)
    return sorted(_archives(apt).glob("*.deb"))


def _archives(apt: Path) -> Path:
    return apt / "cache" / "archives"


def _private_apt(cache: Cache, source: Source) -> Path:
    """Write an apt of our own: its state, lists and archives in the cache, its network settings the machine's."""
    apt = _apt_folder(cache)
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "callengine.sources").write_text(source.as_deb822(), encoding="utf-8")
    settings = [
        # The machine's own hooks (Post-Invoke) are for its own apt and are left out.
        *apt_network_settings(),
        f'Dir::State "{apt}/state";',
        f'Dir::State::status "{apt}/status";',
        f'Dir::Cache "{apt}/cache";',
        f'Dir::Etc::sourcelist "{apt}/callengine.sources";',
        'Dir::Etc::sourceparts "/dev/null";',
        'Dir::Etc::parts "/dev/null";',
        'Dir::Etc::main "/dev/null";',
        'Dir::Etc::preferences "/dev/null";',
        'Dir::Etc::preferencesparts "/dev/null";',
        # A mirror may be a snapshot whose lists have run out.
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        'APT::Install-Recommends "false";',
    ]
    if os.geteuid() == 0:
        # The user _apt may not be allowed into the cache of root.
        settings.append('APT::Sandbox::User "root";')
    configuration = apt / "apt.conf"
    configuration.touch(mode=0o600)  # a proxy's address may hold a password
    configuration.write_text("\n".join(settings) + "\n", encoding="utf-8")
    return apt


def apt_network_settings() -> Iterable[str]:
    """How this machine's apt reaches its mirror: proxies, time-outs, retries."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return re.findall(r"^Acquire::(?:https?|ftp|tor|ForceIP|Retries)\S* .*;$", dump, re.MULTILINE)


def _run_apt(apt: Path, *arguments: str, wanted: Sequence[str], nothing_cached_at: Path) -> None:
    """Run apt-get with its progress shown as per cents; its own words appear only when it fails."""
    reader, writer = os.pipe()
    environment = {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}
    log = apt / "apt.log"
    with log.open("w") as output, os.fdopen(reader) as progress:
        process = subprocess.Popen(
            ["apt-get", "--quiet=2", "-o", f"APT::Status-Fd={writer}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
            cwd=_archives(apt),  # where `download` puts what it gets, too
            env=environment,
        )
        os.close(writer)
        try:
            _show_progress(progress)
            failed = process.wait() != 0
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if failed:
        reasons = [line for line in log.read_text(errors="replace").splitlines() if line[:2] in ("E:", "W:")]
        raise ProvisioningError(
            f"apt-get {arguments[0]} failed and {nothing_cached_at} does not hold the tools yet. Is the package mirror "
            f"reachable? Else {by_hand(wanted)}.\n    " + "\n    ".join(reasons[:5])
        )


def _show_progress(status_lines: Iterable[str]) -> None:
    shown = 0.0
    for line in status_lines:
        kind, _, rest = line.partition(":")
        if kind != "dlstatus":
            continue
        try:
            per_cent = float(rest.split(":")[1])
        except (IndexError, ValueError):
            continue
        if per_cent >= shown + 10:
            shown = per_cent
            tell(f"  {per_cent:3.0f} %")


def _unpack(archives: Sequence[Path], target: Path) -> None:
    tell(f"unpacking {len(archives)} packages")
    target.mkdir(parents=True)
    started = time.perf_counter()

    def unpack(archive: Path) -> None:
        done = subprocess.run(
            ["dpkg-deb", "--extract", str(archive), str(target)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ProvisioningError(f"{archive.name} cannot be unpacked: {done.stderr.strip()}")

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for count, _ in enumerate(pool.map(unpack, archives), start=1):
            if count % 50 == 0:
                tell(f"  {count} of {len(archives)}")
    tell(f"unpacked in {time.perf_counter() - started:.0f} s")
