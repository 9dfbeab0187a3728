"""What the board asks InfluxDB, in InfluxQL: bounded in time and in rows, every name quoted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from connectors.influx import query

TREND_POINTS_MOST: Final = 500
"""Points of one curve: what a screen shows. A longer time is averaged, its scores by their maximum."""
NEWEST_BACK_MS: Final = 3_600_000
"""How far back the newest value of a tag is looked for [ms]."""
TREND: Final = ("value", "expected", "low", "high", "score")
"""Fields of the measurement ``tag``."""

Row = dict[str, Any]


def literal(text: str) -> str:
    """A string of InfluxQL; whatever a name holds, it is data.

    >>> print(literal("it's"), literal("a\\\\"))
    'it\\'s' 'a\\\\'
    """
    if not text.isprintable():
        raise ValueError(f"{text!r} holds control characters")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True, slots=True)
class InfluxReader:
    """One bucket to be read; each call is one request, with the timeout of `connectors.influx`.

    All calls raise ConnectorError if the server is away or refuses.
    """

    url: str
    database: str
    token: str = field(default="", repr=False)

    def trend(self, station: str, unit: str, tag: str, *, since_ms: int, until_ms: int) -> list[Row]:
        """One tag over time, the oldest first, at most about `TREND_POINTS_MOST` rows with the fields of `TREND` [ms]."""
        step_ms = max(1000, -(-(until_ms - since_ms) // TREND_POINTS_MOST))
        fields = ", ".join([*(f'mean("{name}") AS "{name}"' for name in TREND[:-1]), 'max("score") AS "score"'])
        where = f'"station" = {literal(station)} AND "unit" = {literal(unit)} AND "tag" = {literal(tag)}'
        return self._rows(fields, where, since_ms, until_ms, f"GROUP BY time({step_ms}ms) fill(none)")

    def newest(self, station: str, *, until_ms: int) -> list[Row]:
        """The newest values of every tag of a station, one row a unit and tag."""
        fields = ", ".join(f'"{name}"' for name in TREND)
        where = f'"station" = {literal(station)}'
        one_each = 'GROUP BY "unit", "tag" ORDER BY time DESC LIMIT 1'
        return self._rows(fields, where, until_ms - NEWEST_BACK_MS, until_ms, one_each)

    def health(self, station: str, *, since_ms: int, until_ms: int, step_ms: int) -> list[Row]:
        """The lowest health of a station at the begin of each step: ``time`` [ms] and ``health`` [0-100], the oldest first."""
        where = f'"station" = {literal(station)} AND "unit" = \'all\' AND "component" = \'all\''
        grouped = f"GROUP BY time({step_ms}ms) fill(none)"
        return self._rows('first("health") AS "health"', where, since_ms, until_ms, grouped, measurement="health")

    def _rows(
        self, fields: str, where: str, since_ms: int, until_ms: int, grouped: str, *, measurement: str = "tag"
    ) -> list[Row]:
        when = f"time > {since_ms}ms AND time <= {until_ms}ms"
        influxql = f'SELECT {fields} FROM "{measurement}" WHERE {where} AND {when} {grouped}'  # noqa: S608 - names are literals
        return query(self.url, token=self.token, database=self.database, influxql=influxql)
