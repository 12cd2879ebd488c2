"""What an agent asks of the telephone, by a button instead of his phone's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from callengine.desk.people.scope import Scope

BUTTONS: Final = frozenset(
    {"agent_log_in", "agent_log_out", "agent_pause", "agent_unpause", "agent_end_wrap_up"}
)
"""What he may ask for himself; `queues.terms.desk_words` has the words."""
DIAL: Final = "dial"
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{16,60}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish. `client_id` is the browser's: sent twice, it is asked once."""

    client_id: str
    kind: str
    agent: str
    reason: str = ""
    company: str = ""
    number: str = ""


class Commands(Protocol):
    """Carries wishes to the engine and keeps them until it has answered."""

    async def ask(self, scope: Scope, wish: Asked) -> None:
        """Keep it, and send it as soon as the engine is there."""


def is_client_id(text: str) -> bool:
    """Whether a browser could have made it: 96 random bits and more."""
    return _CLIENT_ID.fullmatch(text) is not None
