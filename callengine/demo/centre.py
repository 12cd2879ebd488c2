"""A small centre for the demo, the bench and the system tests: settings, Asterisk and phones that fit together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.phones.media import Ticker
from callengine.demo.phones.resident import Behaviour, Resident, ResidentExchange
from callengine.demo.phones.softphone import Softphone
from callengine.demo.phones.tones import agent_tone
from callengine.sample.asterisk_config import SampleOptions
from config.loading import load_settings
from config.policies import dialplan_lines
from config.schema.codes import Codes
from config.settings import Settings

GENERAL_DID = "74950000001"
EMERGENCY_DID = "74950000002"
FIRST_AGENT = 1001


@dataclass(frozen=True, slots=True)
class CentrePlan:
    """What kind of centre. Times in seconds."""

    agents: int = 6
    wrap_up: int = 2
    ring: int = 15
    target: int = 30
    """A human shall answer within this."""
    notice: bool = False
    emergency_notice: bool | None = None
    """The emergency line's notice where it differs from the general line's."""
    record: bool = False
    emergency_record: bool | None = None
    """As with the notice."""
    callbacks: str = ""
    """Further lines of the settings' `[callbacks]` table."""
    other_trunks: tuple[str, ...] = ()
    """Tried in turn when the network failed on the first."""
    trunk_qualify_seconds: int = 0
    """How often Asterisk asks the trunk whether it is alive; 0: never, residents' telephones answer no OPTIONS."""
    rules: str = ""
    """A `[[rules]]` table, else the law's limits."""
    database: str = ""
    """The ledger's URL, else an embedded one beside the settings."""
    companies: Sequence[tuple[str, str]] = (("zarya", "УК Заря"),)
    """Id and name; each has a general and an emergency line."""
    service_numbers: Sequence[tuple[str, str]] = ()
    """Number and name; agents may dial them by hand."""
    agent_names: Sequence[str] = ()
    """In the order of their phones; else they are called by these."""
    agent_queues: Sequence[tuple[str, ...]] = ()
    """Likewise which they serve; else both."""

    def dids(self, company: str) -> tuple[str, str]:
        """The numbers of its general and its emergency line."""
        place = 10 * [one for one, _ in self.companies].index(company)
        return str(int(GENERAL_DID) + place), str(int(EMERGENCY_DID) + place)

    def queues_of(self, number: int) -> str:
        """Of the agent at this phone, as TOML has a list."""
        place = number - FIRST_AGENT
        queues = self.agent_queues[place] if place < len(self.agent_queues) else ("emergency", "general")
        return ", ".join(f'"{queue}"' for queue in queues)

    def agent_name(self, number: int) -> str:
        """Of the agent at this phone."""
        place = number - FIRST_AGENT
        return self.agent_names[place] if place < len(self.agent_names) else f"Agent {number}"


def settings_text(plan: CentrePlan, *, ami_port: int, secret_file: Path, database: str) -> str:
    """The settings file of such a centre."""
    emergency_record = plan.record if plan.emergency_record is None else plan.emergency_record
    emergency_notice = plan.notice if plan.emergency_notice is None else plan.emergency_notice
    agents = "".join(
        f'[[agents]]\nid = "{number}"\nname = "{plan.agent_name(number)}"\nqueues = [{plan.queues_of(number)}]\n'
        for number in range(FIRST_AGENT, FIRST_AGENT + plan.agents)
    )
    spare = ", ".join(f'"{trunk}"' for trunk in plan.other_trunks)
    others = f"other_trunks = [{spare}]\n" if spare else ""
    lines = "".join(
        f'[[lines]]\ndid = "{did}"\ncompany = "{company}"\nqueue = "{queue}"\nkind = "{queue}"\n'
        f'label = "{name}: {label}"\n'
        f'recording_notice = {str(notice).lower()}\n[lines.callback]\ntrunk = "trunk"\ncaller_id = "+{did}"\n'
        f"{others}"
        for company, name in plan.companies
        for did, queue, label, notice in (
            (plan.dids(company)[0], "general", "общая", plan.notice),
            (plan.dids(company)[1], "emergency", "аварийная", emergency_notice),
        )
    )
    companies = "".join(
        f'[[companies]]\nid = "{company}"\nname = "{name}"\n' for company, name in plan.companies
    )
    queues = "".join(
        f'[[queues]]\nname = "{name}"\npriority = {priority}\nwrap_up_seconds = {plan.wrap_up}\n'
        f"ring_seconds = {plan.ring}\ntarget_seconds = {plan.target}\ndecline_pause_seconds = 3\n"
        f"record = {str(record).lower()}\n"
        for name, priority, record in (("emergency", 1, emergency_record), ("general", 10, plan.record))
    )
    service = "".join(
        f'[[service_numbers]]\ntrunk = "trunk"\nnumber = "{number}"\nname = "{name}"\n'
        for number, name in plan.service_numbers
    )
    return (
        f'[pbx]\nport = {ami_port}\nsecret_file = "{secret_file}"\n'
        f'[database]\nurl = "{database}"\nspool_file = "{secret_file.parent}/ledger.spool"\n'
        f'[http]\nport = 0\ncontrol_socket = "{secret_file.parent}/c.sock"\n'
        f'[desk]\nport = 0\ndatabase = "sqlite:///{secret_file.parent}/desk.db"\n'
        f'files = "{secret_file.parent}/desk-files"\n'
        f"[callbacks]\n{plan.callbacks}\n{plan.rules}\n"
        f"{companies}{queues}{lines}{agents}{service}"
    )


def write_settings(folder: Path, plan: CentrePlan, *, ami_port: int, secret_file: Path) -> Path:
    """Write the settings file, with an embedded ledger beside it."""
    path = folder / "callengine.toml"
    path.touch(mode=0o600)
    database = plan.database or f"sqlite:///{folder}/ledger.db"
    path.write_text(
        settings_text(plan, ami_port=ami_port, secret_file=secret_file, database=database), encoding="utf-8"
    )
    return path


def sample_options(plan: CentrePlan, folder: Path) -> SampleOptions:
    """Asterisk's side of such a centre."""
    secret = folder / "unused.secret"
    secret.touch(mode=0o600)
    secret.write_text("unused")
    path = write_settings(folder, plan, ami_port=5038, secret_file=secret)
    settings = load_settings(path)
    return SampleOptions(
        lines=dialplan_lines(settings),
        codes=settings.codes,
        notice=plan.notice,
        record=plan.record,
        trunk_qualify_seconds=plan.trunk_qualify_seconds,
    )


def start_asterisk(folder: Path, plan: CentrePlan) -> AsteriskProcess:
    """Render and start an Asterisk for the plan under the folder (a short path: its control socket needs that)."""
    asterisk = AsteriskProcess(folder / "pbx", options=sample_options(plan, folder))
    try:
        asterisk.start()
    except BaseException:
        asterisk.stop()
        raise
    return asterisk


def settings_for(folder: Path, plan: CentrePlan, asterisk: AsteriskProcess) -> Settings:
    """The engine's settings for that Asterisk."""
    path = write_settings(folder, plan, ami_port=asterisk.ami_port, secret_file=asterisk.ami_secret_file)
    return load_settings(path)


class SipPbx(Protocol):
    """What phones must know of their PBX."""

    @property
    def sip_port(self) -> int:
        """Its SIP port on 127.0.0.1."""

    @property
    def trunk_port(self) -> int:
        """Where its trunk sends calls."""

    def agent_password(self, agent: str) -> str:
        """The SIP password of a phone."""


class Phones:
    """The phones of one centre: agents who register, residents who call, and the residents' own telephones."""

    def __init__(self, asterisk: SipPbx, *, login_code: str | None = None) -> None:
        """`login_code`: where it is not the one that `sample` writes without settings."""
        self._asterisk = asterisk
        self._login_code = login_code or Codes().dialled()["login"]
        self.ticker = Ticker()
        self.agents: list[Softphone] = []
        self.residents: list[Resident] = []
        self.exchange: ResidentExchange | None = None

    @property
    def pbx(self) -> tuple[str, int]:
        """Asterisk's SIP address."""
        return ("127.0.0.1", self._asterisk.sip_port)

    @property
    def agent_tones(self) -> list[int]:
        """The tones of the agents that are there."""
        return [phone.tone_hz for phone in self.agents]

    async def add_agents(
        self,
        count: int,
        *,
        answer_after: Callable[[], float | None] = lambda: 0.0,
        talk_for: Callable[[], float | None] = lambda: None,
        log_in: bool = True,
    ) -> list[Softphone]:
        """Register that many further agents' phones and have them dial the log-in code."""
        added = []
        for _ in range(count):
            number = len(self.agents)
            user = str(FIRST_AGENT + number)
            phone = Softphone(
                user,
                self._asterisk.agent_password(user),
                self.pbx,
                self.ticker,
                tone_hz=agent_tone(number),
                answer_after=answer_after,
                talk_for=talk_for,
            )
            self.agents.append(phone)
            added.append(phone)
        await asyncio.gather(*(phone.start() for phone in added))
        if log_in:
            await asyncio.gather(*(phone.dial(self._login_code, seconds=0.3) for phone in added))
        return added

    def resident(
        self,
        number: str,
        did: str = GENERAL_DID,
        *,
        name: str = "",
        from_header: bytes | None = None,
        withheld: bool = False,
    ) -> Resident:
        """A resident who has not called yet."""
        resident = Resident(
            number,
            did,
            self.pbx,
            self.ticker,
            listen_for=self.agent_tones,
            name=name,
            from_header=from_header,
            withheld=withheld,
        )
        self.residents.append(resident)
        return resident

    async def open_exchange(
        self, behaviour: Callable[[str], Behaviour], *, talk_seconds: float = 5.0
    ) -> ResidentExchange:
        """Have the trunk end at telephones that behave so."""
        self.exchange = ResidentExchange(self.ticker, behaviour, talk_seconds=talk_seconds)
        await self.exchange.start(self._asterisk.trunk_port, self.agent_tones)
        return self.exchange

    async def stop(self) -> None:
        """Hang everything up."""
        await asyncio.gather(*(resident.hang_up() for resident in self.residents), return_exceptions=True)
        if self.exchange is not None:
            await self.exchange.stop()
        await asyncio.gather(*(phone.stop() for phone in self.agents), return_exceptions=True)
