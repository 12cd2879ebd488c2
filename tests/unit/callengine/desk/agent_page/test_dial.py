"""The form for calling somebody by hand: what it asks of the engine, and what it says of the answer."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from callengine.control.live_messages import CommandAnswered, to_line
from callengine.control.wishes import Wish, wish_from_line
from callengine.demo.centre import CentrePlan, write_settings
from callengine.desk.agent_page.asking import ByOutbox
from callengine.desk.agent_page.assembly import Neighbours, agent_page
from callengine.desk.agent_page.dial_pages import PURPOSES, number_to_dial
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.ledger.reader import LedgerReader
from callengine.desk.process import parts_drawing
from callengine.platform.language import Language, texts_of
from config.loading import load_settings
from config.settings import Settings
from queues.terms.desk_words import CommandRefusal
from queues.terms.outcomes import ContactResult
from storage.migrate import upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.desk_tables import outgoing_calls
from tests.support.desk_pages import desk_database, desk_pages, visitor

PLAN = CentrePlan(agents=1, service_numbers=(("112", "Служба спасения"), ("104", "Газ")))


@dataclass
class Engine:
    """What it was asked, and how it answers a number: a refusal, or nothing for done."""

    refusals: dict[str, str] = field(default_factory=dict)
    asked: list[Wish] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            wish = wish_from_line(line)
            self.asked.append(wish)
            refusal = self.refusals.get(wish.number or "", "")
            writer.write(
                to_line(
                    CommandAnswered(
                        n=0, at=datetime.now(UTC), command=wish.id, done=not refusal, refusal=refusal
                    )
                )
            )
        writer.close()


@dataclass
class Form:
    """One agent's browser at the form."""

    client: aiohttp.ClientSession
    engine: Engine
    status: int = 0
    text: str = ""

    async def open(self, query: str = "") -> str:
        async with self.client.get(f"/desk/work/dial{query}") as answer:
            self.status, self.text = answer.status, await answer.text()
        return self.text

    async def send(self, **fields: str) -> str:
        await self.open()
        (token,) = re.findall(r'name="client_id" value="([^"]+)"', self.text)
        data = {"client_id": token, "company": "zarya", "purpose": "promised", "csrf": "csrf-of-the-test"}
        async with self.client.post("/desk/work/dial", data={**data, **fields}) as answer:
            self.status, self.text = answer.status, await answer.text()
        return self.text

    def wrong(self) -> dict[str, str]:
        found = re.findall(r'<p class="wrong" id="(\w+)-wrong">([^<]*)</p>', self.text)
        return dict(found)


def settings_in(folder: Path) -> Settings:
    secret = folder / "ami.secret"
    secret.touch(mode=0o600)
    secret.write_text("unused")
    return load_settings(write_settings(folder, PLAN, ami_port=5038, secret_file=secret))


@asynccontextmanager
async def at_the_form(folder: Path) -> AsyncIterator[Form]:
    settings, engine, now = settings_in(folder), Engine(), lambda: datetime.now(UTC)
    url = f"sqlite:///{folder}/ledger.db"
    ledger = create_ledger_engine(ledger_url(url))
    await upgrade(ledger)
    async with ledger.begin() as connection:
        await connection.execute(outgoing_calls.insert().values(a_call(settings.pbx.name)))
    await ledger.dispose()
    reader = LedgerReader(ledger_url(url), settings.pbx.name)
    with tempfile.TemporaryDirectory(prefix="callengine-") as short:
        path = Path(short) / "e.sock"
        server = await asyncio.start_unix_server(engine.serve, str(path))
        async with desk_database(f"sqlite:///{folder}/desk.db") as database:
            commands = ByOutbox(database, path, now)
            work = agent_page(
                settings,
                database,
                parts_drawing(settings),
                EngineFollower(path),
                now,
                Neighbours(commands=commands, ledger=reader),
            )
            sending = asyncio.create_task(commands.run())
            try:
                async with desk_pages(work.routes) as address, visitor(address, "agent") as client:
                    yield Form(client, engine)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                server.close()
                await reader.close()


def a_call(node: str) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "attempt": "out-1.1",
        "node": node,
        "command": "w",
        "company": "zarya",
        "did": "74950000001",
        "agent": "1001",
        "account": "3",
        "by": "Иванова",
        "purpose": "Вызов подрядчика: лифт стоит",
        "e164": "+79161234567",
        "made_at": now,
        "ended_at": now,
        "result": "no_answer",
    }


async def test_the_engine_is_asked_with_the_purpose_in_words_and_its_yes_is_told(tmp_path: Path) -> None:
    async with at_the_form(tmp_path) as form:
        told = await form.send(number="8 (916) 123-45-67", purpose="contractor", about="  лифт   стоит ")
        assert (form.status, form.wrong()) == (200, {})
        assert "Сейчас зазвонит ваш телефон: +7 916 123-45-67" in told
        await form.send(service="112", purpose="emergency")
        first, second = form.engine.asked
        assert (first.kind, first.agent, first.company, first.number) == (
            "dial",
            "1001",
            "zarya",
            "+79161234567",
        )
        assert first.reason == "Вызов подрядчика: лифт стоит"
        assert (second.number, second.reason) == ("112", "Экстренная служба")
        assert first.expires_at is not None
        assert first.id != second.id


async def test_what_the_engine_refuses_is_told_beside_the_field_and_what_was_typed_stays(
    tmp_path: Path,
) -> None:
    async with at_the_form(tmp_path) as form:
        form.engine.refusals = {"101": "number_not_listed", "+79160000000": "no_trunk"}
        told = await form.send(number="101", about="пожар")
        assert form.status == 422
        assert "нет в перечне" in form.wrong()["number"]
        assert 'value="101"' in told
        assert 'value="пожар"' in told
        await form.send(number="+79160000000")
        assert list(form.wrong()) == ["company"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": "Иванов"}, "number"),
        ({"number": ""}, "number"),
        ({"number": "89161234567", "service": "112"}, "number"),
        ({"number": "89161234567", "company": "yug"}, "company"),
        ({"number": "89161234567", "purpose": "x"}, "purpose"),
        ({"number": "89161234567", "purpose": "other"}, "about"),
    ],
)
async def test_a_form_that_is_not_whole_asks_for_nothing(
    tmp_path: Path, fields: dict[str, str], wrong: str
) -> None:
    async with at_the_form(tmp_path) as form:
        await form.send(**fields)
        assert (form.status, list(form.wrong())) == (422, [wrong])
        assert form.engine.asked == []


async def test_the_form_is_filled_in_by_the_directory_and_shows_the_days_calls(tmp_path: Path) -> None:
    async with at_the_form(tmp_path) as form:
        text = await form.open("?number=%2B79161234567&company=zarya")
        assert 'value="+79161234567"' in text
        assert "112 · Служба спасения" in text
        assert "Вызов подрядчика: лифт стоит" in text
        assert "не ответили" in text
        assert 'href="/desk/outgoing/out-1.1"' in text


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("8 916 123-45-67", "+79161234567"),
        (" 112 ", "112"),
        ("1 1 2", "112"),
        ("8-800-555-35-35", "+78005553535"),
        ("1", None),
        ("лифт", None),
        ("", None),
    ],
)
def test_what_is_typed_is_e164_or_a_short_number(typed: str, number: str | None) -> None:
    assert number_to_dial(typed) == number


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_refusal_result_and_purpose_has_its_words(language: Language) -> None:
    texts = texts_of("desk.work")[language]
    dialling = set(CommandRefusal) - {
        CommandRefusal.NOT_WAITING,
        CommandRefusal.UNKNOWN_QUEUE,
        CommandRefusal.NOT_OWED,
        CommandRefusal.NO_TASK,
        CommandRefusal.NOT_REACHED,
        CommandRefusal.NO_MESSAGE,
    }
    assert [one for one in dialling if f"refused_{one.value}" not in texts] == []
    assert [one for one in ContactResult if f"made_{one.value}" not in texts] == []
    assert [one for one in PURPOSES if f"purpose_{one}" not in texts] == []
