"""A short run of hostile calls on a real Asterisk, and every batch that ever broke something."""

from __future__ import annotations

import pytest

from tests.fuzz.calls import besieged_centre, kept, strike
from tests.fuzz.pbx_witness import PbxWitness

DIALPLAN = "[callengine-in]\nexten => s,1,Set(A=1)\n same => n,Gosub(callengine-in,s,1)\n"
OWN = "Event: Newexten\r\nContext: callengine-in\r\nApplication: Set\r\n\r\n"


async def test_hostile_calls_break_nothing_and_inject_nothing() -> None:
    async with besieged_centre() as here:
        for name in ("short/0", "short/1", *kept()):
            await strike(here, name)
        # They got as far as there is dialplan: they were rung out and came to the menus.
        assert {"dial", "read"} <= here.witness.applications


@pytest.mark.parametrize(
    "strange",
    [
        OWN.replace("Application: Set", "Application: System"),
        OWN.replace("callengine-in", "elsewhere"),
        "Event: UserEvent\r\nUserEvent: CallengineHolding\r\nAction: Setvar\r\n\r\n",
        "Event: UserEvent\r\nEvent: UserEvent\r\n\r\n",
        "Event: VarSet\r\nVariable: INJECTED\r\nUniqueid: 1.1\r\n\r\n",
    ],
)
def test_the_witness_sees_what_no_dialplan_of_ours_does(strange: str) -> None:
    witness = PbxWitness(DIALPLAN)
    witness.see(OWN)
    witness.check()
    witness.see(strange)
    with pytest.raises(AssertionError):
        witness.check()
