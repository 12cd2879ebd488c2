"""Prometheus reads an engine that wants a token with the lines that the scrape example has in comments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from callengine.http.auth.middleware import Gate
from callengine.http.auth.sessions import Sessions, session_key
from callengine.http.auth.tokens import Role, TokenFile
from callengine.http.server import HttpServer
from tests.support.prometheus_server import running_prometheus
from tests.unit.callengine.metrics.test_metrics import Scraped


async def test_prometheus_gets_in_with_its_token_and_not_with_another(tmp_path: Path) -> None:
    tokens = TokenFile(tmp_path / "callengine.tokens")
    given = tokens.add("prometheus", Role.METRICS, datetime.now(UTC))
    sessions = Sessions(session_key(tmp_path / "key"), timedelta(days=1))
    gate = Gate(tokens, sessions, wanted=True, https=False, language="ru", now=lambda: datetime.now(UTC))
    server = HttpServer("127.0.0.1", 0, Scraped().metrics, dict, gate=gate)
    await server.start()
    file = tmp_path / "callengine.token"
    try:
        for held, gets_in in ((given, 1), ("cet_somebody_elses", 0)):
            file.write_text(held)
            authorized = {"authorization": {"credentials_file": str(file)}}
            async with running_prometheus({"callengine": server.port}, authorized) as prometheus:
                await prometheus.until('up{job="callengine"}', gets_in)
                known = await prometheus.value('callengine_build_info{version="1.2.3"}')
                assert known == (1 if gets_in else None)
    finally:
        await server.stop()
