"""docs/asterisk.md, run as the script it claims to be, on the configuration Debian's Asterisk comes with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from callengine.sample.asterisk_config import AMI_SECRET_FILE, AMI_USER
from tests.support.plain_ami import PlainAmi
from tests.support.stock_pbx import ROOT, StockPbx, stock_pbx

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

PAGE = (ROOT / "docs" / "asterisk.md").read_text(encoding="utf-8")
STEPS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
BACKING_OUT = "\n".join(re.findall(r"^```sh backing-out\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def stock() -> Iterator[StockPbx]:
    with stock_pbx() as pbx:
        yield pbx


def test_the_steps_of_the_page_make_a_stock_asterisk_ready_and_can_be_undone(stock: StockPbx) -> None:
    before = {path.name: path.read_text(errors="replace") for path in stock.etc.glob("*.conf")}
    complaints_before = stock.complaints()
    stock.run_script(STEPS)
    secret = (stock.root / "sample" / AMI_SECRET_FILE).read_text().strip()
    with PlainAmi(stock.ami_port, AMI_USER, secret) as ami:
        assert ami.greeting["Response"] == "Success"
        assert ami.ask("Command", Command="core show version")["Message"] == "Permission denied"
        for context in ("callengine-in", "callengine-hold", "callengine-connect", "callengine-callback"):
            assert ami.ask_list("ShowDialPlan", Context=context)
        assert [item["Queue"] for item in ami.ask_list("QueueStatus", Queue="callengine-fallback")]
        # A call on the stock PBX: it announces itself with a timestamp and, without an engine, falls back.
        ami.ask("Originate", Channel="Local/5@callengine-in/n", Application="Wait", Data="20", Async="true")
        arrived = ami.wait_for("CallengineArrived")
        assert re.fullmatch(r"\d{10}\.\d{6}", arrived["Timestamp"])
        assert re.fullmatch(r"\d{10}\.\d{6}", arrived["Arrived"])
        ami.wait_for("QueueCallerJoin", Queue="callengine-fallback", Uniqueid=arrived["Uniqueid"])
        ami.ask("Hangup", Channel=arrived["Channel"])
    assert stock.complaints() == complaints_before

    stock.run_script(STEPS.split("test -e")[0] + BACKING_OUT)
    after = {path.name: path.read_text(errors="replace") for path in stock.etc.glob("*.conf")}
    assert {name: text.rstrip("\n") for name, text in after.items()} == {
        name: text.rstrip("\n") for name, text in before.items()
    }
    assert "There is no existence of 'callengine-in'" in stock.ask("dialplan show callengine-in")
