"""Which part of the pipeline is silent, and since when: said on every page and by the HTTP API, within a minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboards.board.views import FleetView
from stations.plant import Text

NAMED_MOST: Final = 4
"""Silent stations that are named one by one; of more it is enough to say how many."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the pipeline that the board depends on.

    ``is_well``: it answers; ``said`` is one sentence about what it does, or why it does not.
    """

    name: str
    is_well: bool
    said: Text


@dataclass(frozen=True, slots=True)
class Silent:
    """A station that is not heard of: for how long [s of plant time]; None = not since the board began."""

    station: str
    age_s: float | None
    said: Text


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the pipeline does; ``is_well`` if every part does and no station is silent."""

    is_well: bool
    parts: tuple[Part, ...]
    silent: tuple[Silent, ...]

    @property
    def notice(self) -> Text | None:
        """What everybody should know now, in one line; None = all is well.

        >>> Pulse(True, (), ()).notice
        >>> away = Part("kafka", False, Text("不应答", "kafka does not answer"))
        >>> Pulse(False, (away,), (Silent("SLP", 64.0, Text("", "no scan from SLP for 64 s")),)).notice.en
        'kafka does not answer; no scan from SLP for 64 s'
        """
        said = [part.said for part in self.parts if not part.is_well]
        if len(self.silent) > NAMED_MOST:
            codes = ", ".join(one.station for one in self.silent[:NAMED_MOST])
            count = len(self.silent)
            said.append(Text(f"{count} 座电站没有数据：{codes} …", f"no scan from {count} stations: {codes} ..."))
        else:
            said += [one.said for one in self.silent]
        return Text("；".join(one.zh for one in said), "; ".join(one.en for one in said)) if said else None


def pulse(view: FleetView, parts: Iterable[Part] = ()) -> Pulse:
    """How the pipeline does by what the fleet looks like; while a plant is learned nobody is silent."""
    silent = () if view.progress else tuple(_silent(one.code, one.age_s) for one in view.stations if one.is_stale)
    known = tuple(parts)
    return Pulse(not silent and all(part.is_well for part in known), known, silent)


def _silent(code: str, age_s: float | None) -> Silent:
    if age_s is None:
        return Silent(code, None, Text(f"{code} 还没有数据", f"no scan from {code} yet"))
    return Silent(code, age_s, Text(f"{code} 已 {age_s:.0f} 秒没有数据", f"no scan from {code} for {age_s:.0f} s"))
