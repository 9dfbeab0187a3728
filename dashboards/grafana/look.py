"""How states, modes and the life of a warning look on every dashboard: words in two languages, a shape, a colour.

Calm is grey and abnormal is coloured; each state has a shape and a word beside its colour, for whoever cannot tell colours apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from stations.plant import Fleet, Text

Json = dict[str, Any]

# Okabe-Ito, told apart by every kind of colour vision. The last digit is 1: Grafana takes a threshold colour that ends in "00"
# for a transparent one (#RRGGBBAA) and draws nothing.
ORANGE_LINE, VERMILLION_LINE, PURPLE_LINE, BLUE_LINE = "#E69F01", "#D55E01", "#CC79A7", "#56B4E9"
GREY_LINE, LIGHT_LINE = "#8E949C", "#9AA0A6"
# Fills carry text: the solid ones are shifted until it has a contrast of 4.5:1, the calm ones are thin enough for both themes.
ORANGE, VERMILLION, PURPLE = "#F5B335", "#C04E01", "#A8588C"
GREY, FAINT = "rgba(150,155,163,0.22)", "rgba(150,155,163,0.07)"
MUTED_ORANGE, MUTED_PURPLE, MUTED_BLUE = "rgba(230,159,0,0.29)", "rgba(204,121,167,0.29)", "rgba(86,180,233,0.29)"
CLEAR: Final = "transparent"


class State(NamedTuple):
    """A number that is stored, and how it is shown."""

    code: float
    shape: str
    name: Text
    fill: str

    @property
    def long(self) -> str:
        """Shape and both words."""
        return f"{self.shape} {self.name.zh} {self.name.en}".strip()

    @property
    def short(self) -> str:
        """Shape and the Chinese word, for narrow cells."""
        return f"{self.shape} {self.name.zh}".strip()


STATES: Final = (
    State(-2, "…", Text("未判定", "not judged"), FAINT),
    State(-1, "—", Text("停运", "stopped"), FAINT),
    State(0, "", Text("正常", "normal"), GREY),
    State(1, "◐", Text("缺测", "partial"), MUTED_PURPLE),
    State(2, "○", Text("无数据", "no data"), PURPLE),
    State(3, "◆", Text("关注", "watch"), MUTED_ORANGE),
    State(4, "▲", Text("预警", "warning"), ORANGE),
    State(5, "■", Text("紧急", "urgent"), VERMILLION),
)
"""As `streams.points` stores them: the highest is the worst."""
QUIET: Final = {-2: "…", -1: "—", 0: " "}
"""What a strip shows of states that need no word."""
NO_DATA: Final = 2
MODES: Final = (
    State(0, "○", Text("未知", "unknown"), MUTED_PURPLE),
    State(1, "—", Text("停机", "stopped"), FAINT),
    State(2, "", Text("趋稳", "settling"), MUTED_BLUE),
    State(3, "", Text("运行", "running"), GREY),
)
ATTENDED: Final = {"acknowledged": Text("已确认", "acknowledged"), "shelved": Text("已搁置", "shelved")}
"""What a person did last, by the transition that is stored."""
TOLD: Final = ("opened", "reopened", "escalated", "reminded")
"""Transitions that ask for attention; the ones that `detectors.alarm_load` counts."""
WAITING: Final = {
    "opened": Text("新开", "new"),
    "reopened": Text("再现", "came back"),
    "escalated": Text("升级", "escalated"),
    "reminded": Text("再提醒", "reminded"),
    "unshelved": Text("搁置期满", "shelf over"),
}
"""Last transitions of what nobody attends to."""
OVER: Final = {
    "returned": Text("已恢复", "returned"),
    "accepted": Text("视为正常", "taken as normal"),
    "closed": Text("已关闭", "closed"),
}
WHOLE_STATION: Final = "*"
"""Unit of a warning of all units of a station together."""


def mapped(pairs: Iterable[tuple[float | str, str, str | None]]) -> list[Json]:
    """A value mapping of Grafana from (value, text, colour or None)."""
    options = {
        f"{value:g}" if isinstance(value, float) else str(value): {"text": text, "index": index}
        | ({"color": colour} if colour else {})
        for index, (value, text, colour) in enumerate(pairs)
    }
    return [{"type": "value", "options": options}]


def _words(states: Iterable[State], quiet: dict[int, str], *, short: bool = False) -> list[Json]:
    return mapped((s.code, quiet.get(int(s.code), s.short if short else s.long), s.fill) for s in states)


STATE_LONG: Final = _words(STATES, {})
STATE_SHORT: Final = _words(STATES, {}, short=True)
STATE_STRIP: Final = _words(STATES, QUIET)
STATE_CELL: Final = mapped(
    (s.code, QUIET.get(int(s.code), s.short), CLEAR if s.code in (-2, 0) else s.fill) for s in STATES
)
MODE_LONG: Final = _words(MODES, {})
LIFE: Final = mapped((code, f"{name.zh} {name.en}", None) for code, name in (WAITING | ATTENDED | OVER).items())
LIFE_STRIP: Final = mapped(
    (code, f"{name.zh} {name.en}", fill)
    for names, fill in ((WAITING, ORANGE), (ATTENDED, MUTED_ORANGE), (OVER, FAINT))
    for code, name in names.items()
)
UNKNOWN_TIME: Final = [{"type": "range", "options": {"from": -1e9, "to": -1e-9, "result": {"text": "—", "index": 0}}}]
"""A time to the limit below zero is not known."""
KEY: Final = (
    "　".join(f"**{s.shape}** {s.name.zh} {s.name.en}" for s in STATES if s.shape)
    + "　灰色 grey = 正常 normal　　健康 health 0-100，预警线 warning limit 50"
)


def steps(*pairs: tuple[float | None, str]) -> Json:
    """Colours from a value on; the first value is None."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in pairs]}


PLAIN: Final = steps((None, GREY))
HEALTH_TWICE, HEALTH_LIMIT, HEALTH_NEAR = (round(100.0 * 2.0 ** -(score**2), 1) for score in (2.0, 1.0, 0.7))
"""Health at twice the warning limit, at the limit, and near it (`detectors.health`)."""
HEALTH_FILL: Final = steps(
    (None, FAINT), (0, VERMILLION), (HEALTH_TWICE, ORANGE), (HEALTH_LIMIT, MUTED_ORANGE), (HEALTH_NEAR, GREY)
)
HEALTH_LINE: Final = steps((None, VERMILLION_LINE), (HEALTH_TWICE, ORANGE_LINE), (HEALTH_LIMIT, GREY_LINE))
SCORE_LINE: Final = steps((None, GREY_LINE), (1, ORANGE_LINE), (2, VERMILLION_LINE))
SCORE_LIMIT: Final = steps((None, CLEAR), (1, ORANGE_LINE), (2, VERMILLION_LINE))


def from_one(colour: str) -> Json:
    """Grey at zero, ``colour`` from one on."""
    return steps((None, GREY), (1, colour))


class Names(NamedTuple):
    """What stations and components are called, and how often stations are sampled [s]."""

    stations: dict[str, Text]
    components: dict[str, Text]
    period_s: dict[str, float]

    @classmethod
    def of(cls, fleet: Fleet) -> Names:
        """Those of a fleet; a component that is called differently in two stations has both names."""
        words: dict[str, dict[Text, None]] = {}
        for block in fleet.blocks:
            for component in block.components:
                words.setdefault(component.code, {})[component.name] = None
        return cls(
            stations={code: station.name for code, station in fleet.stations.items()},
            components={code: _joined(list(names)) for code, names in words.items()},
            period_s={code: max(b.period_s for b in station.blocks) for code, station in fleet.stations.items()},
        )

    def station(self, code: str) -> str:
        """A station as tiles and rows name it."""
        return f"{self.stations[code].zh} {code}"

    @property
    def station_map(self) -> list[Json]:
        """Value mapping of station codes."""
        return mapped((code, self.station(code), None) for code in self.stations)

    @property
    def component_map(self) -> list[Json]:
        """Value mapping of component codes."""
        return mapped((code, f"{name.zh} {name.en}", None) for code, name in self.components.items())

    def bucket(self, *codes: str, least_s: float = 60.0) -> str:
        """Within so long a station that is alive has sent a scan; three periods, of all stations the longest."""
        period_s = max(self.period_s[code] for code in codes or tuple(self.period_s))
        return f"{max(least_s, 3 * period_s):.0f}s"


def _joined(names: list[Text]) -> Text:
    zh, en = dict.fromkeys(name.zh for name in names), dict.fromkeys(name.en for name in names)
    return Text("/".join(zh), "/".join(en))
