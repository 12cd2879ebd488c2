"""Whether engine and PBX are well."""

from __future__ import annotations

from config.dashboards.answers import RATE, share
from config.dashboards.description import Colour, Kind, Panel, Query, Section, Words
from config.dashboards.wallboard import NONE_IS_A_MUST, NONE_IS_GOOD

GREY, RED, GREEN = Colour.GREY, Colour.RED, Colour.GREEN

ENGINE = Section(
    Words("Движок", "Engine"),
    (
        Panel(
            Kind.LINES,
            Words("Связь с АТС", "Link to the PBX"),
            Words(
                "1 – есть: движок отвечает, AMI подключён, состояние АТС известно.",
                "1 is up: engine answers, AMI connected, the PBX's state known.",
            ),
            (
                Query('up{job="callengine"}', Words("движок", "engine")),
                Query("min(callengine_ami_connected)", "AMI"),
                Query("min(callengine_pbx_state_known)", Words("АТС", "PBX")),
            ),
            width=8,
            height=7,
            highest=1,
        ),
        Panel(
            Kind.LINES,
            Words("Решение и опоздание цикла, 99 из 100", "Decision and loop lag, 99 of 100"),
            Words(
                "Сколько длится обработка события и на сколько опаздывает цикл.",
                "How long an event takes, and how late the loop is.",
            ),
            (
                Query(
                    share(0.99, "callengine_routing_decision_seconds_bucket"), Words("решение", "decision")
                ),
                Query(share(0.99, "callengine_event_loop_lag_seconds_bucket"), Words("опоздание", "lag")),
            ),
            unit="s",
            width=8,
            height=7,
        ),
        Panel(
            Kind.LINES,
            Words("События АТС в секунду", "PBX events per second"),
            Words("Из AMI, ставшие событиями движка.", "Of AMI, as far as they became the engine's events."),
            (Query(f"sum(rate(callengine_ami_events_total[{RATE}]))", Words("события", "events")),),
            width=8,
            height=7,
        ),
        Panel(
            Kind.STAT,
            Words("Чего быть не должно, за показанное время", "What must not be, over the time shown"),
            Words(
                "Неудачные записи в базу, события без перехода, переподключения AMI.",
                "Failed writes to the database, events that fit no state, AMI reconnects.",
            ),
            (
                Query(
                    "sum(increase(callengine_ledger_write_failures_total[$__range]))",
                    Words("записи", "writes"),
                ),
                Query(
                    "sum(increase(callengine_unexpected_events_total[$__range]))", Words("события", "events")
                ),
                Query(
                    "sum(increase(callengine_ami_reconnects_total[$__range]))",
                    Words("AMI заново", "AMI again"),
                ),
            ),
            decimals=0,
            width=8,
            height=6,
            steps=NONE_IS_GOOD,
        ),
        Panel(
            Kind.STAT,
            Words("Счёт сходится", "Accounts"),
            Words(
                "Звонки без исхода (должно быть 0), расхождения ночной сверки и секунды, в которые "
                "никто не видел АТС.",
                "Calls without an outcome (must be 0), differences of the nightly recount, and "
                "seconds in which nobody saw "
                "the PBX.",
            ),
            (
                Query("sum(callengine_accounting_imbalance_calls)", Words("без исхода", "no outcome")),
                Query("sum(callengine_accounting_mismatch)", Words("сверка", "recount")),
                Query(
                    'max(callengine_unknown_seconds{window="today"})',
                    Words("не видели, с", "unseen, s"),
                    GREY,
                ),
            ),
            decimals=0,
            width=8,
            height=6,
            steps=NONE_IS_A_MUST,
        ),
        Panel(
            Kind.STAT,
            Words("Журнал", "Ledger"),
            Words(
                "База принимает записи; записи, что ждут в файле.",
                "The database takes writes; records that wait in the file.",
            ),
            (
                Query("min(callengine_ledger_available)", Words("база", "database")),
                Query("max(callengine_spool_records)", Words("в файле", "in the file"), GREY),
            ),
            decimals=0,
            width=4,
            height=6,
            steps=((None, RED), (1, GREEN)),
        ),
        Panel(
            Kind.STAT,
            Words("Версия", "Version"),
            Words("Что запущено.", "What is running."),
            (Query("max by (version) (callengine_build_info)", "{{version}}"),),
            width=4,
            height=6,
            meanings=((1, Words("работает", "running"), Colour.NEUTRAL),),
        ),
    ),
)

PBX = Section(
    Words("АТС", "PBX"),
    (
        Panel(
            Kind.LINES,
            Words("Транки", "Trunks"),
            Words(
                "Регистрация у оператора связи и ответ транка на проверку Asterisk (qualify); 1 – в порядке.",
                "Registration at the provider, and whether the trunk answers Asterisk's qualify; 1 is well.",
            ),
            (
                Query(
                    "min by (trunk) (callengine_trunk_registered)",
                    Words("{{trunk}}: регистрация", "{{trunk}}: registered"),
                ),
                Query(
                    "min by (trunk) (callengine_trunk_reachable)",
                    Words("{{trunk}}: отвечает", "{{trunk}}: answers"),
                ),
            ),
            width=8,
            height=7,
            highest=1,
        ),
        Panel(
            Kind.LINES,
            Words("Вызовы и каналы Asterisk", "Asterisk's calls and channels"),
            Words(
                "Из res_prometheus самой АТС, если он включён.",
                "From the PBX's own res_prometheus, where it is enabled.",
            ),
            (
                Query("sum(asterisk_calls_count)", Words("вызовы", "calls")),
                Query("sum(asterisk_channels_count)", Words("каналы", "channels")),
            ),
            width=8,
            height=7,
        ),
        Panel(
            Kind.STAT,
            Words("Телефоны на связи", "Endpoints online"),
            Words(
                "Из res_prometheus: конечные точки PJSIP в состоянии online.",
                "From res_prometheus: PJSIP endpoints in state online.",
            ),
            (Query("count(asterisk_endpoints_state == 2) or vector(0)"),),
            width=4,
            height=7,
        ),
        Panel(
            Kind.STAT,
            Words("Asterisk работает", "Asterisk up for"),
            Words(
                "Из res_prometheus: сколько времени прошло со старта.",
                "From res_prometheus: since its start.",
            ),
            (Query("max(asterisk_core_uptime_seconds)"),),
            unit="s",
            width=4,
            height=7,
        ),
    ),
)
