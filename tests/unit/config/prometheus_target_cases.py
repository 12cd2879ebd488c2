"""The service level's recording rules and alerts: shares of an hour, of six hours, of three days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.support.prometheus_cases import Case, Firing, Kind, Series
from tests.unit.config.prometheus_alert_cases import QUEUE, gauge

POSITIVE, NEGATIVE, BOUNDARY = Kind.POSITIVE, Kind.NEGATIVE, Kind.BOUNDARY


def targets(missed: str, kept: str, goal: str = "0.88") -> Mapping[str, str]:
    """Both counters and the goal. `missed` and `kept` are increases for each step."""
    steps = "x440"
    return {
        **gauge("answer_targets_total", f"0+{missed}{steps}", queue="general", result="missed"),
        **gauge("answer_targets_total", f"0+{kept}{steps}", queue="general", result="kept"),
        **gauge("queue_goal_ratio", f"{goal}{steps}", queue="general"),
    }


def burn(
    rule: str,
    at: str,
    interval: str,
    *,
    share: tuple[str, str],
    exact: tuple[str, str],
    few: tuple[str, str],
    enough: tuple[str, str],
    texts: tuple[str, str],
    enough_texts: tuple[str, str],
) -> Iterator[Case]:
    """`share` fires at a goal of 88 %, `exact` is the threshold itself at 87.5 %; `few` are one call too few."""
    yield Case(rule, POSITIVE, targets(*share), at, (Firing(*texts, QUEUE),), interval=interval)
    yield Case(rule, NEGATIVE, targets("0.1", "0.9"), at, interval=interval, why="a day that meets the goal")
    yield Case(rule, BOUNDARY, targets(*exact, goal="0.875"), at, interval=interval, why="exactly the factor")
    yield Case(rule, BOUNDARY, targets(*few), at, interval=interval, why="all missed, but one call too few")
    yield Case(
        rule,
        BOUNDARY,
        targets(*enough),
        at,
        (Firing(*enough_texts, QUEUE),),
        interval=interval,
        why="all missed, just enough calls",
    )


def burn_cases() -> Sequence[Case]:
    """The alerts on the service level, each with the factor and the guard at their boundaries."""
    fast = (
        "general: {} of the last hour's calls missed the target, three times what the goal allows",
        "general: за час {} звонков не уложились в норматив, втрое больше допустимого",
    )
    slow = (
        "general: {} of six hours' calls missed the target, twice what the goal allows",
        "general: за шесть часов {} звонков не уложились в норматив, вдвое больше допустимого",
    )
    below = (
        "general: {} of three days' calls missed the target; the goal is not met",
        "general: за три дня {} звонков не уложились в норматив; цель не выполняется",
    )

    def with_share(texts: tuple[str, str], share: str) -> tuple[str, str]:
        return texts[0].format(share), texts[1].format(share)

    return (
        *burn(
            "CallengineServiceLevelFallsFast",
            "70m",
            "1m",
            share=("37", "63"),
            exact=("3", "5"),
            few=("0.3166", "0"),
            enough=("0.3334", "0"),
            texts=with_share(fast, "37%"),
            enough_texts=with_share(fast, "100%"),
        ),
        Case(
            "CallengineServiceLevelFallsFast",
            NEGATIVE,
            {
                **gauge("answer_targets_total", "0+1x59 59x20", queue="general", result="missed"),
                **gauge("answer_targets_total", "0x59 1+1x20", queue="general", result="kept"),
                **gauge("queue_goal_ratio", "0.88x80", queue="general"),
            },
            "70m",
            interval="1m",
            why="bad an hour ago, good for ten minutes",
        ),
        Case(
            "CallengineServiceLevelFallsFast",
            BOUNDARY,
            targets("91", "9", goal="0.5"),
            "70m",
            (Firing(*with_share(fast, "91%"), QUEUE),),
            interval="1m",
            why="a low goal can be missed too",
        ),
        *burn(
            "CallengineServiceLevelFallsSlowly",
            "370m",
            "1m",
            share=("25", "75"),
            exact=("2", "6"),
            few=("0.1638", "0"),
            enough=("0.1667", "0"),
            texts=with_share(slow, "25%"),
            enough_texts=with_share(slow, "100%"),
        ),
        *burn(
            "CallengineServiceLevelBelowGoal",
            "4330m",
            "10m",
            share=("13", "87"),
            exact=("1", "7"),
            few=("0.6921", "0"),
            enough=("0.6945", "0"),
            texts=with_share(below, "13%"),
            enough_texts=with_share(below, "100%"),
        ),
    )


def recording_cases() -> Iterator[Case]:
    """The figures the alerts and dashboards read: with calls, without any, and with nothing but misses."""
    spans = {"5m": ("10m", "1m"), "30m": ("40m", "1m"), "1h": ("70m", "1m"), "6h": ("370m", "1m")}
    for span, (at, interval) in {**spans, "3d": ("4330m", "10m")}.items():
        rule = f"queue:callengine_targets_missed:ratio_rate{span}"
        yield Case(rule, POSITIVE, targets("3", "22"), at, values={"general": 0.12}, interval=interval)
        yield Case(rule, NEGATIVE, targets("0", "0"), at, interval=interval, why="no call, no ratio")
        yield Case(rule, BOUNDARY, targets("1", "0"), at, values={"general": 1}, interval=interval)
    for span, (at, interval), steps in (
        ("1h", spans["1h"], 60),
        ("6h", spans["6h"], 360),
        ("3d", ("4330m", "10m"), 432),
    ):
        rule = f"queue:callengine_targets:increase{span}"
        yield Case(rule, POSITIVE, targets("1", "2"), at, values={"general": 3 * steps}, interval=interval)
        yield Case(rule, NEGATIVE, targets("0", "0"), at, values={"general": 0}, interval=interval)
        yield Case(
            rule, BOUNDARY, gauge("other_total", "1x440"), at, interval=interval, why="no queue, no figure"
        )
    goal = "queue:callengine_targets_missed:allowed_ratio"
    yield Case(goal, POSITIVE, targets("0", "0"), "1m", values={"general": 0.12}, interval="1m")
    yield Case(goal, NEGATIVE, gauge("other", "1x9"), "1m", interval="1m")
    yield Case(goal, BOUNDARY, targets("0", "0", goal="1"), "1m", values={"general": 0}, interval="1m")
    p90 = "queue:callengine_answer_wait_seconds:p90_rate5m"

    def waits_of(*, under_10: str, under_30: str, all_of_them: str) -> Series:
        return {
            **gauge("answer_wait_seconds_bucket", under_10, queue="general", le="10.0"),
            **gauge("answer_wait_seconds_bucket", under_30, queue="general", le="30.0"),
            **gauge("answer_wait_seconds_bucket", all_of_them, queue="general", le="+Inf"),
        }

    steady = {"under_10": "0+8x20", "under_30": "0+10x20", "all_of_them": "0+10x20"}
    yield Case(p90, POSITIVE, waits_of(**steady), "10m", values={"general": 20}, interval="1m")
    yield Case(p90, NEGATIVE, gauge("other", "1x20"), "10m", interval="1m")
    at_the_edge = {"under_10": "0+9x20", "under_30": "0+10x20", "all_of_them": "0+10x20"}
    yield Case(p90, BOUNDARY, waits_of(**at_the_edge), "10m", values={"general": 10}, interval="1m")
