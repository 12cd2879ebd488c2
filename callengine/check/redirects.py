"""What `callengine check` asks of the PBX about telephones and trunks that send a call on (302)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.check.finding import Finding
from callengine.check.silent_phones import callback_trunks
from config.settings import Settings

_BEHIND_DIALS_BACK = "uri_pjsip"
"""The SIP stack itself calls the new address: Dial, which would refuse it (option `i`), never hears of it."""
_HOW = "redirect_method = user in its section of pjsip.conf (FreePBX: `[1001](+)` in pjsip.endpoint_custom_post.conf)"


async def followed(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """Whose redirection would be followed whatever the dialplan says: to any number, at the centre's cost."""
    endpoints = [agent.endpoint or f"PJSIP/{agent.id}" for agent in settings.agents]
    endpoints += [f"PJSIP/{trunk}" for trunk in callback_trunks(settings)]
    for endpoint in dict.fromkeys(endpoints):
        technology, _, name = endpoint.partition("/")
        if technology != "PJSIP":
            continue
        method = (await link.send(actions.getvar(f"PJSIP_ENDPOINT({name},redirect_method)"))).text("Value")
        if method == _BEHIND_DIALS_BACK:
            yield Finding(
                "warning",
                f"{endpoint} may send a call on to any number, and Asterisk would follow (redirect_method = {method})",
                _HOW,
            )
