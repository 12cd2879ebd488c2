"""`callengine demo`: everything is started, lives for a while, is told, and is gone without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.live import Live

from callengine.demo.asterisk_process import AsteriskProcess, AsteriskStartError
from callengine.demo.centre import CentrePlan, Phones, settings_for, start_asterisk
from callengine.demo.desk.opening import DemoDesk
from callengine.demo.desk.town_plan import COMPANIES
from callengine.demo.phones.resident import Behaviour
from callengine.demo.residents_at_large import Town
from callengine.demo.screen import live_view, plain_line, summary
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging
from callengine.run.application import Application
from callengine.sample.provisioned_tools import ToolsMissingError
from storage.queries.obligations import obligation_ends

PLAN = CentrePlan(
    agents=6,
    wrap_up=2,
    notice=True,
    record=True,
    companies=COMPANIES,
    agent_names=(
        "Иванова Анна",
        "Петров Сергей",
        "Сидорова Мария",
        "Кузнецов Олег",
        "Смирнова Ольга",
        "Попов Дмитрий",
    ),
    service_numbers=(("112", "Служба спасения"), ("104", "Аварийная газовая служба")),
    callbacks="disposition_seconds = 10\nsettle_seconds = 4\nretry_busy_seconds = 8\nretry_no_answer_seconds = 15",
)
_FRAME_SECONDS = 0.25
_PLAIN_SECONDS = 5.0
_END_SECONDS = 10.0


def run_demo(seconds: float, *, plain: bool, seed: int) -> int:
    """Run it; the exit code says whether the balance of law 1 held."""
    console = Console()
    # A short path: Asterisk's control socket allows no more than 107 characters.
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        console.print("  Asterisk: starting, on free ports of 127.0.0.1")
        try:
            asterisk = start_asterisk(folder, PLAN)
        except (AsteriskStartError, ToolsMissingError) as problem:
            console.print(f"[red]{problem}[/]")
            return 1
        try:
            return asyncio.run(
                _live(folder, asterisk, console, seconds, plain=plain or not console.is_terminal, seed=seed)
            )
        finally:
            asterisk.stop()


async def _live(
    folder: Path, asterisk: AsteriskProcess, console: Console, seconds: float, *, plain: bool, seed: int
) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    clock = SystemClock()
    with (folder / "engine.log").open("w", encoding="utf-8") as log:
        configure_logging(level="info", as_json=True, now=clock.now, stream=log)
        settings = settings_for(folder, PLAN, asterisk)
        application = Application(settings, clock=clock)
        phones = Phones(asterisk)
        started = clock.now()
        desk = DemoDesk(folder, settings, clock.now)
        try:
            await application.start()
            console.print(f"  engine: started; wallboard at {_address(application)}", soft_wrap=True)
            town = Town(phones, PLAN, seed, await desk.open(console))
            await _open_for_business(phones, seed)
            console.print(
                f"  {len(phones.agents)} softphones registered, agents logged in; residents begin to call"
            )
            opened = loop.time()
            living = loop.create_task(town.live())
            addresses = (f"wallboard: {_address(application)}", *desk.addresses)
            await _watch(application, clock, console, seconds, ended, addresses, plain=plain)
            living.cancel()
            await town.go_home()
            if town.first_answer_at is not None:
                console.print(
                    f"first call answered {town.first_answer_at - opened:.1f} s after residents began to call"
                )
        finally:
            await phones.stop()
            await desk.close()
            await _until_all_is_over(application)
            imbalance = await _tell_the_end(application, started, clock, console)
            await application.stop()
    return 0 if imbalance == 0 else 1


def _address(application: Application) -> str:
    """Of the wallboard; metrics and the API are beside it."""
    return f"http://127.0.0.1:{application.http.port}/wallboard"


async def _until_all_is_over(application: Application) -> None:
    """Whoever hung up last is seen to have; a machine that does other things too takes its time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            while application.view().calls:  # noqa: ASYNC110  # a view has no event
                await asyncio.sleep(0.05)


async def _open_for_business(phones: Phones, seed: int) -> None:
    chance = random.Random(seed or None)  # noqa: S311  # behaviour, not secrets
    await phones.add_agents(PLAN.agents, answer_after=lambda: chance.uniform(0.4, 3.0))

    def at_home(number: str) -> Behaviour:
        del number
        return chance.choices([chance.uniform(0.5, 3.0), "busy", None], weights=[8, 1, 1])[0]

    await phones.open_exchange(at_home)


async def _watch(
    application: Application,
    clock: SystemClock,
    console: Console,
    seconds: float,
    ended: asyncio.Event,
    addresses: Sequence[str],
    *,
    plain: bool,
) -> None:
    until = clock.now() + timedelta(seconds=seconds) if seconds else None

    async def frames(show: Callable[[], None], pause: float) -> None:
        while (until is None or clock.now() < until) and not ended.is_set():
            show()
            left = pause if until is None else max(0.0, (until - clock.now()).total_seconds())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(pause, left)):
                    await ended.wait()

    if plain:

        def print_line() -> None:
            # A log's reader breaks lines himself.
            console.print(plain_line(application.view(), application.tally, clock.now()), soft_wrap=True)

        await frames(print_line, _PLAIN_SECONDS)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        await frames(
            lambda: live.update(
                live_view(
                    application.view(),
                    application.tally,
                    clock.now(),
                    None if until is None else until - clock.now(),
                    addresses,
                )
            ),
            _FRAME_SECONDS,
        )


async def _tell_the_end(
    application: Application, started: datetime, clock: SystemClock, console: Console
) -> int:
    if application.ledger is None:
        return 1
    await application.ledger.writer.flush()
    ledger = application.ledger
    since = started.astimezone(UTC) - timedelta(minutes=1)
    obligations = await obligation_ends(ledger.reader, ledger.node, since, clock.now())
    console.print()
    for line in summary(application.tally, clock.now(), obligations):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return application.tally.imbalance()
