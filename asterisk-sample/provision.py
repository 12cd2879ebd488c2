#!/usr/bin/env python3
"""Get an Asterisk (>= 21), SIPp, sox, espeak-ng and their sounds ready, without root.

    python3 asterisk-sample/provision.py [--for-tests] [--fresh] [--json] [--phrases-into DIR]

What the machine has is used; the rest is downloaded with apt into private directories and unpacked
into a cache outside the checkout: `$CALLENGINE_CACHE`, else `$XDG_CACHE_HOME/callengine`, else
`~/.cache/callengine`. Nothing outside it is written. `tools.json` in the cache tells how to run each
tool. A second run takes a fraction of a second; an interrupted one is taken up again.

Standard library only: this runs before any virtual environment exists.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # this folder is shipped as package data
sys.path.insert(0, str(Path(__file__).resolve().parent))

from provisioning.cache import Cache, ProvisioningError  # noqa: E402 - found by the path above
from provisioning.toolset import provide, provide_phrases  # noqa: E402 - found by the path above


def main() -> int:
    """Exit code 0 when every tool is ready, 1 with the reason on standard error otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--fresh", action="store_true", help="ignore every copy the machine itself has")
    parser.add_argument(
        "--for-tests",
        action="store_true",
        help="also what only the tests use: Prometheus, promtool, amtool, Chromium",
    )
    parser.add_argument(
        "--phrases-into",
        type=Path,
        metavar="DIR",
        help="only write our phrases and music folders into the data folder of an Asterisk that is there already",
    )
    parser.add_argument("--json", action="store_true", help="print tools.json instead of its path")
    options = parser.parse_args()
    cache = Cache.of_environment()
    try:
        with cache.locked():
            if options.phrases_into is not None:
                provide_phrases(cache, options.phrases_into, fresh=options.fresh)
                return 0
            tools_file = provide(cache, fresh=options.fresh, for_tests=options.for_tests)
    except ProvisioningError as problem:
        print(f"callengine set-up: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("callengine set-up: interrupted; run it again to go on.", file=sys.stderr)
        return 1
    print(tools_file.read_text(encoding="utf-8") if options.json else tools_file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
