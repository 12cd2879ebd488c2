"""A short, seeded run of `make chaos`: every kind of blow under load, and not one promise broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chaos.__main__ import told
from tests.chaos.blows import SHORT, SHORT_POSTGRES, BlowKind
from tests.chaos.run import Run, run
from tests.support.postgres import postgres_server

__all__ = ["postgres_server"]


@pytest.mark.alone
async def test_whatever_dies_every_resident_is_answered_or_owed_a_contact_and_nobody_is_dialled_twice() -> (
    None
):
    found = await run(SHORT, seed=1, rate=5.0, agents=20)
    nothing_was_broken(found, SHORT)
    assert found.calls > 100


@pytest.mark.alone
async def test_the_same_while_postgresql_is_stopped_and_the_engine_killed_in_the_outage(
    postgres_server: Any,
) -> None:
    found = await run(SHORT_POSTGRES, seed=1, rate=5.0, agents=20, postgres=postgres_server)
    nothing_was_broken(found, SHORT_POSTGRES)
    assert found.calls > 20


def nothing_was_broken(found: Run, blows: Mapping[BlowKind, int]) -> None:
    """The figures are told in any case."""
    print(told(found))
    assert not found.audit.problems, told(found)
    assert not found.unsettled
    assert dict(found.blows) == dict(blows)
