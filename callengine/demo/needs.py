"""What `callengine demo` needs beside callengine itself, told where it is missing."""

from __future__ import annotations

import sys
from importlib.metadata import requires


def without_telephones(missing: ModuleNotFoundError) -> str:
    """The demo's softphones are libraries that a centre does not need, so an installation may lack them."""
    wanted = " ".join(f"'{one}'" for one in demo_requirements())
    return (
        f"the demo's telephones are not installed (no module {missing.name}): "
        f"{sys.executable} -m pip install {wanted}, or `make demo` in the source archive"
    )


def demo_requirements() -> list[str]:
    """The extra `demo` of this distribution, as pip takes it."""
    return [
        one.partition(";")[0].strip()
        for one in requires("callengine") or []
        if "extra ==" in one and "demo" in one.partition(";")[2]
    ]
