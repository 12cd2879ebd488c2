"""A real Prometheus for a test: the configuration and rules that ship, only quicker and on other ports."""

from __future__ import annotations

import asyncio
import math
import re
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from callengine.demo.reserved_ports import ReservedPorts
from callengine.sample.monitoring_files import write_monitoring_files
from callengine.sample.provisioned_tools import find_tools

READY_SECONDS = 30.0
Sample = tuple[Mapping[str, str], float]


class PrometheusServer:
    """Asks the HTTP API of a running Prometheus."""

    def __init__(self, port: int, client: aiohttp.ClientSession) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"
        self._client = client
        self.started = time.time()

    async def ask(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer; what Prometheus calls a warning is an error here."""
        async with self._client.get(f"{self._url}/{path}", params=parameters) as answer:
            body = await answer.json()
        assert body["status"] == "success", f"{parameters.get('query', path)}: {body}"
        assert not body.get("warnings"), f"{parameters.get('query', path)}: {body['warnings']}"
        return body["data"]

    async def now(self, query: str) -> list[Sample]:
        """What an expression gives at this moment."""
        found = await self.ask("query", query=query)
        assert found["resultType"] == "vector", f"{query} gives a {found['resultType']}"
        return [(one["metric"], float(one["value"][1])) for one in found["result"]]

    async def over_time(self, query: str) -> list[Sample]:
        """The last number of each series since this Prometheus started; NaN is no number."""
        end = time.time()
        # Whole seconds before the end, so that the last step is the end itself.
        start = end - math.ceil(end - self.started)
        found = await self.ask("query_range", query=query, start=str(start), end=str(end), step="1")
        last = []
        for one in found["result"]:
            numbers = [float(value) for _, value in one["values"] if not math.isnan(float(value))]
            if numbers:
                last.append((one["metric"], numbers[-1]))
        return last

    async def value(self, query: str) -> float | None:
        """The one value of an expression; None while there is none."""
        found = await self.now(query)
        assert len(found) <= 1, f"{query} gives {len(found)} values"
        return found[0][1] if found else None

    async def until(self, query: str, wanted: float, *, seconds: float = 30.0) -> None:
        """Wait until an expression has this value. Raises AssertionError with what it has instead."""
        deadline = time.monotonic() + seconds
        while (found := await self.value(query)) != wanted:
            assert time.monotonic() < deadline, f"{query} is {found}, not {wanted}"
            await asyncio.sleep(0.2)


def _write_configuration(folder: Path, targets: Mapping[str, int], changes: Mapping[str, Any]) -> Path:
    write_monitoring_files("prometheus", folder)
    for rules in folder.glob("callengine.*.yml"):
        rules.write_text(re.sub(r"interval: \w+", "interval: 1s", rules.read_text(encoding="utf-8")))
    path = folder / "prometheus.yml"
    example = yaml.safe_load(path.read_text(encoding="utf-8"))
    del example["alerting"]
    shipped = {one["job_name"]: one for one in example["scrape_configs"]}
    example["scrape_configs"] = [
        {
            **shipped.get(job, {"job_name": job}),
            "scrape_interval": "1s",
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
            **(changes if job == "callengine" else {}),
        }
        for job, port in targets.items()
    ]
    path.write_text(yaml.safe_dump(example))
    return path


@asynccontextmanager
async def running_prometheus(
    targets: Mapping[str, int], changes: Mapping[str, Any] | None = None
) -> AsyncIterator[PrometheusServer]:
    """Scrape these ports of 127.0.0.1 by job once a second; `changes` are further lines of the engine's job."""
    program = find_tools().programs["prometheus"]
    with tempfile.TemporaryDirectory(prefix="prometheus-") as name, ReservedPorts(1) as ports:
        folder, port = Path(name), ports.one()
        configuration = _write_configuration(folder, targets, changes or {})
        log = (folder / "log").open("wb")
        process = await asyncio.create_subprocess_exec(
            *program.command,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
        try:
            async with aiohttp.ClientSession() as client:
                await _until_ready(port, client, process, folder / "log")
                yield PrometheusServer(port, client)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            log.close()


async def _until_ready(
    port: int, client: aiohttp.ClientSession, process: asyncio.subprocess.Process, log: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        try:
            async with client.get(f"http://127.0.0.1:{port}/-/ready") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"Prometheus did not start: {log.read_text(errors='replace')[-2000:]}")
