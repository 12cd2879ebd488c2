"""Each alert with a case that fires, one that does not, and one exactly at its boundary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.support.prometheus_cases import Case, Firing, Kind, Series

POSITIVE, NEGATIVE, BOUNDARY = Kind.POSITIVE, Kind.NEGATIVE, Kind.BOUNDARY
QUEUE = {"queue": "general"}
JOB = {"job": "callengine", "instance": "dispatch:8088"}


def gauge(name: str, values: str, **labels: str) -> Series:
    """One series of the engine."""
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"callengine_{name}{{{inside}}}": values}


def waits(values: str) -> Series:
    return gauge("longest_wait_seconds", values, queue="general")


def waiting(values: str, **agents: str) -> Series:
    series = dict(gauge("calls_waiting", values, queue="general"))
    for state in ("free", "offered", "talking", "wrap_up", "paused", "logged_out"):
        series |= gauge("queue_agents", agents.get(state, "0x60"), queue="general", state=state)
    return series


def three(
    rule: str,
    positive: tuple[Series, str, Firing],
    negative: Series,
    boundary: tuple[Series, str],
    *more: Case,
) -> Iterator[Case]:
    """The three cases of an alert."""
    series, at, firing = positive
    yield Case(rule, POSITIVE, series, at, (firing,))
    yield Case(rule, NEGATIVE, negative, "2m")
    yield Case(rule, BOUNDARY, boundary[0], boundary[1])
    yield from more


def residents() -> Iterator[Case]:
    yield from three(
        "CallengineResidentWaitsLong",
        (
            waits("116 121"),
            "5s",
            Firing(
                "A resident in general has waited 2m 1s", "Житель в очереди general ждёт уже 121 с", QUEUE
            ),
        ),
        waits("0 5 10 15 0 0x30"),
        (waits("115 120"), "5s"),
    )
    yield from three(
        "CallengineAnswerLimitNear",
        (
            waits("236 241"),
            "5s",
            Firing(
                "A resident in general has waited 4m 1s; the law allows 5 minutes",
                "Житель в очереди general ждёт 241 с; по закону не больше 5 минут",
                QUEUE,
            ),
        ),
        waits("121x30"),
        (waits("235 240"), "5s"),
    )
    yield from three(
        "CallengineNobodyFree",
        (
            waiting("2x60", talking="3x60"),
            "60s",
            Firing(
                "2 wait in general, and for a minute no agent has been free",
                "В очереди general ждут: 2, и уже минуту нет свободного оператора",
                QUEUE,
            ),
        ),
        waiting("2x60", free="1x60"),
        (waiting("2x60", talking="3x60"), "55s"),
        Case("CallengineNobodyFree", NEGATIVE, waiting("0x60"), "2m", why="nobody waits"),
        Case(
            "CallengineNobodyFree",
            NEGATIVE,
            waiting("1x60", free="0x5 1 0x54"),
            "80s",
            why="one was free for a moment",
        ),
    )
    yield from three(
        "CallengineNobodyAtWork",
        (
            waiting("1x60", paused="2x60", logged_out="3x60"),
            "15s",
            Firing(
                "1 wait in general, and no agent of it is at work",
                "В очереди general ждут: 1, и ни один её оператор не на месте",
                QUEUE,
            ),
        ),
        waiting("1x60", wrap_up="1x60", paused="2x60"),
        (waiting("1x60", paused="2x60"), "10s"),
        Case(
            "CallengineNobodyAtWork", NEGATIVE, waiting("0x60", logged_out="5x60"), "2m", why="nobody waits"
        ),
    )


def callbacks() -> Iterator[Case]:
    yield from three(
        "CallengineCallbackDeadlineNear",
        (
            gauge("callback_slack_seconds", "124 119"),
            "5s",
            Firing(
                "A resident must be reached within 1m 59s, and is not yet",
                "До срока перезвона жителю 119 с, а его ещё не застали",
            ),
        ),
        gauge("callback_slack_seconds", "590 585 580x30"),
        (gauge("callback_slack_seconds", "125 120"), "5s"),
        Case(
            "CallengineCallbackDeadlineNear",
            BOUNDARY,
            gauge("callback_slack_seconds", "5 0"),
            "5s",
            (
                Firing(
                    "A resident must be reached within 0s, and is not yet",
                    "До срока перезвона жителю 0 с, а его ещё не застали",
                ),
            ),
            why="the last moment",
        ),
        Case(
            "CallengineCallbackDeadlineNear",
            NEGATIVE,
            gauge("callback_slack_seconds", "-1x30"),
            "60s",
            why="past it is the other alert",
        ),
    )
    yield from three(
        "CallengineCallbackDeadlinePassed",
        (
            gauge("obligations_overdue_now", "0 3"),
            "5s",
            Firing(
                "3 residents are owed a contact past the law's deadline",
                "Срок перезвона прошёл, а контакта нет: жителей 3",
            ),
        ),
        gauge("obligations_overdue_now", "0x30"),
        (gauge("obligations_overdue_now", "1 0"), "5s"),
    )
    yield from three(
        "CallengineHumanTaskUntaken",
        (
            gauge("human_tasks_unassigned", "1x90"),
            "300s",
            Firing(
                "1 residents must be seen to by a person, and nobody has taken the task",
                "Задачи для человека, которых никто не взял: 1",
            ),
        ),
        gauge("human_tasks_unassigned", "0x90"),
        (gauge("human_tasks_unassigned", "1x90"), "295s"),
    )
    yield from three(
        "CallengineMessageUnheard",
        (
            gauge("messages_waiting", "2x90"),
            "300s",
            Firing(
                "2 voice messages wait to be heard; the law allows 10 minutes",
                "Голосовых сообщений без ответа: 2; по закону не дольше 10 минут",
            ),
        ),
        gauge("messages_waiting", "0x90"),
        (gauge("messages_waiting", "2x90"), "295s"),
    )


def engine() -> Iterator[Case]:
    def target(values: str) -> Series:
        return {'up{job="callengine",instance="dispatch:8088"}': values}

    down = ("callengine does not answer; residents go to the fallback queue",)
    silent = Firing(*down, "callengine не отвечает; звонки идут в резервную очередь", JOB)
    yield from three(
        "CallengineDown",
        (target("1 0x30"), "35s", silent),
        target("1x30"),
        (target("1 0x30"), "30s"),
        Case(
            "CallengineDown",
            POSITIVE,
            {'up{job="other"}': "1x30"},
            "30s",
            (Firing(*down, silent.summary_ru, {"job": "callengine"}),),
            why="Prometheus does not even know it",
        ),
    )
    yield from three(
        "CallengineAmiDown",
        (
            gauge("ami_connected", "1 0x30", **JOB),
            "20s",
            Firing(
                "callengine has no AMI link to Asterisk; residents go to the fallback queue",
                "У callengine нет связи AMI с Asterisk; звонки идут в резервную очередь",
                JOB,
            ),
        ),
        gauge("ami_connected", "1x30", **JOB),
        (gauge("ami_connected", "1 0x30", **JOB), "15s"),
    )

    def linked(link: str, known: str) -> Series:
        return {**gauge("ami_connected", link, **JOB), **gauge("pbx_state_known", known, **JOB)}

    yield from three(
        "CallenginePbxStateUnknown",
        (
            linked("1x30", "0x30"),
            "15s",
            Firing(
                "callengine is linked to Asterisk but could not learn its state; it routes nothing",
                "callengine подключён к Asterisk, но не получил его состояние и звонки не распределяет",
                JOB,
            ),
        ),
        linked("0x30", "0x30"),
        (linked("1x30", "0x30"), "10s"),
        Case("CallenginePbxStateUnknown", NEGATIVE, linked("1x30", "1x30"), "2m", why="known"),
    )
    city = {"trunk": "city", **JOB}
    yield from three(
        "CallengineTrunkUnregistered",
        (
            gauge("trunk_registered", "1 0x30", **city),
            "35s",
            Firing(
                "The provider refuses the registration city; residents may not get through",
                "Регистрация city у оператора связи не действует; жители могут не дозвониться",
                city,
            ),
        ),
        gauge("trunk_registered", "1x30", **city),
        (gauge("trunk_registered", "1 0x30", **city), "30s"),
    )
    yield from three(
        "CallengineTrunkUnreachable",
        (
            gauge("trunk_reachable", "1 0x30", **city),
            "65s",
            Firing(
                "The trunk city does not answer; callbacks through it fail",
                "Транк city не отвечает; перезвонить через него нельзя",
                city,
            ),
        ),
        gauge("trunk_reachable", "1x30", **city),
        (gauge("trunk_reachable", "1 0x30", **city), "60s"),
    )


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
            BOUNDARY,
            gauge("ledger_write_failures_total", "0x10 1x80", **JOB),
            "345s",
            (failed,),
            why="not yet forgotten",
        ),
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


def alert_cases() -> Sequence[Case]:
    """All of the alerts that need no history."""
    return (*residents(), *callbacks(), *engine(), *ledger())
