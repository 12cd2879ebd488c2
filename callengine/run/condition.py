"""How the engine fares, for whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping

from ami_adapters.connection.charge import Charge
from ami_adapters.connection.link import AmiLink, LinkState
from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.loop.overload_guard import OverloadGuard
from callengine.metrics.charge import InCharge
from callengine.observers.ledger_health import LedgerWatch


def conditions(
    link: AmiLink, board: PbxConnection, vitals: OverloadGuard, ledger: LedgerWatch, charge: Charge
) -> Mapping[str, bool]:
    """What must hold for the engine to do its work."""
    return {
        "in_charge": not charge.is_lost and (charge.allows() or not charge.was_held),
        "pbx_connected": link.state is LinkState.CONNECTED,
        "pbx_state_known": board.is_synced,
        "keeps_up": not vitals.is_behind,
        "ledger_writes": ledger.keeps_decisions,
    }


def in_charge(charge: Charge) -> InCharge:
    """For the metrics."""
    holds = charge.allows()
    return InCharge(holds, charge.me.told() if holds else "", charge.sessions, charge.kept_back)
