"""What an early warning says, in Chinese and English, from templates with the same places in both languages.

A warning that tells how the machine is reads

    where: what, by how much, for how long, at which load, trend; limit and when. Likely: ... First: ...

and each part is left out where it is not known.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from detectors.actions import moment
from detectors.events import TELLS, EarlyWarning, Evidence, Likely
from detectors.wording import difference_uom, duration, number, shown_uom, span, unit_name
from stations.plant import Text

LIKELY_LEAST: Final = 0.1
"""A failure mode with a smaller share is not named in a sentence."""
TREND_LEAST: Final = 0.01
"""A trend that would take more than a hundred days to double the deviation is none."""

LATELY: Final = 0.3
"""Share by which the reading of the moment may miss what was found of late: beyond, a sentence says which is which."""

PHRASES: Final = {
    "told": Text(
        "{where} {part}：{what}，已持续 {lasted}{load}{trend}{limit}。{likely}{first}",
        "{where}, {part}: {what} for {lasted}{load}{trend}{limit}.{likely}{first}",
    ),
    "again": Text("（再次提醒）", "(reminder) "),
    "back": Text("（再次出现）", "(again) "),
    "above": Text(
        "{tag}比期望值高 {size}（实测 {value}，期望 {expected}）",
        "{tag} {size} above expected ({value}, expected {expected})",
    ),
    "below": Text(
        "{tag}比期望值低 {size}（实测 {value}，期望 {expected}）",
        "{tag} {size} below expected ({value}, expected {expected})",
    ),
    "above_lately": Text(
        "{tag}近来比期望值高 {size}（此刻 {value}，期望 {expected}）",
        "{tag} lately {size} above expected (now {value}, expected {expected})",
    ),
    "below_lately": Text(
        "{tag}近来比期望值低 {size}（此刻 {value}，期望 {expected}）",
        "{tag} lately {size} below expected (now {value}, expected {expected})",
    ),
    "level": Text("{tag}偏离期望（实测 {value}）", "{tag} is not as expected ({value})"),
    "cross": Text("{tag}与其他测点不一致（实测 {value}）", "{tag} does not fit the other tags ({value})"),
    "spread": Text("{tag}波动异常（实测 {value}）", "{tag} fluctuates more than it used to ({value})"),
    "departure": Text("{tag}偏离近期水平（实测 {value}）", "{tag} has left the level that it had lately ({value})"),
    "load": Text("（{mode}，{load}）", " ({mode}, {load})"),
    "mode": Text("（{mode}）", " ({mode})"),
    "grows": Text("，每天变化 {trend}", ", moving away by {trend}/d"),
    "shrinks": Text("，每天回落 {trend}", ", coming back by {trend}/d"),
    "limit": Text("；报警限值 {limit}", "; alarm limit {limit}"),
    "rising": Text("；预计 {span}内达到报警限值 {limit}（80%）", "; alarm limit {limit} in {span} (80 %)"),
    "likely": Text("可能原因：{modes}。", " Likely: {modes}."),
    "one": Text("{name}（{share}）", "{name} ({share})"),
    "first": Text("先做：{check}。", " First: {check}."),
    "part_of": Text("属于先前的预警。", " Belongs to an earlier warning."),
    "belongs": Text("见先前的预警", "see the earlier warning"),
    "returned": Text("{where} {part}：恢复正常，历时 {lasted}。", "{where}, {part}: back to normal after {lasted}."),
    "accepted": Text(
        "{where} {part}：偏离已持续 {lasted}，此后按正常水平评估。",
        "{where}, {part}: has stood for {lasted}; from now on taken as normal.",
    ),
    "acknowledged": Text("{where} {part}：{who} 已确认预警{why}。", "{where}, {part}: acknowledged by {who}{why}."),
    "shelved": Text(
        "{where} {part}：{who} 已搁置预警至 {until}{why}。", "{where}, {part}: shelved by {who} until {until}{why}."
    ),
    "unshelved": Text(
        "{where} {part}：搁置结束，已持续 {lasted}。", "{where}, {part}: no longer shelved; it has lasted {lasted}."
    ),
    "closed": Text(
        "{where} {part}：{who} 已关闭预警，结论：{outcome}{why}。",
        "{where}, {part}: closed by {who} as {outcome}{why}.",
    ),
    "why": Text("（{why}）", " ({why})"),
}
"""One template for each thing to say; names in braces are filled in, the same in both languages."""
OUTCOME_NAMES: Final = {
    "confirmed": Text("属实", "confirmed"),
    "false": Text("误报", "false"),
    "sensor": Text("传感器问题", "a sensor fault"),
    "duplicate": Text("重复", "a duplicate"),
    "deferred": Text("推迟处理", "deferred"),
}
MODE_WORDS: Final = {
    "running": Text("运行", "running"),
    "settling": Text("趋稳中", "settling"),
    "stopped": Text("停机", "stopped"),
    "unknown": Text("工况不明", "mode unknown"),
}
NOTHING: Final = Text("", "")


def say(phrase: str, **values: Text | str) -> Text:
    """A phrase with its places filled.

    Examples
    --------
    >>> say("limit", limit="70.0 °C").en
    '; alarm limit 70.0 °C'
    """
    template = PHRASES[phrase]
    return Text(
        template.zh.format(**{name: value if isinstance(value, str) else value.zh for name, value in values.items()}),
        template.en.format(**{name: value if isinstance(value, str) else value.en for name, value in values.items()}),
    )


class Brief(NamedTuple):
    """What a sentence says, in the columns of a list: what is seen, what it may be, what to do first; each may be empty."""

    what: Text
    likely: Text
    first: Text


def brief(event: EarlyWarning) -> Brief:
    """The parts of a warning that tells how the machine is."""
    named = [Text(one.name_zh, one.name_en) for one in _named(event.likely)]
    check = next((Text(one.check_zh, one.check_en) for one in _named(event.likely) if one.check_en), NOTHING)
    return Brief(
        _what(event.evidence[0]) if event.evidence else NOTHING,
        Text("，".join(name.zh for name in named), ", ".join(name.en for name in named)),
        PHRASES["belongs"] if event.cause else check,
    )


def warning_sentence(station: Text, component: Text, mode: Text, event: EarlyWarning) -> Text:
    """What a warning says of its transition; ``mode`` is how the unit runs, in words."""
    where, lasted = unit_name(station, event.unit), duration((event.time_ns - event.onset_ns) / 1e9)
    if event.transition not in TELLS:
        act = event.act
        why = say("why", why=act.why) if act is not None and act.why else NOTHING
        return say(
            event.transition,
            where=where,
            part=component,
            lasted=lasted,
            who=act.who if act else "",
            why=why,
            until=moment(act.until_ns) if act else "",
            outcome=OUTCOME_NAMES.get(act.outcome, NOTHING) if act else "",
        )
    first = event.evidence[0]
    told = say(
        "told",
        where=where,
        part=component,
        what=_what(first),
        lasted=lasted,
        load=_load(mode, event),
        trend=_trend(first),
        limit=_limit(first, event),
        likely=_likely(event.likely),
        first=_first(event),
    )
    prefix = {"reminded": PHRASES["again"], "reopened": PHRASES["back"]}.get(event.transition, NOTHING)
    return Text(prefix.zh + told.zh, prefix.en + told.en)


def _what(first: Evidence) -> Text:
    tag, uom = Text(first.name_zh, first.name_en), shown_uom(first.uom)
    if first.head != "level":
        return say(first.head, tag=tag, value=f"{number(first.value)} {uom}".strip())
    now = first.value - first.expected
    difference = now if first.deviation is None else first.deviation
    side = "above" if difference > 0 else "below"
    return say(
        f"{side}_lately" if abs(now - difference) > LATELY * abs(difference) else side,
        tag=tag,
        size=f"{number(abs(difference))} {difference_uom(first.uom)}".strip(),
        value=number(first.value),
        expected=f"{number(first.expected)} {uom}".strip(),
    )


def _load(mode: Text, event: EarlyWarning) -> Text:
    if not event.mode:
        return NOTHING
    if event.load is None:
        return say("mode", mode=mode)
    return say("load", mode=mode, load=f"{number(event.load)} {shown_uom(event.load_uom)}".strip())


def _trend(first: Evidence) -> Text:
    trend, size = first.trend_per_day, first.deviation
    if trend is None or size is None or abs(trend) < TREND_LEAST * abs(size):
        return NOTHING
    return say(
        "grows" if trend * size > 0 else "shrinks", trend=f"{number(abs(trend))} {difference_uom(first.uom)}".strip()
    )


def _limit(first: Evidence, event: EarlyWarning) -> Text:
    if first.limit is None or first.head != "level":
        return NOTHING
    limit = f"{number(first.limit)} {shown_uom(first.uom)}".strip()
    forecast = event.forecast
    if forecast is None or forecast.low_s is None or forecast.high_s is None or forecast.high_s <= 0.0:
        return say("limit", limit=limit)
    return say("rising", limit=limit, span=span(forecast.low_s, forecast.high_s))


def _named(likely: tuple[Likely, ...]) -> list[Likely]:
    return [one for one in likely if one.share >= LIKELY_LEAST]


def _likely(likely: tuple[Likely, ...]) -> Text:
    named = _named(likely)
    if not named:
        return NOTHING
    each = [say("one", name=Text(one.name_zh, one.name_en), share=f"{one.share:.1f}") for one in named]
    return say("likely", modes=Text("，".join(one.zh for one in each), ", ".join(one.en for one in each)))


def _first(event: EarlyWarning) -> Text:
    if event.cause:
        return PHRASES["part_of"]
    named = next((one for one in _named(event.likely) if one.check_en), None)
    return NOTHING if named is None else say("first", check=Text(named.check_zh, named.check_en))
