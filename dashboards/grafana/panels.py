"""Grafana's JSON, as few kinds of it as the dashboards need: core panels only, queries in InfluxQL only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from dashboards.grafana.look import GREY, GREY_LINE, ORANGE_LINE, PLAIN, PURPLE_LINE, Json

DATASOURCE_UID: Final = "wanbiao-influx"
DATASOURCE: Final = {"type": "influxdb", "uid": DATASOURCE_UID}
CORE: Final = ("bargauge", "barchart", "row", "stat", "state-timeline", "table", "text", "timeseries")
"""Panels that every Grafana has."""
SCHEMA_VERSION: Final = 42
TAG: Final = "wanbiao"
ZONE: Final = "Asia/Shanghai"
"""Of times, where nobody says otherwise; staff read all in one."""
EMPTY: Final = "没有记录（数据是否在到达，请看时龄） no rows (see the data age: is anything arriving?)"
ALL: Final = "$__all"

Place = tuple[int, int, int, int]
"""x, y, width, height on a grid of 24 columns; a row of it is 38 pixels high."""


# ---- queries and what is said of their fields


def target(query: str, ref: str = "A", *, alias: str = "", table: bool = False) -> Json:
    """One query of a panel."""
    found = {"datasource": DATASOURCE, "refId": ref, "rawQuery": True, "query": query}
    found["resultFormat"] = "table" if table else "time_series"
    return found | ({"alias": alias} if alias else {})


def _override(matcher: str, options: str, properties: Json) -> Json:
    said = [{"id": name, "value": value} for name, value in properties.items()]
    return {"matcher": {"id": matcher, "options": options}, "properties": said}


def field(name: str, properties: Json) -> Json:
    """What holds for the field of that name."""
    return _override("byName", name, properties)


def fields_like(pattern: str, properties: Json) -> Json:
    """What holds for fields whose names match; slashes, or Grafana anchors the pattern."""
    return _override("byRegexp", f"/{pattern}/", properties)


def answer(ref: str, properties: Json) -> Json:
    """What holds for the answer to one query."""
    return _override("byFrameRefID", ref, properties)


def fixed(colour: str) -> Json:
    """One colour whatever the value."""
    return {"mode": "fixed", "fixedColor": colour}


BY_THRESHOLD: Final = {"mode": "thresholds"}
FILLED: Final = {"type": "color-background", "mode": "basic"}


def link(title: str, url: str) -> list[Json]:
    """A data link."""
    return [{"title": title, "url": url, "targetBlank": False}]


def station_link(expression: str) -> list[Json]:
    """To the dashboard of a station."""
    return link("打开电站 open station", f"/d/wanbiao-station?var-station={expression}&${{__url_time_range}}")


def unit_link(station: str, unit: str) -> list[Json]:
    """To the dashboard of a unit."""
    url = f"/d/wanbiao-unit?var-station={station}&var-unit={unit}&${{__url_time_range}}"
    return link("打开机组 open unit", url)


# ---- panels


def panel(
    kind: str,
    title: str,
    place: Place,
    targets: Iterable[Json],
    *,
    options: Json,
    defaults: Json,
    overrides: Iterable[Json] = (),
    transformations: Iterable[Json] = (),
    **more: Any,
) -> Json:
    """Any panel with queries."""
    x, y, width, height = place
    return {
        "type": kind,
        "title": title,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "datasource": DATASOURCE,
        "targets": list(targets),
        "options": options,
        "fieldConfig": {
            "defaults": {"mappings": [], "thresholds": PLAIN, "noValue": "—"} | defaults,
            "overrides": list(overrides),
        },
        "transformations": list(transformations),
        **more,
    }


class Figure(NamedTuple):
    """One number: its query, its name, how it is shown."""

    name: str
    query: str
    shown: Json


def figures(
    title: str,
    place: Place,
    each: Sequence[Figure],
    *,
    sizes: tuple[int, int] = (13, 26),
    links: Sequence[Json] = (),
    upright: bool = True,
) -> Json:
    """Numbers side by side (``upright``) or where they fit, each on its colour; ``sizes`` of names and values in pixels."""
    refs = [chr(ord("A") + i) for i in range(len(each))]
    return panel(
        "stat",
        title,
        place,
        [target(one.query, ref, alias=one.name) for ref, one in zip(refs, each, strict=True)],
        options={
            "reduceOptions": {"calcs": ["last"], "fields": "", "values": False},
            "colorMode": "background_solid",
            "graphMode": "none",
            "justifyMode": "auto",
            "textMode": "value_and_name",
            "orientation": "vertical" if upright else "auto",
            "wideLayout": False,
            "text": {"titleSize": sizes[0], "valueSize": sizes[1]},
            "percentChangeColorMode": "standard",
            "showPercentChange": False,
        },
        defaults={"color": BY_THRESHOLD, "decimals": 0, "links": list(links)},
        overrides=[
            answer(ref, {"displayName": one.name, "noValue": "—"} | one.shown)
            for ref, one in zip(refs, each, strict=True)
        ],
    )


def strip(
    title: str,
    place: Place,
    query: str,
    mappings: list[Json],
    *,
    alias: str,
    interval: str,
    overrides: Iterable[Json] = (),
    transformations: Iterable[Json] = (),
    empty: str = "○ 无数据 no data",
) -> Json:
    """States over time, one row a series; equal neighbours are one bar."""
    return panel(
        "state-timeline",
        title,
        place,
        [target(query, alias=alias)],
        options={
            "mergeValues": True,
            "showValue": "auto",
            "alignValue": "left",
            "rowHeight": 0.86,
            "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "single", "sort": "none"},
        },
        defaults={
            "mappings": mappings,
            "color": fixed(GREY),
            "custom": {"fillOpacity": 100, "lineWidth": 0, "insertNulls": False, "spanNulls": False},
            "noValue": empty,
        },
        overrides=overrides,
        transformations=transformations,
        interval=interval,
    )


def lines(
    title: str,
    place: Place,
    targets: Iterable[Json],
    *,
    interval: str,
    overrides: Iterable[Json] = (),
    custom: Json | None = None,
    defaults: Json | None = None,
    legend: bool = False,
    tooltip: str = "single",
) -> Json:
    """Numbers over time."""
    drawn = {
        "lineWidth": 1,
        "fillOpacity": 0,
        "showPoints": "never",
        "spanNulls": False,
        "axisBorderShow": False,
        "axisGridShow": True,
        "lineInterpolation": "linear",
        "thresholdsStyle": {"mode": "off"},
    }
    return panel(
        "timeseries",
        title,
        place,
        targets,
        options={
            "legend": {"showLegend": legend, "displayMode": "list", "placement": "bottom", "calcs": []},
            "tooltip": {"mode": tooltip, "sort": "desc"},
        },
        defaults={"unit": "none", "color": fixed(GREY_LINE), "custom": drawn | (custom or {})} | (defaults or {}),
        overrides=overrides,
        interval=interval,
    )


def table(
    title: str,
    place: Place,
    targets: Iterable[Json],
    *,
    overrides: Iterable[Json],
    transformations: Iterable[Json] = (),
    sort: str = "",
    roomy: bool = False,
    empty: str = EMPTY,
) -> Json:
    """Rows; ``sort`` by the column shown under that name, the highest first."""
    return panel(
        "table",
        title,
        place,
        targets,
        options={
            "showHeader": True,
            "cellHeight": "md" if roomy else "sm",
            "sortBy": [{"displayName": sort, "desc": True}] if sort else [],
            "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
            "frameIndex": 0,
        },
        defaults={
            "custom": {
                "align": "left",
                "inspect": False,
                "filterable": False,
                "wrapHeaderText": True,
                "cellOptions": {"type": "auto"},
            },
            "color": fixed("text"),
            "noValue": empty,
        },
        overrides=overrides,
        transformations=transformations,
    )


def note(text: str, place: Place) -> Json:
    """A line of Markdown."""
    x, y, width, height = place
    return {
        "type": "text",
        "title": "",
        "transparent": True,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "options": {"mode": "markdown", "content": text},
        "fieldConfig": {"defaults": {}, "overrides": []},
    }


def repeated(variable: str, title: str, y: int) -> Json:
    """A row; the panels below it are drawn once for each value of a variable."""
    place = {"x": 0, "y": y, "w": 24, "h": 1}
    return {"type": "row", "title": title, "collapsed": False, "repeat": variable, "gridPos": place, "panels": []}


# ---- variables


def choice(name: str, label: str, options: Sequence[tuple[str, str]], *, many: bool = False) -> Json:
    """A variable with (text, value) to choose from; of ``many``, all of them at first."""
    text, value = ("All", ALL) if many else options[0]
    return {
        "type": "custom",
        "name": name,
        "label": label,
        "query": ", ".join(f"{text} : {value}" for text, value in options),
        "options": [{"text": t, "value": v, "selected": v == value} for t, v in options],
        "current": {"text": text, "value": value},
        "includeAll": many,
        "multi": many,
        "hide": 0,
        "skipUrlSync": False,
    } | ({"allValue": ".*"} if many else {})


def asked(name: str, label: str, query: str, *, current: str = "", regex: str = "", hidden: bool = False) -> Json:
    """A variable whose values InfluxDB knows; without ``current``, all of them.

    Every column that a SELECT gives becomes a value: ``regex`` keeps those that are meant.
    """
    everything = {"text": ["All"], "value": [ALL]}
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": query,
        "definition": query,
        "refresh": 2,
        "sort": 3,
        "regex": regex,
        "hide": 2 if hidden else 0,
        "includeAll": not current,
        "multi": not current,
        "current": {"text": current, "value": current} if current else everything,
        "options": [],
    }


# ---- dashboards


def warnings_shown(query: str, text: str, tags: str) -> Json:
    """Annotations: a mark at every row of a query."""
    columns = {"textColumn": text, "tagsColumn": tags}
    asked_for = {"refId": "Anno", "rawQuery": True, "resultFormat": "table", "fromAnnotations": True, "query": query}
    return {
        "name": "早期预警 early warnings",
        "enable": True,
        "hide": False,
        "iconColor": ORANGE_LINE,
        "datasource": DATASOURCE,
        "target": asked_for | columns,
        "query": query,
        **columns,
    }


def notes_shown(*tags: str) -> Json:
    """Annotations that were written to Grafana itself, with all of these tags."""
    return {
        "name": "现场记录 notes",
        "enable": True,
        "hide": False,
        "iconColor": PURPLE_LINE,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "target": {"type": "tags", "tags": [TAG, *tags], "matchAny": False, "limit": 100},
    }


def dashboard(
    uid: str,
    title: str,
    panels: Sequence[Json],
    *,
    variables: Sequence[Json] = (),
    since: str = "now-24h",
    refresh: str = "30s",
    annotations: Sequence[Json] = (),
) -> Json:
    """A whole dashboard, with a menu of the others."""
    others = {"type": "dashboards", "title": "腕表 Wanbiao", "tags": [TAG], "asDropdown": True, "keepTime": True}
    return {
        "uid": uid,
        "title": title,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": ZONE,
        "refresh": refresh,
        "time": {"from": since, "to": "now"},
        "timepicker": {"refresh_intervals": ["10s", "30s", "1m", "5m"]},
        "links": [
            others | {"includeVars": False, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""}
        ],
        "templating": {"list": list(variables)},
        "annotations": {"list": list(annotations)},
        "panels": [one | {"id": number} for number, one in enumerate(panels, 1)],
    }
