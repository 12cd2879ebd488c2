"""Logs: one JSON object a line, and no resident's number or secret in any of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from callengine.platform.logs import configure_logging, get_log
from queues.terms.phone import WITHHELD, Phone
from tests.support.centre import moment

# Not written out where an error is raised: a traceback shows the source.
NUMBER = Phone("+79161234567")
SECRET = "hunter2"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = list(logging.getLogger().handlers), logging.getLogger().level
    stream = io.StringIO()
    configure_logging(level="info", as_json=True, now=lambda: moment(0), stream=stream)
    yield stream
    root = logging.getLogger()
    root.handlers[:], root.level = before


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_its_moment_level_and_place(stream: io.StringIO) -> None:
    get_log("callengine.engine").info("engine_started", epoch=3)
    assert lines(stream) == [
        {
            "event": "engine_started",
            "epoch": 3,
            "level": "info",
            "logger": "callengine.engine",
            "at": "2026-11-23T12:00:00.000000+00:00",
        }
    ]


def test_numbers_and_secrets_are_masked_however_deep(stream: io.StringIO) -> None:
    get_log().warning(
        "refused", number=NUMBER, more={"numbers": [NUMBER, WITHHELD], "secret": SecretStr(SECRET)}
    )
    text = stream.getvalue()
    assert "916123" not in text
    assert "hunter2" not in text
    assert lines(stream)[0]["number"] == "**********67"
    assert lines(stream)[0]["more"]["numbers"] == ["**********67", "withheld"]


def test_a_number_in_the_sentence_of_an_error_is_masked_too(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot dial {NUMBER!r} or {NUMBER}")
    except ValueError:
        get_log().exception("failed")
    assert "916123" not in stream.getvalue()
    assert "ValueError" in lines(stream)[0]["exception"]


def test_no_local_variable_is_printed_with_an_error(stream: io.StringIO) -> None:
    def fail(secret: str) -> None:
        assert secret
        raise ValueError("no")

    try:
        fail(SECRET)
    except ValueError:
        get_log().exception("failed")
    assert "hunter2" not in stream.getvalue()


def test_a_line_break_from_outside_starts_no_new_line(stream: io.StringIO) -> None:
    get_log().info("hello", name='x"\n{"event": "forged"}')
    assert len(stream.getvalue().splitlines()) == 1


def test_libraries_speak_in_the_same_form_and_only_from_warnings_on(stream: io.StringIO) -> None:
    logging.getLogger("panoramisk").info("chatter")
    logging.getLogger("panoramisk").warning("trouble %s", 7)
    assert [(line["event"], line["logger"]) for line in lines(stream)] == [("trouble 7", "panoramisk")]


def test_below_the_wanted_level_nothing_is_written(stream: io.StringIO) -> None:
    get_log("callengine.link").debug("detail")
    assert stream.getvalue() == ""
