"""The alerts on the ledger, its spool and the accounts: each fires, does not, and turns at its boundary."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.prometheus_cases import Case, Firing, Kind
from tests.unit.config.prometheus_alert_cases import JOB, gauge, three


def ledger() -> Iterator[Case]:
    failed = Firing(
        "The database refused writes in the last 5 minutes; they are tried again",
        "За 5 минут база отказала в записи; записи повторяются",
        JOB,
    )
    yield from three(
        "CallengineLedgerWritesFail",
        (gauge("ledger_write_failures_total", "0x10 1x80", **JOB), "60s", failed),
        gauge("ledger_write_failures_total", "7x90", **JOB),
        (gauge("ledger_write_failures_total", "0x10 1x80", **JOB), "360s"),
        Case(
            "CallengineLedgerWritesFail",
            Kind.BOUNDARY,
            gauge("ledger_write_failures_total", "0x10 1x80", **JOB),
            "345s",
            (failed,),
            why="not yet forgotten",
        ),
    )
    crowded = Firing(
        "Somebody crowds the HTTP door: boards and scrapes may be late; calls go on",
        "Слишком много соединений HTTP: табло и метрики могут запаздывать; звонки идут",
        JOB,
    )
    refused = {reason: {"reason": reason, **JOB} for reason in ("crowded", "descriptors", "malformed")}
    yield from three(
        "CallengineHttpCrowded",
        (gauge("http_refused_total", "0x10 1x80", **refused["crowded"]), "60s", crowded),
        gauge("http_refused_total", "0x10 900x80", **refused["malformed"]),
        (gauge("http_refused_total", "0x10 1x80", **refused["descriptors"]), "360s"),
    )
    yield from spool()
    yield from three(
        "CallengineAccountingImbalance",
        (
            gauge("accounting_imbalance_calls", "0 -1x30", **JOB),
            "65s",
            Firing(
                "-1 calls of today have no outcome and are not on the line: a mistake of callengine",
                "Звонков без исхода: -1; это ошибка callengine",
                JOB,
            ),
        ),
        gauge("accounting_imbalance_calls", "0x30", **JOB),
        (gauge("accounting_imbalance_calls", "0 1x30", **JOB), "60s"),
    )
    yield from three(
        "CallengineAccountingMismatch",
        (
            gauge("accounting_mismatch", "0 2", **JOB),
            "5s",
            Firing(
                "The nightly recount found 2 differences between the figures and the ledger",
                "Ночная сверка нашла расхождений: 2",
                JOB,
            ),
        ),
        gauge("accounting_mismatch", "0x30", **JOB),
        (gauge("accounting_mismatch", "1 0", **JOB), "5s"),
    )


def spool() -> Iterator[Case]:
    def fires(
        rule: str, metric: str, before: str, after: str, edge: str, texts: tuple[str, str]
    ) -> Iterator[Case]:
        """At once: `after` fires, `before` and `edge` do not."""
        yield from three(
            rule,
            (gauge(metric, f"{before} {after}", **JOB), "5s", Firing(*texts, JOB)),
            gauge(metric, f"{before}x30", **JOB),
            (gauge(metric, f"{before} {edge}", **JOB), "5s"),
        )

    away = (
        "The database has been away for a minute; decisions are kept in the spool",
        "База недоступна уже минуту; записи копятся в файле",
    )
    yield from three(
        "CallengineLedgerAway",
        (gauge("ledger_available", "1 0x30", **JOB), "65s", Firing(*away, JOB)),
        gauge("ledger_available", "1x30", **JOB),
        (gauge("ledger_available", "1 0x30", **JOB), "60s"),
    )
    fills = (
        "The spool is 51% full and the database is away",
        "Файл записей заполнен на 51%, а база недоступна",
    )
    yield from fires("CallengineSpoolFills", "spool_fill_ratio", "0", "0.51", "0.5", fills)
    nearly = (
        "The spool is 91% full; after that decisions are lost",
        "Файл записей заполнен на 91%; дальше записи теряются",
    )
    yield from fires("CallengineSpoolNearlyFull", "spool_fill_ratio", "0.6", "0.91", "0.9", nearly)
    dropped = (
        "7 decisions found no room in the database nor in the spool",
        "Потеряно записей: 7; нет места ни в базе, ни в файле",
    )
    yield from fires("CallengineDecisionsDropped", "ledger_dropped_records", "0", "7", "0", dropped)
    stale = (
        "Decisions of an engine that was not in charge any more are in no ledger: look at SPOOL.stale",
        "Решения движка, который уже не был главным, не попали в базу: посмотрите файл SPOOL.stale",
    )
    yield from fires("CallengineDecisionsSetAside", "spool_stale_bytes", "0", "812", "0", stale)
    for rule, metric, forgotten, texts in (
        (
            "CallengineSpoolWritesFail",
            "spool_write_failures_total",
            "360s",
            (
                "The spool cannot be written: is the disk full?",
                "Файл записей не пишется: возможно, кончилось место на диске",
            ),
        ),
        (
            "CallengineLedgerRefuses",
            "ledger_refused_total",
            "3665s",
            (
                "The database refuses certain changes for good; the journal keeps them",
                "База не приняла часть изменений; они остались в журнале",
            ),
        ),
    ):
        once = gauge(metric, "0x10 1x800", **JOB)
        yield from three(
            rule, (once, "60s", Firing(*texts, JOB)), gauge(metric, "7x90", **JOB), (once, forgotten)
        )
