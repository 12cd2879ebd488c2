"""Each alert with a case that fires, one that does not, and one exactly at its boundary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.support.prometheus_cases import Case, Firing, Kind, Series

POSITIVE, NEGATIVE, BOUNDARY = Kind.POSITIVE, Kind.NEGATIVE, Kind.BOUNDARY
QUEUE = {"queue": "general"}
JOB = {"job": "callengine", "instance": "dispatch:8790"}


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
        return {'up{job="callengine",instance="dispatch:8790"}': values}

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
    yield from _charge()
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
    yield from three(
        "CallengineBehind",
        (
            gauge("behind", "0 1x30", **JOB),
            "15s",
            Firing(
                "callengine cannot keep up with Asterisk; residents go to the fallback queue",
                "callengine не успевает за Asterisk; звонки идут в резервную очередь",
                JOB,
            ),
        ),
        gauge("behind", "0x30", **JOB),
        (gauge("behind", "0 1x30", **JOB), "10s"),
    )
    yield from three(
        "CallengineClocksDiffer",
        (
            gauge("pbx_clock_offset_seconds", "-1.5x30", **JOB),
            "60s",
            Firing(
                "Asterisk's clock and callengine's differ by 1.5s",
                "Часы Asterisk и callengine расходятся на 1.5 с",
                JOB,
            ),
        ),
        gauge("pbx_clock_offset_seconds", "0.2x30", **JOB),
        (gauge("pbx_clock_offset_seconds", "1x30", **JOB), "2m"),
    )
    city = {"trunk": "city", **JOB}
    yield from three(
        "CallengineRecordingLost",
        (
            gauge("recordings_lost_total", "0x4 1x100", **JOB),
            "2m",
            Firing(
                "Asterisk cannot write recordings: conversations go unrecorded",
                "Asterisk не может писать записи: разговоры не записываются",
                JOB,
            ),
        ),
        gauge("recordings_lost_total", "3x100", **JOB),
        (gauge("recordings_lost_total", "0x4 1x300", **JOB), "20m"),
    )
    general = {**QUEUE, **JOB}
    yield from three(
        "CallengineUnlistedNumber",
        (
            gauge("calls_unlisted_total", "0x4 1x600", **general),
            "30m",
            Firing(
                "Residents dial a number that no line of the settings has; queue general serves them",
                "Жители звонят на номер, которого нет в настройках; их обслуживает очередь general",
                general,
            ),
        ),
        gauge("calls_unlisted_total", "7x600", **general),
        (gauge("calls_unlisted_total", "0x4 1x900", **general), "70m"),
    )
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


def alert_cases() -> Sequence[Case]:
    """All of the alerts that need no history."""
    return (*residents(), *callbacks(), *engine())


def _charge() -> Iterator[Case]:
    held = {**JOB, "holder": "host b, process 7"}

    def standing_by(values: str) -> Series:
        return {**gauge("in_charge", values, **JOB), **gauge("charge_holder", "1x30", **held)}

    where = JOB["instance"]
    yield from three(
        "CallengineStandsBy",
        (
            standing_by("0x30"),
            "70s",
            Firing(
                f"{where} stands by: host b, process 7 is in charge of its PBX",
                f"{where} только наблюдает: станцией управляет host b, process 7",
                held,
            ),
        ),
        standing_by("1x30"),
        (standing_by("0x30"), "45s"),
    )
    yield from three(
        "CallengineChargeLost",
        (
            gauge("charge_lost_total", "0x3 1x30", **JOB),
            "2m",
            Firing(
                f"{where} was in charge of its PBX and found another engine there: it stood down",
                f"{where} управлял станцией и увидел там другой экземпляр: он отступил",
                JOB,
            ),
        ),
        gauge("charge_lost_total", "0x30", **JOB),
        (gauge("charge_lost_total", "0x3 1x300", **JOB), "40m"),
    )
    yield from three(
        "CallengineNoneInCharge",
        (
            gauge("in_charge", "0x30", **JOB),
            "70s",
            Firing(
                "Every engine stands by: the PBX serves residents by itself, nobody is called back",
                "Ни один экземпляр не управляет станцией: звонки идут без нас, никому не перезванивают",
                {},
            ),
        ),
        gauge("in_charge", "1x30", **JOB),
        (gauge("in_charge", "0x30", **JOB), "45s"),
    )
