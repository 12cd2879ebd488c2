"""AMI numbers nothing: now and then the residents we know are held against Asterisk's own list of channels."""

from __future__ import annotations

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.connection.echo import BeatLink
from ami_adapters.connection.link_faults import Trouble, Troubles
from ami_adapters.protocol import actions
from ami_adapters.protocol.errors import AmiError


class ChannelAudit:
    """Who is missing from the list twice in a row has hung up unheard."""

    def __init__(self, registry: ChannelRegistry, troubles: Troubles) -> None:
        self._registry = registry
        self._troubles = troubles
        self._missing: set[str] = set()

    async def finds_unheard_ends(self, link: BeatLink) -> bool:
        """Look once. True: what we know is wrong."""
        known = set(self._registry.residents)
        try:
            answer = await link.send_nowait(actions.core_show_channels())
        except AmiError:
            return False
        if not answer.success:
            return False
        listed = {item.text("Uniqueid") for item in answer.events}
        missing: set[str] = {
            call for call in known if call not in listed and call in self._registry.residents
        }
        unheard, self._missing = missing & self._missing, missing
        if unheard:
            self._troubles.begin(Trouble.HANG_UPS_MISSING, f"{len(unheard)} calls")
        else:
            self._troubles.end(Trouble.HANG_UPS_MISSING)
        return bool(unheard)
