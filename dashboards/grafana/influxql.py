"""Queries in InfluxQL, the one language of InfluxDB 1.8, 2 and 3; each idiom once.

``${__from}`` and ``${__to}`` are the ends of the range that is shown [ms]. A bucket that ends at ``${__to}`` exactly, filled with
"no data", is how the present is asked for: a query for the last value would show an old one for ever.
"""

from __future__ import annotations

from typing import Final

from dashboards.grafana.look import NO_DATA, TOLD

FROM, TO = "${__from}ms", "${__to}ms"
RANGE: Final = f"time >= {FROM} AND time < {TO}"
"""Without its end: a bucket that holds nothing but the end would be filled with "no data"."""
EPISODES_SINCE: Final = "400d"
"""An episode lies at the time of its onset: older ones are left out."""
STATION: Final = "\"station\" = '$station'"
STATIONS: Final = '"station" =~ /^$station$/'
UNIT: Final = f"{STATION} AND \"unit\" = '$unit'"
DAY_MS: Final = 86_400_000
EVERYWHERE: Final = "\"station\" != ''"
WHOLE_STATION: Final = "\"unit\" = 'all'"
WHOLE_UNIT: Final = "\"component\" = 'all'"
LEVELS: Final = {3: "watch", 4: "warning", 5: "urgent"}
IS_TOLD: Final = f'"transition" =~ /^({"|".join(TOLD)})$/'


def since(span: str) -> str:
    """The time before the end of what is shown."""
    return f"time > {TO} - {span} AND time <= {TO}"


def worst(where: str, bucket: str, *, span: str = "24h") -> str:
    """The worst state of each bucket up to now, the last one being the present; "no data" where nothing came."""
    return _present("max", "state", where, bucket, span, str(NO_DATA))


def present(function: str, name: str, where: str, bucket: str) -> str:
    """A number of the present, nothing if it is old."""
    return _present(function, name, where, bucket, "6h", "null")


def _present(function: str, name: str, where: str, bucket: str, span: str, fill: str) -> str:
    return (
        f'SELECT {function}("{name}") FROM "health" WHERE {where} AND time >= {TO} - {span} AND time < {TO} '
        f"GROUP BY time({bucket}, {TO}) fill({fill})"
    )


def states(where: str, tag: str, *, source: str = "health", fill: str = str(NO_DATA)) -> str:
    """The worst state over time, one series for each value of a tag."""
    by = f', "{tag}"' if tag else ""
    return (
        f'SELECT max("state") FROM {_from(source)} WHERE {where} AND {RANGE} '
        f"GROUP BY time($__interval, {TO}){by} fill({fill})"
    )


def over_time(function: str, name: str, source: str, where: str, *, by: str = "", fill: str = "null") -> str:
    """A number over time."""
    group = f', "{by}"' if by else ""
    return (
        f'SELECT {function}("{name}") FROM {_from(source)} WHERE {where} AND $timeFilter '
        f"GROUP BY time($__interval){group} fill({fill})"
    )


def _from(source: str) -> str:
    """A measurement, or ``database.measurement``."""
    database, _, measurement = source.rpartition(".")
    return f'"{database}"."autogen"."{measurement}"' if database else f'"{measurement}"'


def age_s(where: str) -> str:
    """How old the newest scan is [s]; it grows when nothing comes any more."""
    return f'SELECT floor((${{__to}} - last("event_ms")) / 1000) FROM "health" WHERE {where} AND {since("30d")}'


def values_of(tag: str, measurement: str, where: str = "", *, database: str = "") -> str:
    """The values of a tag."""
    on = f' ON "{database}"' if database else ""
    condition = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES{on} FROM "{measurement}" WITH KEY = "{tag}"{condition}'


# ---- warnings


def episodes(where: str) -> str:
    """Where episodes are, those that are open if it says so: one point each, at the time of its onset."""
    return f'FROM "episode" WHERE {where} AND {since(EPISODES_SINCE)}'


def open_at(level: int, where: str = EVERYWHERE) -> str:
    """How many episodes are open at a level; 0, not nothing, if none is: floor() stands for a comparison."""
    return f'SELECT sum("n") FROM (SELECT "open" * ({_is_level(level)}) AS "n" {episodes(where)})'


def _is_level(level: int) -> str:
    """1 where ``level`` holds exactly that, else 0; for 3, 4 and 5, the highest."""
    at_least = f'floor("level" / {level})'
    return at_least if level == 5 else f'{at_least} - floor("level" / {level + 1})'


def told(where: str) -> str:
    """1 in column "n" for each warning that asks for attention, and in "watch", "warning" or "urgent"."""
    levels = ", ".join(f'{_is_level(level)} AS "{name}"' for level, name in LEVELS.items())
    return f'(SELECT "level" / "level" AS "n", {levels} FROM "warning" WHERE {IS_TOLD} AND {where} AND $timeFilter)'


def worklist(where: str, *, is_over: bool = False) -> str:
    """Rows of a list of warnings; "sort_key" puts the worst and newest first, and of what is over the latest.

    What feeds links stands there twice, since a link would get the words that a column shows.
    """
    order = '"changed_ms"' if is_over else '"level" * 100000000000000 + "onset_ms"'
    columns = (
        f'{order} AS "sort_key", "changed_ms" AS "over", "level", "station", "unit", "component", '
        '"what_${lang}" AS "what", "likely_${lang}" AS "likely", "first_${lang}" AS "first", '
        '(${__to} - "onset_ms") / 1000 AS "since", "transition" AS "life", "who", "score", '
        '"hours_low" / 24 AS "low", "hours_high" / 24 AS "high", "id", "station" AS "st", "unit" AS "un"'
    )
    which = f'"open" = 0 AND "changed_ms" > ${{__to}} - {7 * DAY_MS}' if is_over else '"open" = 1'
    return f"SELECT {columns} {episodes(where)} AND {which}"


def came_again(transitions: str, within_ms: int, where: str) -> str:
    """Rows with "n", one for each warning that came three times within so long, as in `detectors.attention`.

    Three times within a span are two gaps that together are no longer: twice their moving average.
    """
    each = 'GROUP BY "station", "unit", "component", "episode"'
    gaps = (
        f'SELECT elapsed("level", 1ms) AS "gap" FROM "warning" WHERE "transition" =~ /^({transitions})$/ '
        f"AND {where} AND $timeFilter {each}"
    )
    spans = f'SELECT moving_average("gap", 2) * 2 AS "span" FROM ({gaps}) {each}'
    return f'(SELECT count("span") AS "n" FROM ({spans}) WHERE "span" <= {within_ms} {each})'


# ---- sensors that are out, and maintenance


def outages(where: str) -> str:
    """Rows of what is out: of each series the last point, if that has opened it and its end has not come."""
    last = (
        'SELECT last("open") AS "open", "since_ms", "until_ms", "text_zh", "text_en" FROM "outage" '
        f'WHERE {where} AND {since(EPISODES_SINCE)} GROUP BY "station", "unit", "tag", "detector", "component"'
    )
    return (
        'SELECT "station", "unit", "tag", "detector", "text_${lang}" AS "what", '
        '(${__to} - "since_ms") / 1000 AS "since", "until_ms" AS "until", "since_ms" AS "sort_key", '
        f'"station" AS "st", "unit" AS "un" FROM ({last}) '
        'WHERE "open" = 1 AND ("until_ms" < 0 OR "until_ms" > ${__to})'
    )
