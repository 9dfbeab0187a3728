"""What people type after an option: durations, speeds, times, stations, faults. Text in, value out, or a clear refusal."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from stations.schema import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stations.faults import Case
    from stations.plant import Fleet, Station

_UNITS_S: Final = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DURATION_S_MAX: Final = 100 * 366 * 86_400.0


class Duration(click.ParamType):
    """A length of time [s]: ``60s``, ``2m``, ``1.5h``, ``21d``; a bare number is seconds.

    >>> Duration()("1.5h")
    5400.0
    """

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float | int):
            return float(value)
        match = _DURATION.fullmatch(value.strip())
        seconds = float(match[1]) * _UNITS_S[match[2] or ""] if match else 0.0
        if not 0 < seconds <= DURATION_S_MAX:
            self.fail(f'"{value}"; expected a time such as 90s, 2m, 12h or 21d', param, ctx)
        return seconds


class Finite(click.FloatRange):
    """A number between two bounds, never NaN, which click's own range lets through.

    >>> Finite(1, 5)("2.5")
    2.5
    """

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f'"{value}"; expected a number', param, ctx)
        return number


class Speed(click.ParamType):
    """Seconds of plant time a second: a positive number, or ``max`` = as fast as it goes (infinite).

    >>> Speed()("600"), Speed()("max")
    (600.0, inf)
    """

    name = "speed"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, str) and value.strip().lower() == "max":
            return math.inf
        try:
            speed = float(value)
        except ValueError:
            speed = math.nan
        if not 0 < speed <= 1e9:
            self.fail(f'"{value}"; expected a positive number, plant seconds a second, or max', param, ctx)
        return speed


class Separator(click.ParamType):
    """What stands between two cells: one character, or ``tab``.

    >>> Separator()("tab"), Separator()(";")
    ('\\t', ';')
    """

    name = "character"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        character = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}.get(value.lower(), value)
        if len(character) != 1 or character.isalnum() or character in '"\r\n.-+_':
            self.fail(f'"{value}"; expected one character that no number holds, such as ; or tab', param, ctx)
        return character


class Moment(click.ParamType):
    """An event time [ns since 1970-01-01 UTC]: ISO 8601, UTC unless it has a zone; ``now`` = the present, as 0.

    >>> Moment()("2026-03-05T00:00Z") == Moment()("2026-03-05")
    True
    """

    name = "time"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if value.strip().lower() == "now":
            return 0
        try:
            moment = datetime.fromisoformat(value.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
        except (ValueError, OverflowError):
            self.fail(f'"{value}"; expected a time such as 2026-03-05T00:00Z', param, ctx)
        if not 2000 <= moment.year < 2100:
            self.fail(f'"{value}"; expected a time in the years 2000 to 2099', param, ctx)
        return microseconds * 1000


class CaseText(click.ParamType):
    """An event to simulate: ``kind:station:unit:start:development``, e.g. ``F01:YXK:2:2026-03-05T00:00Z:21d``."""

    name = "fault"

    def convert(self, value: str | Case, param: click.Parameter | None, ctx: click.Context | None) -> Case:
        from stations.faults import Case, kinds

        if isinstance(value, Case):
            return value
        head, _, development = value.strip().rpartition(":")
        parts = head.split(":", 3)
        if len(parts) != 4:
            example = "kind:station:unit:start:development such as F01:YXK:2:2026-03-05T00:00Z:21d"
            self.fail(f'"{value}"; expected {example}', param, ctx)
        kind, station, unit, start = parts
        if kind not in kinds():
            near = nearest(kind, kinds())
            hint = f'; nearest: "{near}"' if near else ""
            self.fail(f'"{kind}"; expected a kind such as F01, B70 or S06{hint}', param, ctx)
        start_ns = Moment().convert(start, param, ctx)
        return Case(kind, station.upper(), unit, start_ns, Duration().convert(development, param, ctx))


def find_station(fleet: Fleet, code: str) -> Station:
    """The station of that code, in any case; a usage error with the nearest code if there is none."""
    station = fleet.stations.get(code.strip().upper()) or fleet.stations.get(code.strip())
    if station is None:
        near = nearest(code, fleet.stations)
        hint = f'; nearest: "{near}"' if near else ""
        raise click.UsageError(f'no station "{code.strip()}"; expected one of {", ".join(fleet.stations)}{hint}')
    return station


def find_stations(fleet: Fleet, codes: str, default: Iterable[str]) -> Sequence[Station]:
    """The stations of a list such as ``YXK,FYL``, each once; those of ``default`` if it is empty."""
    wanted = [code for code in codes.split(",") if code.strip()] or list(default)
    found = {station.code: station for station in (find_station(fleet, code) for code in wanted)}
    return list(found.values())
