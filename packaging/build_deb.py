"""Builds callengine's Debian package for the Debian it runs on: `build_deb.py WHEEL [FOLDER]`; no root.

The package is a virtual environment at /usr/lib/callengine on Debian's own Python, with every package as locked in
requirements/run.txt, and around it what Debian expects. The second build needs no network: the wheels are kept in the
cache, and pip compares each with the lock's hashes however it came. The same tree gives the same file, to the byte,
where SOURCE_DATE_EPOCH (or git) tells the date.

Standard library only; what it needs is dpkg-deb, and pip of the development environment that runs it.
"""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from debian_depends import shared_libraries

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
HOME = Path("usr/lib/callengine")
DEBIAN_PYTHON = "/usr/bin/python3"
LOCK = ROOT / "requirements" / "run.txt"
_ALONE = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
"""The environment's own callengine speaks, not that of the folder the build is called in."""
PAGES = ("README.md", "CHANGELOG.md", "SECURITY.md", "docs/*.md", "docs/reference/*.md")


class BuildError(Exception):
    """The package cannot be built here; the text says why."""


@dataclass(frozen=True)
class Target:
    """What is built, and for which machine."""

    version: str
    """callengine's, with the Debian it is for: a newer Debian's package of the same version is the newer one."""
    architecture: str
    python: str
    """Major and minor: the environment runs on no other."""
    codename: str
    maintainer: str
    moment: int
    """Seconds since 1970 that every file in it bears."""

    @property
    def file_name(self) -> str:
        """As Debian names it."""
        return f"callengine_{self.version}_{self.architecture}.deb"


def main(wheel: Path, folder: Path) -> Path:
    """Build the package into `folder` and return its path."""
    target = _target(wheel)
    with tempfile.TemporaryDirectory(prefix="callengine-deb-") as name:
        tree = Path(name) / "tree"
        tree.mkdir()
        _lay_out_environment(tree, wheel, target)
        _lay_out_the_rest(tree, target)
        _lay_out_control(tree, target)
        _settle_modes_and_times(tree, target.moment)
        folder.mkdir(parents=True, exist_ok=True)
        package = folder / target.file_name
        _run(
            "dpkg-deb",
            "--root-owner-group",
            "-Zxz",
            "--build",
            tree,
            package,
            SOURCE_DATE_EPOCH=str(target.moment),
        )
    return package


def _target(wheel: Path) -> Target:
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian" or not shutil.which("dpkg-deb"):
        raise BuildError(
            f"a Debian package is built on Debian; this is {release.get('PRETTY_NAME', 'something else')}"
        )
    if not Path(DEBIAN_PYTHON).exists():
        raise BuildError(
            f"{DEBIAN_PYTHON} is missing, which the package will run on: apt-get install python3"
        )
    python = _ask(DEBIAN_PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    if tuple(map(int, python.split("."))) < (3, 11):
        raise BuildError(f"callengine needs Python 3.11 or newer; Debian's own here is {python}")
    name = os.environ.get("DEBFULLNAME", "callengine maintainers")
    address = os.environ.get("DEBEMAIL", "maintainers@callengine.invalid")
    return Target(
        version=f"{wheel.name.split('-')[1]}+deb{release['VERSION_ID']}",
        architecture=_ask("dpkg", "--print-architecture"),
        python=python,
        codename=release.get("VERSION_CODENAME", "unstable"),
        maintainer=f"{name} <{address}>",
        moment=int(os.environ.get("SOURCE_DATE_EPOCH") or _date_of_the_tree()),
    )


def _date_of_the_tree() -> str:
    try:
        return _ask("git", "-C", ROOT, "log", "-1", "--format=%ct")
    except (BuildError, OSError):
        return str(int((ROOT / "pyproject.toml").stat().st_mtime))  # a source archive


def _lay_out_environment(tree: Path, wheel: Path, target: Target) -> None:
    home = tree / HOME
    _run(DEBIAN_PYTHON, "-m", "venv", "--without-pip", "--symlinks", home)
    lock = ("--require-hashes", "-r", LOCK)
    wheels = _cache() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    if not _pip(home, "install", "--no-index", "--find-links", wheels, *lock, may_fail=True):
        print("  Python packages: downloading what the lock names", file=sys.stderr, flush=True)
        _pip(home, "download", "--only-binary", ":all:", "--dest", wheels, *lock)
        _pip(home, "install", "--no-index", "--find-links", wheels, *lock)
    _pip(home, "install", "--no-index", "--no-deps", wheel)
    for rest in (
        *home.glob("lib/python*/site-packages/*.dist-info/direct_url.json"),
        *home.glob("bin/[Aa]ctivate*"),
    ):
        rest.unlink()
    for program in sorted((home / "bin").iterdir()):
        if program.name == "callengine":
            program.write_text(program.read_text().replace(str(home), f"/{HOME}"))
        elif not program.is_symlink():
            program.unlink()  # alembic, mako-render, …: others' commands, which nobody calls here
    # The name that pyvenv.cfg and the links give Debian's Python is the same on every such machine.
    (home / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {target.python}\n"
        f"executable = /usr/bin/python{target.python}\n"
    )
    for name, leads_to in (("python3", f"/usr/bin/python{target.python}"), ("python", "python3")):
        (home / "bin" / name).unlink(missing_ok=True)
        (home / "bin" / name).symlink_to(leads_to)
    (home / "bin" / f"python{target.python}").unlink(missing_ok=True)
    for record in home.glob("lib/python*/site-packages/*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text(
            "".join(line for line in lines if "__pycache__" not in line and "/bin/" not in line)
        )
    shutil.rmtree(home / "include")  # for building other modules
    for compiled in list(home.rglob("__pycache__")):
        shutil.rmtree(compiled)


def _pip(home: Path, *arguments: str | Path, may_fail: bool = False) -> bool:
    command = [sys.executable, "-m", "pip", "--python", home / "bin" / "python3", arguments[0], "--quiet"]
    return _run(
        *command,
        "--disable-pip-version-check",
        *arguments[1:],
        may_fail=may_fail,
        PIP_ROOT_USER_ACTION="ignore",
    )


def _cache() -> Path:
    own = os.environ.get("CALLENGINE_CACHE")
    return (
        Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callengine"
    )


def _lay_out_the_rest(tree: Path, target: Target) -> None:
    """Units, settings, documents, man page, completion: what the program itself can write, it writes."""
    program = tree / HOME / "bin" / "python3"
    sample = tree.parent / "sample"
    _run(program, "-m", "callengine", "sample", sample, **_ALONE)
    # From Debian 13 on units are below /usr/lib; before, Debian's own tools look in /lib.
    units = (
        "lib/systemd/system" if int(target.version.rpartition("deb")[2]) < 13 else "usr/lib/systemd/system"
    )
    for name in ("callengine.service", "callengine-desk.service"):
        unit = (sample / name).read_text()
        _write(
            tree / units / name,
            re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/usr/bin/callengine", unit),
        )
    _write(tree / "usr/lib/sysusers.d/callengine.conf", (sample / "callengine.sysusers").read_text())
    _write(tree / "etc/callengine/callengine.toml", (sample / "callengine.toml").read_text(), mode=0o600)
    (tree / "etc/callengine").chmod(0o700)
    (tree / "usr/bin").mkdir()
    (tree / "usr/bin/callengine").symlink_to("../lib/callengine/bin/callengine")
    package = next((tree / HOME).glob("lib/python*/site-packages/callengine"))
    (tree / "usr/share/callengine").mkdir(parents=True)
    (tree / "usr/share/callengine/asterisk-sample").symlink_to(
        f"../../../{package.relative_to(tree)}/asterisk_sample".replace("../../../usr/", "../../")
    )
    completion = _ask(program, package.parent.parent.parent.parent / "bin" / "callengine", **_completing())
    _write(tree / "usr/share/bash-completion/completions/callengine", completion + "\n")
    page = _ask(program, ROOT / "packaging" / "man_page.py", **_ALONE) + "\n"
    _compressed(tree / "usr/share/man/man1/callengine.1.gz", page)
    documents = tree / "usr/share/doc/callengine"
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            _write(documents / _page_name(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    _write(documents / "copyright", (ROOT / "packaging/debian/copyright").read_text())
    date = email.utils.formatdate(target.moment)
    _compressed(
        documents / "changelog.gz",
        f"callengine ({target.version}) {target.codename}; urgency=medium\n\n"
        f"  * What changed: CHANGELOG.md beside this file.\n\n -- {target.maintainer}  {date}\n",
    )
    overrides = (ROOT / "packaging/debian/lintian-overrides").read_text()
    _write(tree / "usr/share/lintian/overrides/callengine", overrides)


def _page_name(path: Path) -> Path:
    """Where a page lies in the package: those of docs/ beside README.md, whose map of them is MAP.md there."""
    if path == Path("docs/README.md"):
        return Path("MAP.md")
    return path.relative_to("docs") if path.parts[0] == "docs" else path


def _completing() -> Mapping[str, str]:
    return {"_CALLENGINE_COMPLETE": "bash_source", **_ALONE}


def _lay_out_control(tree: Path, target: Target) -> None:
    control = tree / "DEBIAN"
    size = sum(path.lstat().st_size for path in tree.rglob("*") if not path.is_symlink()) // 1024
    major, minor = map(int, target.python.split("."))
    depends = [f"python3 (>= {major}.{minor})", f"python3 (<< {major}.{minor + 1})", *shared_libraries(tree)]
    values = {
        "VERSION": target.version,
        "ARCHITECTURE": target.architecture,
        "MAINTAINER": target.maintainer,
        "INSTALLED_SIZE": str(size),
        "DEPENDS": ", ".join(depends),
        "PYTHON_VERSION": target.python,
        "REVISION": _ask(tree / HOME / "bin/python3", "-m", "callengine", "db", "revision", **_ALONE),
        "DESK_REVISION": _ask(
            tree / HOME / "bin/python3", "-m", "callengine", "db", "revision", "--desk", **_ALONE
        ),
    }
    for name in ("control", *SCRIPTS):
        text = (ROOT / "packaging/debian" / name).read_text()
        filled = re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)
        _write(control / name, filled, mode=0o644 if name == "control" else 0o755)
    _write(control / "conffiles", "/etc/callengine/callengine.toml\n")
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(tree)}\n"
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not path.is_symlink() and control not in path.parents
    ]
    _write(control / "md5sums", "".join(sums))


def _settle_modes_and_times(tree: Path, moment: int) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink() and tree / "etc" not in path.parents:
            runs = path.is_dir() or (path.parent.name in ("bin", "DEBIAN") and path.stat().st_mode & 0o100)
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def _compressed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _ask(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def _run(*command: str | Path, may_fail: bool = False, **environment: str) -> bool:
    try:
        _ask(*command, **environment)
    except BuildError:
        if not may_fail:
            raise
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("use: build_deb.py WHEEL [FOLDER]")
    try:
        print(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else ROOT / "dist"))
    except BuildError as problem:
        sys.exit(f"the Debian package cannot be built: {problem}")
