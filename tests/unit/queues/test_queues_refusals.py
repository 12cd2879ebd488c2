"""Why a telephone was not answered: one row for each thing that SIP, Q.850 and the ringing can say together."""

from __future__ import annotations

import pytest

from queues.terms.refusals import BY_SIP_CODE, LegEnd, Refusal, why_not_answered

NETWORK, REFUSED, BUSY = Refusal.NETWORK, Refusal.REFUSED, Refusal.BUSY
NO_ANSWER, INVALID, FORWARDED = Refusal.NO_ANSWER, Refusal.INVALID, Refusal.FORWARDED

# What the telephone said; why: before it rang, and after.
TABLE = [
    (300, FORWARDED, FORWARDED),
    (302, FORWARDED, FORWARDED),
    (400, NETWORK, NO_ANSWER),
    (401, NETWORK, NO_ANSWER),
    (402, NETWORK, NO_ANSWER),
    (403, NETWORK, REFUSED),
    (404, INVALID, INVALID),
    (407, NETWORK, NO_ANSWER),
    (408, NETWORK, NO_ANSWER),
    (410, INVALID, INVALID),
    (415, NETWORK, NO_ANSWER),
    (480, NO_ANSWER, NO_ANSWER),
    (483, NETWORK, NO_ANSWER),
    (484, INVALID, INVALID),
    (486, BUSY, BUSY),
    (487, NETWORK, NO_ANSWER),
    (488, NETWORK, NO_ANSWER),
    (500, NETWORK, NO_ANSWER),
    (502, NETWORK, NO_ANSWER),
    (503, NETWORK, NO_ANSWER),
    (504, NETWORK, NO_ANSWER),
    (600, BUSY, BUSY),
    (603, REFUSED, REFUSED),
    (604, INVALID, INVALID),
    (606, NETWORK, NO_ANSWER),
    (607, REFUSED, REFUSED),
    (608, REFUSED, REFUSED),
    (699, NETWORK, NO_ANSWER),
]


@pytest.mark.parametrize(("code", "before", "after"), TABLE)
def test_what_sip_said_decides_and_a_telephone_that_rang_is_never_the_networks_fault(
    code: int, before: Refusal, after: Refusal
) -> None:
    assert why_not_answered(LegEnd(sip_code=code, rang=False)) is before
    assert why_not_answered(LegEnd(sip_code=code, rang=True)) is after


def test_of_all_codes_only_those_that_speak_of_the_telephone_are_in_the_table() -> None:
    for code in range(300, 700):
        before = why_not_answered(LegEnd(sip_code=code, rang=False))
        assert (before is NETWORK) is (code not in BY_SIP_CODE), code
        assert why_not_answered(LegEnd(sip_code=code, rang=True)) is not NETWORK, code


@pytest.mark.parametrize("code", [None, 100])
def test_no_final_answer_at_all(code: int | None) -> None:
    """Rang until we gave up; or not even a provisional answer came: that is the trunk's silence, not a resident's."""
    assert why_not_answered(LegEnd(code, rang=False, timed_out=True)) is NETWORK
    assert why_not_answered(LegEnd(180, rang=True, timed_out=True)) is NO_ANSWER
    assert why_not_answered(LegEnd(183, rang=True, timed_out=True)) is NO_ANSWER


def test_a_dialplan_of_an_older_version_which_does_not_tell() -> None:
    assert why_not_answered(LegEnd(timed_out=True)) is NO_ANSWER
    assert why_not_answered(LegEnd(cause=38)) is NETWORK
    assert why_not_answered(LegEnd(cause=1)) is INVALID
    assert why_not_answered(LegEnd(cause=17)) is BUSY


@pytest.mark.parametrize(
    ("code", "cause", "why"),
    [
        # The far side's own Reason header says more than its code.
        (503, 17, BUSY),
        (503, 1, INVALID),
        (500, 21, REFUSED),
        (480, 21, REFUSED),
        (480, 17, BUSY),
        (480, 1, INVALID),
        (480, 20, NO_ANSWER),
        # What Asterisk makes of the code itself, which says no more than it.
        (480, 19, NO_ANSWER),
        (503, 34, NETWORK),
        (403, 21, NETWORK),
        (407, 21, NETWORK),
        (408, 18, NETWORK),
        (488, 58, NETWORK),
        (603, 21, REFUSED),
        (302, 23, FORWARDED),
    ],
)
def test_the_q850_cause_refines_where_the_code_says_nothing_of_the_telephone(
    code: int, cause: int, why: Refusal
) -> None:
    assert why_not_answered(LegEnd(code, rang=False, cause=cause)) is why
