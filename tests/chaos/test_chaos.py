"""A short, seeded run of `make chaos`: every kind of blow under load, and not one promise broken."""

from __future__ import annotations

import pytest

from tests.chaos.__main__ import told
from tests.chaos.blows import SHORT
from tests.chaos.run import run


@pytest.mark.alone
async def test_whatever_dies_every_resident_is_answered_or_owed_a_contact_and_nobody_is_dialled_twice() -> (
    None
):
    found = await run(SHORT, seed=1, rate=5.0, agents=20)
    print(told(found))
    assert not found.audit.problems, told(found)
    assert not found.unsettled
    assert dict(found.blows) == dict(SHORT)
    assert found.calls > 100
