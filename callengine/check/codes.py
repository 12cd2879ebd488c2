"""Do the agents' codes reach us from their phones, and nothing else?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.check.finding import Finding
from callengine.pbx.live_dialplan import Context, LiveDialplan, literal_beginning, matches
from config.settings import Settings

OURS = "callengine-agent-codes"
_ENDPOINTS = "func_pjsip_endpoint.so"
_OUR_OWN = "callengine-"
_CHOOSE = 'choose others, such as [codes] prefix = "*1" (docs/freepbx.md), written by `callengine sample`'


async def codes(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """In each context that the agents' phones dial in."""
    if (await link.send(actions.getvar(f"IFMODULE({_ENDPOINTS})"))).text("Value") != "1":
        how = f"add `load = {_ENDPOINTS}` to modules.conf: it tells the phones' context"
        yield Finding("warning", "whether the agents' codes clash with others cannot be seen", how)
        return
    live = LiveDialplan(link)
    phones: dict[str, str] = {}
    for agent in settings.agents:
        name = (agent.endpoint or f"PJSIP/{agent.id}").partition("/")[2]
        answer = await link.send(actions.getvar(f"PJSIP_ENDPOINT({name},context)"))
        context = answer.text("Value")
        if context:
            phones.setdefault(context, name)
    if settings.agents and not phones:
        yield Finding("warning", "no agent's phone has a context to dial in", "define them in pjsip.conf")
    for context, phone in sorted(phones.items()):
        reachable = await live.reachable(context)
        if not any(one.name == OURS for one in reachable):
            # A warning: the phones come last (docs/asterisk.md step 6), and Ready must be reached before.
            how = f"`include => {OURS}` in [{context}] (docs/asterisk.md step 6), then `dialplan reload`"
            yield Finding("warning", f"codes: {phone} cannot dial them yet, in context {context}", how)
            continue
        problems = list(clashes(reachable, settings))
        for what, how in problems:
            yield Finding("error", f"codes, dialled by {phone} in {context}: {what}", how)
        if not problems:
            yield Finding("ok", f"codes in context {context}")


def clashes(reachable: Sequence[Context], settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with our codes among these contexts, in the order of the search; ours is one of them."""
    place = next(n for n, context in enumerate(reachable) if context.name == OURS)
    ours = reachable[place].extensions
    numbers = list(settings.codes.numbers())
    for key, number in numbers:
        if not any(matches(extension, number) for extension in ours):
            how = "callengine sample --force --keep-passwords --config …, install callengine_extensions.conf, reload"
            yield f"the dialplan has no {number} ({key})", how
    for n, context in enumerate(reachable):
        if context.name.startswith(_OUR_OWN):
            continue
        for extension in context.extensions:
            told = _clash(extension, ours, numbers, goes_before=n < place)
            if told is not None:
                yield f"{told} {extension} of {context.name}", _CHOOSE


def _clash(
    extension: str, ours: Sequence[str], numbers: Sequence[tuple[str, str]], *, goes_before: bool
) -> str | None:
    hit = next(((key, number) for key, number in numbers if matches(extension, number)), None)
    beginning = literal_beginning(extension)
    # `_X.`, `_*X.`: whatever nobody else takes. After ours they do no harm.
    takes_the_rest = extension.startswith("_") and len(beginning) < 2
    if hit is not None and goes_before:
        return f"{hit[1]} ({hit[0]}) never reaches us, but"
    if hit is not None and not takes_the_rest:
        return f"{hit[1]} ({hit[0]}) is ours and hides"
    if not extension.startswith("_") and any(matches(own, extension) for own in ours):
        return "one of our patterns hides" if not goes_before else None
    return None
