"""What a snapshot may find of a resident who is just arriving."""

from __future__ import annotations

import re
from pathlib import Path

from ami_adapters.protocol import dialplan_names as names

DIALPLAN = Path(__file__).parents[3] / "asterisk-sample" / "etc" / "callengine_extensions.conf"


def test_a_snapshot_between_any_two_steps_of_the_arrival_knows_his_number_or_does_not_know_him_yet() -> None:
    """In a run of chaos one of 6,148 calls was taken over without its number: nobody could have called back."""
    _, _, context = DIALPLAN.read_text(encoding="utf-8").partition("\n[callengine-arrival]\n")
    lines = context.partition("\n[")[0].splitlines()
    steps = [name for line in lines for name in re.findall(r"Set\((CALLENGINE_[A-Z]+)=", line)]
    first_seen = steps.index(names.ARRIVED_VARIABLE)
    assert steps.count(names.NUMBER_VARIABLE) > 0
    for needed in (names.NUMBER_VARIABLE, names.DID_VARIABLE, names.STATE_VARIABLE):
        assert needed in steps[:first_seen], needed
    assert names.NUMBER_VARIABLE not in steps[first_seen:]
