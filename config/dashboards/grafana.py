"""A described dashboard to Grafana's own JSON, schema of Grafana 11, by grafana-foundation-sdk."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

from config.dashboards.description import Board, Kind, Panel, Query, Section, Words

WIDTH = 24
_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_OF_NOW = frozenset({Kind.STAT, Kind.BARS, Kind.TABLE})
_LABELS = {"datasource": Words("Источник", "Data source"), "queue": Words("Очередь", "Queue")}


def as_json(board: Board, language: str) -> str:
    """The file's text: the same for the same description, so that it can be compared."""
    built = dashboard.Dashboard(board.title.of(language))
    built.uid(f"callengine-{board.name}-{language}").description(board.about.of(language))
    built.tags(["callengine"]).readonly().refresh(board.refresh).time(board.since, "now").timezone("browser")
    built.annotations([])
    built.tooltip(models.DashboardCursorSync.CROSSHAIR)
    for variable in _variables(language):
        built.with_variable(variable)
    built.link(
        dashboard.DashboardLink("callengine")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["callengine"])
        .include_vars(True)
        .keep_time(True)
    )
    _lay_out(built, board.sections, language)
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(built.build()) + "\n"


def _variables(language: str) -> tuple[Any, ...]:
    source = (
        dashboard.DatasourceVariable("datasource")
        .label(_LABELS["datasource"].of(language))
        .type("prometheus")
    )
    queue = (
        dashboard.QueryVariable("queue")
        .label(_LABELS["queue"].of(language))
        .datasource(_SOURCE)
        .query("label_values(callengine_calls_offered_total, queue)")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )
    return source, queue


def _lay_out(built: dashboard.Dashboard, sections: Sequence[Section], language: str) -> None:
    """From left to right, a new line where the next would not fit; a heading above each further section."""
    number, top = 1, 0
    for index, section in enumerate(sections):
        if index:
            row = dashboard.Row(section.title.of(language)).id(number)
            built.with_row(row.grid_pos(models.GridPos(h=1, w=WIDTH, x=0, y=top)))
            number, top = number + 1, top + 1
        left, line = 0, 0
        for panel in section.panels:
            if left + panel.width > WIDTH:
                left, top, line = 0, top + line, 0
            place = models.GridPos(h=panel.height, w=panel.width, x=left, y=top)
            built.with_panel(_panel(panel, language).id(number).grid_pos(place))
            number, left, line = number + 1, left + panel.width, max(line, panel.height)
        top += line


def _panel(panel: Panel, language: str) -> Any:
    built = _of_kind(panel)
    built.title(panel.title.of(language)).description(panel.about.of(language)).datasource(_SOURCE)
    built.unit(panel.unit).no_value(panel.empty.of(language))
    if panel.kind is not Kind.HEATMAP:
        steps = [models.Threshold(value=value, color=colour) for value, colour in panel.steps]
        built.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.decimals is not None:
        built.decimals(panel.decimals)
    if panel.highest is not None:
        built.min(0).max(panel.highest)
    if panel.interval:
        built.interval(panel.interval)
    if panel.meanings:
        built.mappings([_meanings(panel, language)])
    for ref_id, query in zip(string.ascii_uppercase, panel.queries, strict=False):
        built.with_target(_target(panel, query, ref_id, language))
        changes = _changes(panel, query, language)
        if changes and panel.kind is Kind.TABLE:
            built.override_by_name(f"Value #{ref_id}", changes)
        elif changes:
            built.override_by_query(ref_id, changes)
    return built


def _of_kind(panel: Panel) -> Any:
    match panel.kind:
        case Kind.STAT:
            last = common.ReduceDataOptions().calcs(["lastNotNull"])
            big = stat.Panel().reduce_options(last).graph_mode(common_models.BigValueGraphMode.NONE)
            return big.color_mode(common_models.BigValueColorMode.VALUE)
        case Kind.BARS:
            last = common.ReduceDataOptions().calcs(["lastNotNull"])
            bars = bargauge.Panel().reduce_options(last).display_mode(common_models.BarGaugeDisplayMode.BASIC)
            return bars.orientation(common_models.VizOrientation.HORIZONTAL)
        case Kind.HEATMAP:
            axis = heatmap.YAxisConfig().unit(panel.unit)
            return heatmap.Panel().calculate(False).y_axis(axis)
        case Kind.TABLE:
            joined = models.DataTransformerConfig(
                id_val="joinByField", options={"byField": "queue", "mode": "outer"}
            )
            hidden = {f"Time {number}": True for number in range(1, len(panel.queries) + 1)} | {"Time": True}
            tidied = models.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden})
            return table.Panel().with_transformation(joined).with_transformation(tidied)
        case Kind.LINES | Kind.AREAS | Kind.COLUMNS:
            return _timeseries(panel.kind)


def _timeseries(kind: Kind) -> timeseries.Panel:
    legend = common.VizLegendOptions().show_legend(True).display_mode(common_models.LegendDisplayMode.LIST)
    legend.placement(common_models.LegendPlacement.BOTTOM).calcs([])
    built = timeseries.Panel().legend(legend)
    built.tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    if kind is not Kind.LINES:
        built.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL)).fill_opacity(60)
    if kind is Kind.COLUMNS:
        built.draw_style(common_models.GraphDrawStyle.BARS)
    return built


def _meanings(panel: Panel, language: str) -> models.ValueMap:
    return models.ValueMap(
        options={
            str(value): models.ValueMappingResult(text=words.of(language), color=colour, index=index)
            for index, (value, words, colour) in enumerate(panel.meanings)
        }
    )


def _target(panel: Panel, query: Query, ref_id: str, language: str) -> prometheus.Dataquery:
    legend = query.legend.of(language) if isinstance(query.legend, Words) else query.legend
    target = prometheus.Dataquery().expr(query.expr).ref_id(ref_id).legend_format(legend).datasource(_SOURCE)
    if panel.kind in _OF_NOW:
        target.instant()
    else:
        target.range()
    if panel.kind is Kind.TABLE:
        target.format(prometheus_models.PromQueryFormat.TABLE)
    if panel.kind is Kind.HEATMAP:
        target.format(prometheus_models.PromQueryFormat.HEATMAP)
    return target


def _changes(panel: Panel, query: Query, language: str) -> list[models.DynamicConfigValue]:
    changes = []
    if query.colour is not None:
        changes.append(
            models.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": query.colour.value})
        )
    if query.as_columns:
        changes.append(models.DynamicConfigValue("custom.drawStyle", "bars"))
        changes.append(models.DynamicConfigValue("custom.axisPlacement", "right"))
        changes.append(models.DynamicConfigValue("unit", "short"))
    if panel.kind is Kind.TABLE:
        title = query.legend.of(language) if isinstance(query.legend, Words) else query.legend
        changes.append(models.DynamicConfigValue("displayName", title))
        changes.append(models.DynamicConfigValue("unit", query.unit or "short"))
    return changes
