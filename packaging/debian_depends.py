"""Which Debian packages the compiled modules of the environment need, as the dynamic loader here finds them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path


def shared_libraries(tree: Path) -> list[str]:
    """Debian's packages with the libraries that files in `tree` are linked with and do not bring along.

    The C library with the version the wheels were made for (their tag manylinux_2_NN).
    """
    paths: set[str] = set()
    for module in sorted(tree.rglob("*.so*")):
        done = subprocess.run(["ldd", str(module)], capture_output=True, text=True, check=False)
        paths |= {path for path in re.findall(r"(?:=> )?(/\S+) \(0x", done.stdout) if str(tree) not in path}
    packages = sorted({name for path in paths if (name := _owner(path)) and name != "libc6"})
    return [f"libc6 (>= 2.{_glibc(tree)})", *packages]


def _owner(path: str) -> str:
    """The package of a library; the loader may call it by a path that dpkg knows with or without /usr."""
    for known in (path, path.removeprefix("/usr"), str(Path(path).resolve())):
        done = subprocess.run(["dpkg-query", "-S", known], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return ""


def _glibc(tree: Path) -> int:
    tags = "".join(path.read_text() for path in tree.rglob("*.dist-info/WHEEL"))
    return max((int(minor) for minor in re.findall(r"manylinux_2_(\d+)", tags)), default=17)
