"""The alerts on the desk: each fires, does not, and turns at its boundary."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.prometheus_cases import Case, Firing, Series
from tests.unit.config.prometheus_alert_cases import gauge, three

JOB = {"job": "callengine-desk", "instance": "desk:8791"}


def _of_desk(name: str, values: str, **labels: str) -> Series:
    return gauge(f"desk_{name}", values, **JOB, **labels)


def _heard(upto: dict[str, str]) -> Series:
    """Messages by how late they were heard, at most so many seconds."""
    series: dict[str, str] = {}
    for edge, values in upto.items():
        series |= _of_desk("stream_lag_seconds_bucket", values, le=edge)
    return series


def desk() -> Iterator[Case]:
    up = f'up{{job="{JOB["job"]}",instance="{JOB["instance"]}"}}'
    yield from three(
        "CallengineDeskDown",
        (
            {up: "1 0x20"},
            "35s",
            Firing(
                "The desk does not answer: agents work by their phones alone; calls go on",
                "Стол не отвечает: операторы работают только по телефону; звонки идут",
                JOB,
            ),
        ),
        {'up{job="callengine",instance="dispatch:8790"}': "0x30"},
        ({up: "1 0x20"}, "30s"),
    )
    yield from three(
        "CallengineDeskHearsNoEngine",
        (
            _of_desk("engine_heard", "1 0x20"),
            "35s",
            Firing(
                "The desk does not hear the engine: pages show no calls",
                "Стол не слышит диспетчер звонков: на страницах нет звонков",
                JOB,
            ),
        ),
        _of_desk("engine_heard", "1 0 0 0 1x30"),
        (_of_desk("engine_heard", "1 0x20"), "30s"),
    )
    yield from three(
        "CallengineDeskTakesNothing",
        (
            _of_desk("database_takes", "1 0x20"),
            "15s",
            Firing(
                "The desk cannot write: what people type is refused",
                "Стол ничего не записывает: набранное людьми не принимается",
                JOB,
            ),
        ),
        _of_desk("database_takes", "1 0 1x30"),
        (_of_desk("database_takes", "1 0x20"), "10s"),
    )
    yield from three(
        "CallengineDeskOutboxStuck",
        (
            _of_desk("outbox_oldest_seconds", "57 62"),
            "5s",
            Firing(
                "A command from the desk has waited 1m 2s for the engine's answer",
                "Команда со стола ждёт ответа уже 62 с",
                JOB,
            ),
        ),
        _of_desk("outbox_oldest_seconds", "0 5 10 0x30"),
        (_of_desk("outbox_oldest_seconds", "55 60"), "5s"),
    )
    yield from _streams()
    yield from _room()


def _streams() -> Iterator[Case]:
    yield from three(
        "CallengineDeskStreamBehind",
        (
            _heard({"1.0": "0x30", "2.0": "0+10x30", "+Inf": "0+10x30"}),
            "60s",
            Firing("The desk hears of calls 2.0 s late", "Стол узнаёт о звонках с опозданием 2.0 с", JOB),
        ),
        _heard({"0.5": "0+10x30", "1.0": "0+10x30", "2.0": "0+10x30", "+Inf": "0+10x30"}),
        (_heard({"0.5": "0x30", "1.0": "0+99x30", "2.0": "0+100x30", "+Inf": "0+100x30"}), "60s"),
    )
    yield from three(
        "CallengineDeskPagesDropped",
        (
            _of_desk("streams_dropped_total", "0x10 60x80"),
            "60s",
            Firing(
                "Open pages of the desk do not keep up: 60 were cut off in 5 minutes",
                "Страницы стола не успевают: за 5 минут отключено 60",
                JOB,
            ),
        ),
        _of_desk("streams_dropped_total", "7x90"),
        (_of_desk("streams_dropped_total", "0x10 60x80"), "360s"),
    )


def _room() -> Iterator[Case]:
    yield from three(
        "CallengineDeskFilesQueue",
        (
            _of_desk("children_waiting", "0 4x70"),
            "305s",
            Firing("4 uploaded files wait to be read by the desk", "Загруженных файлов ждут чтения: 4", JOB),
        ),
        _of_desk("children_waiting", "3x70"),
        (_of_desk("children_waiting", "0 4x70"), "300s"),
    )
    yield from three(
        "CallengineDeskDiskLow",
        (
            _of_desk("disk_free_bytes", "1000000000 536870912x30"),
            "65s",
            Firing("The desk's disk has 512MiB left", "На диске стола осталось 512MiB", JOB),
        ),
        _of_desk("disk_free_bytes", "1000000000x30"),
        (_of_desk("disk_free_bytes", "1000000000 536870912x30"), "60s"),
    )
