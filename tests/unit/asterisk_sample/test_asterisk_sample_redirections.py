"""Nothing of ours follows a redirection: a phone that sends its calls on would be dialled out at the centre's cost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ami_adapters.protocol import dialplan_names as names

DIALPLAN = (Path(__file__).parents[3] / "asterisk-sample" / "etc" / "callengine_extensions.conf").read_text(
    encoding="utf-8"
)
RINGS = [
    line.strip()
    for line in DIALPLAN.splitlines()
    if re.search(r"[,?](Dial|Queue|RetryDial|FollowMe|Page)\(", line)
]


def options_of(line: str) -> str:
    """Dial's third argument, Queue's second; values in braces and option arguments put aside."""
    application, _, rest = re.split(r"[,?)](?=Dial|Queue|RetryDial|FollowMe|Page)", line)[-1].partition("(")
    while re.search(r"\$\{[^{}]*\}|\$\[[^\[\]]*\]", rest):
        rest = re.sub(r"\$\{[^{}]*\}|\$\[[^\[\]]*\]", "V", rest)
    arguments = re.sub(r"\([^()]*\)", "", rest.removesuffix(")")).split(",")
    return arguments[1 if application == "Queue" else 2]


def test_the_dialplan_rings_telephones_in_these_places() -> None:
    assert len(RINGS) >= 6


@pytest.mark.parametrize("line", RINGS)
def test_every_dial_and_queue_ignores_redirections(line: str) -> None:
    assert "i" in re.sub(r"[A-Z]", "", options_of(line)), line


def test_what_originate_rings_is_sent_on_to_nowhere() -> None:
    _, _, context = DIALPLAN.partition(f"\n[{names.CONTEXT_NO_FORWARD}]\n")
    steps = [line for line in context.partition("\n[")[0].splitlines() if line and not line.startswith(";")]
    assert steps
    assert all(step.rpartition(",")[2].startswith("Hangup(") for step in steps)
