"""What the evidence tells of calls that a test makes up: figures, time to a human, harmless cells."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from callengine.platform.language import texts_of
from callengine.reports.evidence import Evidence, as_csv, as_html
from callengine.reports.period import Period
from queues.terms.phone import Phone
from sla.compliance import Verdict
from sla.legal_figure import legal_figure
from storage.queries.evidence import EvidenceCall
from tests.support.centre import moment

MOSCOW = ZoneInfo("Europe/Moscow")
DAY = Period(date(2026, 11, 23), date(2026, 11, 23), MOSCOW)


def call(name: str, at: float, **more: object) -> EvidenceCall:
    plain = EvidenceCall(
        call=name,
        company="sever",
        did="74951234501",
        line_kind="general",
        queue="general",
        number=Phone("+79161234567"),
        arrived_at=moment(at),
        queued_at=None,
        answered_at=None,
        agent=None,
        ended_at=None,
        outcome=None,
        served_by=None,
        recording=None,
        offers=0,
        verdict=None,
        rules=None,
        choice_offered_at=None,
        choice=None,
        choice_at=None,
        message_at=None,
        message_reviewed_at=None,
        message_reviewed_by=None,
        obligation=None,
        due_at=None,
        contacted_at=None,
        disposition=None,
        closing=None,
        why=None,
        dials=(),
    )
    return replace(plain, **more)


def evidence(*calls: EvidenceCall) -> Evidence:
    return Evidence("sever", DAY, moment(9999), calls, whole_numbers=False)


def test_every_offered_call_whose_time_is_over_is_in_the_legal_figure() -> None:
    figure = legal_figure(
        [
            Verdict.ANSWERED_IN_TIME,
            Verdict.CONTACTED_IN_TIME,
            Verdict.MESSAGE_REVIEWED_IN_TIME,
            Verdict.BROKEN,
            Verdict.NOT_OWED,
            Verdict.PENDING,
            None,
        ]
    )
    assert (figure.offered, figure.kept, figure.ratio) == (7, 3, Fraction(3, 5))
    assert legal_figure([None, Verdict.PENDING]).ratio is None


def test_time_to_a_human_runs_from_the_first_of_his_calls_across_all_his_tries() -> None:
    told = evidence(
        call("c1", 0, obligation="ob-c1", contacted_at=moment(300)),
        call("c2", 200, obligation="ob-c1", contacted_at=moment(300)),
        call("c3", 10, answered_at=moment(20)),
        call("c4", 50, obligation="ob-c4"),
    ).time_to_human
    assert (told.residents, told.reached, told.median_seconds) == (3, 2, 155)


def test_a_text_that_a_spreadsheet_would_calculate_is_told_as_text() -> None:
    text = as_csv(evidence(call("c1", 0, why='=HYPERLINK("x")', agent="@1001")))
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["why"], row["agent"]) == ('\'=HYPERLINK("x")', "'@1001")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_page_escapes_what_people_wrote_and_is_whole_in_both_languages(language: str) -> None:
    page = as_html(evidence(call("c1", 0, why="<script>alert(1)</script>", verdict="broken")), language)
    assert "<script>" not in page
    assert texts_of("evidence")[language]["title"] in page
    assert set(texts_of("evidence")["ru"]) == set(texts_of("evidence")["en"])
    assert texts_of("evidence")[language]["no_calls"] in as_html(evidence(), language)


def test_what_he_was_told_and_chose_and_who_reviewed_his_message_is_shown() -> None:
    told = evidence(
        call(
            "c1",
            0,
            choice_offered_at=moment(180),
            choice="message",
            choice_at=moment(185),
            message_at=moment(200),
            message_reviewed_at=moment(300),
            message_reviewed_by="1001",
        )
    )
    (row,) = csv.DictReader(io.StringIO(as_csv(told)))
    assert (row["choice"], row["message_reviewed_by"]) == ("message", "1001")
    assert row["message_at"] == "2026-11-23 15:03:20.000+03:00"
    assert "reviewed 2026-11-23 15:05:00.000+03:00 1001" in as_html(told, "en")


def test_days_are_the_centres_own_and_the_last_one_is_included() -> None:
    assert DAY.start == datetime(2026, 11, 22, 21, tzinfo=ZoneInfo("UTC"))
    assert DAY.end == datetime(2026, 11, 23, 21, tzinfo=ZoneInfo("UTC"))
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2026, 11, 24), date(2026, 11, 23), MOSCOW)


def test_a_recording_of_which_a_part_is_there_is_shown_with_its_seconds() -> None:
    whole = call("c1", 0, recording="/r/c1.wav")
    cut = call("c2", 1, recording="/r/c2.wav", recorded_seconds=3)
    shown = [row["recordings"] for row in csv.DictReader(io.StringIO(as_csv(evidence(whole, cut))))]
    assert shown == ["/r/c1.wav", "/r/c2.wav (3 s)"]
