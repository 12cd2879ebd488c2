"""A Debian of this machine's own release, as a folder in the cache: what a test boots as a whole machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from provisioning.apt_prefix import apt_network_settings, provide_prefix
from provisioning.apt_sources import archive_to_use
from provisioning.cache import Cache, ProvisioningError, tell

FORMAT = 1
"""Raised when what is made from the same packages changes."""


def debian_root_of(cache: Cache, suite: str, packages: Sequence[str]) -> Path:
    """Where the folder with these packages is, or would be."""
    wanted = " ".join([str(FORMAT), suite, *sorted(packages)])
    return cache.root / "debian" / f"{suite}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"


def provide_debian_root(cache: Cache, packages: Sequence[str]) -> Path:
    """Debian's essential packages with these and all they depend on, configured; made once, then only looked up.

    Made by mmdebstrap (unpacked into the cache, nothing is installed), which lets this machine's apt download from
    this machine's mirror. Raises ProvisioningError without root, without a mirror or without a network.
    """
    source = archive_to_use(own_release=True)
    suite = source.suites[0]
    target = debian_root_of(cache, suite, packages)
    if target.is_dir():
        return target
    if os.geteuid() != 0:
        raise ProvisioningError("a whole Debian can be made by root only: its packages are configured in it")
    program = provide_prefix(cache, ["mmdebstrap"], with_dependencies=False, own_release=True)
    tell(f"making a Debian ({suite}) for the tests: two minutes, the first time only")
    started = time.perf_counter()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    sources = target.with_suffix(".sources")
    sources.write_text(source.as_deb822(), encoding="utf-8")
    settings = [
        *apt_network_settings(),
        # A mirror may be a snapshot whose lists have run out.
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
    ]
    done = subprocess.run(
        [
            "perl",
            str(program / "usr" / "bin" / "mmdebstrap"),
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            f"--include={','.join(packages)}",
            *(f"--aptopt={setting}" for setting in settings),
            suite,
            str(unfinished),
            str(sources),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    sources.unlink()
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        reasons = [line for line in done.stderr.splitlines() if line[:2] in ("E:", "W:")]
        raise ProvisioningError("a Debian for the tests cannot be made:\n    " + "\n    ".join(reasons[-5:]))
    unfinished.rename(target)
    tell(f"made in {time.perf_counter() - started:.0f} s")
    return target
