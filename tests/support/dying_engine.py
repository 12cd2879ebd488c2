"""`callengine`, killed by itself between a callback's claim and its Originate: kill -9 at exactly that moment."""

from __future__ import annotations

import os
import signal

from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.cli.main import main
from callengine.run import application
from queues.messages.commands import Command, DialCallback


class DyingSwitchboard(PbxConnection):
    """Dies instead of dialling; the claim is committed by then, and nothing was sent yet."""

    def execute(self, command: Command) -> None:
        """Send it, but for a callback."""
        if isinstance(command, DialCallback):
            os.kill(os.getpid(), signal.SIGKILL)
        super().execute(command)


application.PbxConnection = DyingSwitchboard

if __name__ == "__main__":
    main()
