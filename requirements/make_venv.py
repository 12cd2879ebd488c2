"""Make the virtual environment from a lock: `make_venv.py FOLDER LOCK [WHEEL]`. Standard library only, no root.

Without WHEEL this checkout itself is installed, editable.

Debian's python3 comes without ensurepip (it is in python3-venv). Where it is missing, pip's own wheel is
fetched as Debian packages it, with the unpacking of asterisk-sample/provisioning.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)


def main(folder: Path, lock: Path, wheel: Path | None) -> int:
    """Make the environment anew, exactly as locked; the marker `.complete` is written last.

    Where nothing of it would be different (a rule of a linter was changed), what is there stays.
    """
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        print(
            f"Python {wanted} or newer is needed; this is {sys.version.split()[0]}. `make PYTHON=…` names another."
        )
        return 1
    marker, made_of = folder / ".complete", what_it_is_made_of(lock, wheel)
    if marker.is_file() and marker.read_text(encoding="utf-8") == made_of:
        marker.touch()
        return 0
    print("  Python packages: installing from the lock (the first time this downloads them)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = make_environment(folder)
    # Hash checking holds for every package, whatever index the machine is set up to use.
    install(pip, "--require-hashes", "-r", str(lock))
    if wheel is None:
        install(pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    else:
        install(pip, "--no-deps", str(wheel))
    marker.write_text(made_of, encoding="utf-8")
    return 0


def what_it_is_made_of(lock: Path, wheel: Path | None) -> str:
    """A digest of all that `main` reads: this file, the lock, the wheel or this checkout's description of itself."""
    import tomllib  # noqa: PLC0415  # an older Python is told its version first

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    described = [project["build-system"], project["project"], project["tool"]["hatch"], sys.version]
    of_package = wheel.read_bytes() if wheel else json.dumps(described, sort_keys=True).encode()
    return hashlib.sha256(Path(__file__).read_bytes() + lock.read_bytes() + of_package).hexdigest()


def make_environment(folder: Path) -> list[str]:
    """Create the empty environment and return the command that is its pip."""
    python = str(folder / "bin" / "python")
    if importlib.util.find_spec("ensurepip") is not None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        return [python, "-m", "pip"]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return [python, f"{pip_wheel()}/pip"]


def pip_wheel() -> Path:
    """Debian's own wheel of pip, unpacked into the cache."""
    sys.path.insert(0, str(ROOT / "asterisk-sample"))
    from provisioning.apt_prefix import provide_prefix  # noqa: PLC0415  # only on a Python without ensurepip
    from provisioning.cache import Cache  # noqa: PLC0415  # as above

    cache = Cache.of_environment()
    with cache.locked():
        prefix = provide_prefix(cache, ["python3-pip-whl"])
    return next((prefix / "usr" / "share" / "python-wheels").glob("pip-*.whl"))


def install(pip: list[str], *arguments: str) -> None:
    """Run pip install; its own words are shown when something is wrong."""
    subprocess.run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("use: make_venv.py FOLDER LOCK [WHEEL]")
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None))
    except subprocess.CalledProcessError as problem:
        sys.exit(f"setting up Python failed: {problem}")
