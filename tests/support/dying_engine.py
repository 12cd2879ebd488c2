"""`callengine`, killed by itself between a dial's claim and its Originate: kill -9 at exactly that moment.

With DIES_BEFORE_COMMIT in its environment: when the dial is decided, and nothing of that is committed.
"""

from __future__ import annotations

import os
import signal

from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.cli.main import main
from callengine.loop.engine_loop import Engine
from callengine.run import application
from queues.messages.commands import Command, DialCallback


class DyingSwitchboard(PbxConnection):
    """Dies instead of dialling; the claim is committed by then, and nothing was sent yet."""

    def execute(self, command: Command) -> None:
        """Send it, but for a callback."""
        if isinstance(command, DialCallback):
            os.kill(os.getpid(), signal.SIGKILL)
        super().execute(command)


class HastyEngine(Engine):
    """Dies as soon as a dial is decided."""

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, DialCallback):
            os.kill(os.getpid(), signal.SIGKILL)
        super()._carry_out(command)


application.PbxConnection = DyingSwitchboard
if os.environ.get("DIES_BEFORE_COMMIT"):
    application.Engine = HastyEngine

if __name__ == "__main__":
    main()
