"""A Chromium without a window, and fonts for it: the tests look at the wallboard with it and take its pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

from provisioning.apt_prefix import has_prefix, provide_prefix
from provisioning.cache import Cache, ProvisioningError
from provisioning.machine import Tool, ask_version

NAME = "chromium"
PACKAGES = ("chromium-headless-shell", "fonts-roboto-unhinted")
NOT_UNPACKED = (
    # It runs on the machine's own C library: it starts copies of itself, which no loader of ours would catch.
    "libc6_",
    "libc-bin_",
    "locales_",
    # Drivers of graphics cards: it draws in software.
    "libgl1-mesa-dri_",
    "libllvm",
    "libz3-",
    "mesa-",
    "libgl1-mesa-glx_",
)
_SYSTEM_NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def find_browser(cache: Cache, *, fresh: bool, download: bool) -> Tool | None:
    """The machine's own unless `fresh`, else one that is unpacked; without `download` only what is here already."""
    system = None if fresh else _of_the_machine()
    if system is not None or not (download or has_prefix(cache, PACKAGES)):
        return system
    return _unpacked(provide_prefix(cache, PACKAGES, own_release=True, without=NOT_UNPACKED))


def _of_the_machine() -> Tool | None:
    for name in _SYSTEM_NAMES:
        path = shutil.which(name)
        version = "" if path is None else ask_version(NAME, [path])
        if path is not None and version:
            return Tool((path,), version, "system")
    return None


def _unpacked(prefix: Path) -> Tool:
    program = prefix / "usr/lib/chromium/chromium-headless-shell"
    libraries = sorted(prefix.glob("usr/lib/*-linux-gnu"))
    if not program.exists() or not libraries:
        raise ProvisioningError(f"{prefix} holds no Chromium: remove that folder and run again")
    fonts = prefix / "fonts.conf"
    if not fonts.is_file():
        text = _FONTS.format(fonts=prefix / "usr/share/fonts", cache=prefix / "font-cache")
        fonts.write_text(text, encoding="utf-8")
    folders = (libraries[0], libraries[0] / "pulseaudio", prefix / "lib" / libraries[0].name)
    environment = {
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in folders if folder.is_dir()),
        "FONTCONFIG_FILE": str(fonts),
    }
    version = ask_version(NAME, [str(program)], environment)
    if not version:
        raise ProvisioningError(
            f"Chromium of {prefix} cannot be run: remove that folder and run again, or install chromium yourself"
        )
    return Tool((str(program),), version, "provisioned", environment)
