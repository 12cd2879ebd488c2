"""A call that goes round in a circle is said in the log: at once, then with its number every ten minutes."""

from __future__ import annotations

import io
import json
from datetime import datetime

from callengine.observers.own_calls import OwnCalls
from callengine.platform.logs import configure_logging, get_log
from queues.messages.journal import OwnCallRefused
from queues.terms.identifiers import CallId, CompanyId
from queues.terms.phone import Phone
from tests.support.centre import GENERAL_DID, moment


def test_a_circle_of_thousands_of_calls_is_a_line_in_ten_minutes_and_no_number_is_whole() -> None:
    now, said = [moment(0)], io.StringIO()

    def clock() -> datetime:
        return now[0]

    configure_logging(level="info", as_json=True, now=clock, stream=said)
    calls = OwnCalls(clock, get_log("callengine.test"))
    for second in range(1201):
        now[0] = moment(second)
        calls.observe(
            OwnCallRefused(now[0], CallId("c"), CompanyId("sever"), GENERAL_DID, Phone("84951234501"))
        )
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [one["calls"] for one in lines] == [1, 600, 600]
    assert {one["number"] for one in lines} == {"*********01"}
    assert "forwarded" in lines[0]["right"]
