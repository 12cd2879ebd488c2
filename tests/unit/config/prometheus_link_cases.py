"""The alerts on the link to Asterisk: each fires, does not, and turns at its boundary."""

from __future__ import annotations

from collections.abc import Iterator

from ami_adapters.connection.link_faults import Trouble
from tests.support.prometheus_cases import Case, Firing, Kind, Series
from tests.unit.config.prometheus_alert_cases import JOB, gauge, three

ALERTED_OTHERWISE = {Trouble.CUT, Trouble.UNREACHABLE, Trouble.SILENT}
"""While they hold there is no link: CallengineAmiDown."""


def link() -> Iterator[Case]:
    def trouble(values: str, cause: str) -> Series:
        return gauge("ami_trouble", values, **JOB, cause=cause)

    def named(cause: str) -> Firing:
        return Firing(
            f"The AMI link is not right: {cause}",
            f"Связь AMI с Asterisk неисправна: {cause}",
            JOB | {"cause": cause},
        )

    yield from three(
        "CallengineAmiTrouble",
        (trouble("0 1x30", "permission"), "65s", named("permission")),
        trouble("0x30", "permission"),
        (trouble("0 1x30", "permission"), "60s"),
        *(
            Case(
                "CallengineAmiTrouble",
                Kind.POSITIVE,
                trouble("1x30", cause),
                "65s",
                (named(cause),),
                why=cause,
            )
            for cause in Trouble
            if cause not in ALERTED_OTHERWISE
        ),
        *(
            Case("CallengineAmiTrouble", Kind.NEGATIVE, trouble("1x30", cause), "65s", why=cause)
            for cause in ALERTED_OTHERWISE
        ),
    )
    broke = Firing(
        "The AMI link broke 3 times in 15 minutes", "Связь AMI с Asterisk за 15 минут рвалась, раз: 3", JOB
    )

    def breaks(cuts: str, silences: str) -> Series:
        return {
            **gauge("ami_troubles_total", cuts, **JOB, cause="cut"),
            **gauge("ami_troubles_total", silences, **JOB, cause="silent"),
        }

    yield from three(
        "CallengineAmiUnsteady",
        (breaks("0x4 1x4 2x80", "0x10 1x80"), "2m", broke),
        breaks("7x90", "2x90"),
        (breaks("0x4 1x90", "0x10 1x80"), "2m"),
    )
    restarted = gauge("pbx_restarts_total", "0x10 1x80", **JOB)
    told = Firing(
        "Asterisk was started anew: its calls were cut; who was not answered is called back",
        "Asterisk был перезапущен: его звонки прервались; кому не ответили, тем перезвонят",
        JOB,
    )
    yield from three(
        "CallenginePbxRestarted",
        (restarted, "60s", told),
        gauge("pbx_restarts_total", "7x90", **JOB),
        (restarted, "360s"),
    )
    broken = {"reason": "not_handled", **JOB}
    yield from three(
        "CallengineAmiMessagesLost",
        (
            gauge("ami_messages_lost_total", "0x4 1x100", **broken),
            "2m",
            Firing(
                "What Asterisk told was lost in callengine (not_handled): a call may be shown or counted wrongly",
                "callengine потерял сообщение Asterisk (not_handled): звонок может быть показан неверно",
                broken,
            ),
        ),
        gauge("ami_messages_lost_total", "3x100", **broken),
        (gauge("ami_messages_lost_total", "0x4 1x300", **broken), "20m"),
    )
