"""How much a share of few calls says: an interval in which the true share lies, and when there are too few to show one.

With 10 calls a measured 88 % may be 60 or 97 %: whoever shows a percentage shows this beside it.
"""

from __future__ import annotations

from math import sqrt

ENOUGH_CALLS = 10
"""Below this a percentage is shown grey."""

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution: an interval of 95 %."""


def interval(good: int, of: int) -> tuple[float, float] | None:
    """The share's 95 % interval by Wilson's score; None of no calls. Raises ValueError unless 0 ≤ good ≤ of.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), p. 209. Unlike the usual
    ± it never leaves 0…1 and holds for few calls and for shares near 1.
    """
    if not 0 <= good <= of:
        raise ValueError(f"{good} good calls of {of}")
    if of == 0:
        return None
    share, z2 = good / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    # At the ends the formula gives exactly 0 and 1; the machine's rounding does not.
    return (0.0 if good == 0 else middle - half, 1.0 if good == of else middle + half)
