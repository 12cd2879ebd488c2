"""What `callengine check` asks of the PBX about telephones that die without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.check.finding import Finding
from config.settings import Settings

LONGEST_SESSION_SECONDS = 600
"""Of a trunk: a resident who vanished is asked each half of it."""
WHERE = "in the phone's section of pjsip.conf (FreePBX: `[1001](+)` in pjsip.endpoint_custom_post.conf)"


def callback_trunks(settings: Settings) -> list[str]:
    """Every trunk that residents are called back through."""
    callbacks = [line.callback for line in settings.lines if line.callback is not None]
    return sorted({trunk for one in callbacks for trunk in (one.trunk, *one.other_trunks)})


async def agents_phones(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """One that died in mid-talk must be noticed, else its resident hears silence until he gives up."""
    for key, when in (("rtp_timeout", "in mid-talk"), ("rtp_timeout_hold", "while its resident is on hold")):
        unnoticed = []
        for agent in settings.agents:
            technology, _, endpoint = (agent.endpoint or f"PJSIP/{agent.id}").partition("/")
            if technology == "PJSIP" and await _setting(link, endpoint, key) == "0":
                unnoticed.append(agent.id)
        if unnoticed:
            yield Finding(
                "warning",
                f"agents: of a phone that dies {when} nothing is noticed: {_listed(unnoticed)}",
                f"rtp_timeout = 30 and rtp_timeout_hold = 1800 {WHERE}: its resident is then served on by others",
            )


async def trunks(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """A resident who only listens sends nothing; one who vanished answers nothing."""
    for trunk in callback_trunks(settings):
        for key, who in (
            ("rtp_timeout", "a muted resident who waits"),
            ("rtp_timeout_hold", "a resident who has put us on hold"),
        ):
            silence = await _setting(link, trunk, key)
            if silence not in {"", "0"}:
                yield Finding(
                    "warning",
                    f"callbacks: trunk PJSIP/{trunk} hangs up on {who}, after {silence} s",
                    f"{key} = 0 in the trunk's section of pjsip.conf: session timers notice who vanished",
                )
        timers, seconds = [await _setting(link, trunk, key) for key in ("timers", "timers_sess_expires")]
        is_long = seconds.isdigit() and int(seconds) > LONGEST_SESSION_SECONDS
        if timers and (timers != "always" or is_long):
            yield Finding(
                "warning",
                f"callbacks: a resident who vanishes on trunk PJSIP/{trunk} is noticed late or never "
                f"(timers = {timers}, timers_sess_expires = {seconds})",
                "timers = always and timers_sess_expires = 180 in the trunk's section of pjsip.conf",
            )


async def _setting(link: AmiLink, endpoint: str, key: str) -> str:
    """Of an endpoint; empty where there is none, or func_pjsip_endpoint is not loaded."""
    return (await link.send(actions.getvar(f"PJSIP_ENDPOINT({endpoint},{key})"))).text("Value")


def _listed(names: list[str]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")
