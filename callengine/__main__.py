"""`python -m callengine`."""

from __future__ import annotations

from callengine.cli.main import main

main()
