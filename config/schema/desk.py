"""The settings' table about the desk, the process that serves people's browsers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config.schema.base import Section
from config.schema.values import valid_own_address


class Desk(Section):
    """`callengine desk`, a process of its own; the engine does not need it."""

    host: Annotated[str, AfterValidator(valid_own_address)] = Field(
        "127.0.0.1",
        description="an address of this machine to listen on; nothing personal is shown there yet",
    )
    port: int = Field(8791, ge=0, le=65535, description="0 takes a free one")
