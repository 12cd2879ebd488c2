"""`python -m callengine`."""

from __future__ import annotations

from callengine.command_line import main

main()
