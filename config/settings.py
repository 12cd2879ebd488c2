"""All settings as one value: the file's tables, and the environment before them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.schema.app_queue import QueueLog
from config.schema.callbacks import Callbacks, Choice, Rules
from config.schema.centre import Centre, Database, Http, Log, Pbx
from config.schema.codes import Codes
from config.schema.desk import Desk
from config.schema.lines import AgentSection, Company, Line, Queue, ServiceNumber
from config.schema.pauses import Pause, PauseNames
from config.schema.records import Reconcile, Reports, Retention
from config.schema.wallboard import Wallboard

ENV_PREFIX = "CALLENGINE_"


class Settings(BaseSettings):
    """All settings. Environment variables (`CALLENGINE_PBX__SECRET`) go before the file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    centre: Centre = Field(default_factory=Centre)
    pbx: Pbx = Field(default_factory=Pbx)
    database: Database = Field(default_factory=Database)
    http: Http = Field(default_factory=Http)
    desk: Desk = Field(default_factory=Desk)
    wallboard: Wallboard = Field(default_factory=Wallboard)
    log: Log = Field(default_factory=Log)
    callbacks: Callbacks = Field(default_factory=Callbacks)
    retention: Retention = Field(default_factory=Retention)
    reports: Reports = Field(default_factory=Reports)
    reconcile: Reconcile = Field(default_factory=Reconcile)
    queue_log: QueueLog = Field(default_factory=QueueLog)
    choice: Choice = Field(default_factory=Choice)
    codes: Codes = Field(default_factory=Codes)
    rules: list[Rules] = Field(default_factory=list)
    companies: list[Company] = Field(min_length=1)
    queues: list[Queue] = Field(min_length=1)
    lines: list[Line] = Field(min_length=1)
    agents: list[AgentSection] = Field(default_factory=list)
    service_numbers: list[ServiceNumber] = Field(default_factory=list)
    pauses: list[Pause] = Field(default_factory=list)

    @property
    def pause_names(self) -> PauseNames:
        """What reasons of pauses are called."""
        return PauseNames(self.pauses)

    @property
    def spool_path(self) -> Path | None:
        """Where the spool is; None for a ledger in memory, which nothing could outlive.

        Named by its PBX where no ledger's file names it: engines of two PBXs may share a folder.
        """
        given, parts = self.database.spool_file, urlsplit(self.database.url)
        if given is not None and given != Path():
            return given
        if parts.scheme.startswith("sqlite"):
            file = parts.path.removeprefix("/")
            return Path(f"{file}.spool") if file and file != ":memory:" else None
        return self.http.tokens_file.with_name(f"callengine-{self.pbx.name}.spool")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file; the file's content comes in as the initial values."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings
