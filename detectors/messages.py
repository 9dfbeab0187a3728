"""A notice as a message: a title and plain text in Chinese and English, and the same as one object for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detectors.actions import moment
from detectors.events import LEVELS, TELLS
from detectors.facts import Links, facts, iso
from detectors.forecast import BEYOND, NO_LIMIT, NOT_RISING, PASSED, RISES, UNKNOWN
from detectors.notices import DAILY, ESCALATION, TEST, Notice
from detectors.notifier import Notifier
from detectors.pages import LEVEL_WORDS, Line
from detectors.wording import difference_uom, duration, number, shown_uom, span, unit_name
from stations.plant import Fleet, Text

SCHEMA: Final = 1
LINES_SHOWN_MOST: Final = 20
"""Warnings that the text of a digest tells one by one; the object for programs names all."""
SHAPES: Final = ("◆", "▲", "■")
"""Levels as shapes, so that a title tells them without colour."""

KIND_WORDS: Final = {
    DAILY: Text("每日摘要", "daily digest"),
    ESCALATION: Text("升级通知", "escalation"),
    TEST: Text("测试消息", "test message"),
}
PHRASES: Final = {
    "title": Text("{look} {level} {where} {part}{kind}", "{look} {level}: {where}, {part}{kind}"),
    "over": Text("· 已结束 {where} {part}", "· over: {where}, {part}"),
    "many": Text("{look} {count} 条预警，最高级别：{level}{kind}", "{look} {count} warnings, worst: {level}{kind}"),
    "machine": Text("设备：{code}", "Machine: {code}"),
    "since": Text(
        "级别：{level}，自 {since} 起，已持续 {lasted}{trend}", "Level: {level}, since {since}, for {lasted}{trend}"
    ),
    "trend": Text("，趋势每天 {trend}", ", trend {trend}/d"),
    "evidence": Text("证据：", "Evidence:"),
    "tag": Text(
        "  {tag} {name}：实测 {value}，期望 {expected}", "  {tag} {name}: measured {value}, expected {expected}"
    ),
    "context": Text("工况：{mode}{load}", "Operation: {mode}{load}"),
    "likely": Text("可能原因：{modes}", "Likely: {modes}"),
    "first": Text("先做：{check}", "First: {check}"),
    "good": Text("数据质量：良好", "Data quality: good"),
    "bad": Text(
        "数据质量：本机组无有效数据的测点（{count} 个）：{tags}",
        "Data quality: sensors of the unit that are out ({count}): {tags}",
    ),
    "acknowledged": Text("已确认：{who}，{at}", "Acknowledged: {who}, {at}"),
    "unacknowledged": Text("尚无人确认", "Acknowledged: by nobody yet"),
    "board": Text("看板：{link}", "Board: {link}"),
    "grafana": Text("曲线：{link}", "Dashboard: {link}"),
    "replay": Text("回放：{link}", "Replay: {link}"),
    "id": Text("编号：{id}", "Warning: {id}"),
    "line": Text("{look} {text}（{id}）", "{look} {text} ({id})"),
    "more": Text("另有 {count} 条：wanbiao warnings list", "{count} more: wanbiao warnings list"),
    RISES: Text("到达报警限值 {limit}：{span}（80%）", "Alarm limit {limit}: in {span} (80 %)"),
    PASSED: Text("到达报警限值：已达到 {limit}", "Alarm limit: {limit}, reached"),
    NO_LIMIT: Text("到达报警限值：该测点没有报警限值", "Alarm limit: the tag has none"),
    NOT_RISING: Text("到达报警限值：目前没有上升", "Alarm limit: no time to it, since it is not rising"),
    BEYOND: Text("到达报警限值：超出预测范围", "Alarm limit: further off than can be foretold"),
    UNKNOWN: Text("到达报警限值：观测太短，尚不能预测", "Alarm limit: too little has been seen to tell a time"),
}
"""One template for each thing to say; names in braces are filled in, the same in both languages."""
EMPTY: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to one channel; ``id`` is the same however often it is sent, ``body`` the object for programs."""

    id: str
    channel: str
    level: str
    time_ns: int
    title: Text
    text: Text
    body: dict[str, Any]


def message(notice: Notice, notifier: Notifier, fleet: Fleet, links: Links) -> Message:
    """The message of a notice, with what is known of its warnings now."""
    known = notifier.worklist.items
    told = {
        line.id: facts(known[line.id], fleet, notifier.sensors.bad(line.station, line.unit), links)
        for line in notice.lines[:LINES_SHOWN_MOST]
        if line.id in known
    }
    first = told.get(notice.lines[0].id) if notice.lines else None
    is_one = first is not None and len({line.id for line in notice.lines if not line.cause}) == 1
    title = _title(notice, first if is_one else None)
    text = _of_one(notice, first) if is_one and first is not None else _of_many(notice)
    body = {
        "schema": SCHEMA,
        "id": notice.id,
        "channel": notice.channel,
        "kind": notice.kind,
        "level": notice.level or None,
        "time": iso(notice.time_ns),
        "escalated_from": notice.source or None,
        "title_zh": title.zh,
        "title_en": title.en,
        "text_zh": text.zh,
        "text_en": text.en,
        "warnings": list(told.values()),
        "lines": [_line(line) for line in notice.lines],
    }
    return Message(notice.id, notice.channel, notice.level, notice.time_ns, title, text, body)


def _line(line: Line) -> dict[str, Any]:
    """One transition, short: a digest may hold thousands."""
    return {
        "id": line.id,
        "station": line.station,
        "unit": line.unit,
        "component": line.component,
        "transition": line.transition,
        "level": line.level,
        "time": iso(line.time_ns),
        "cause": line.cause or None,
    }


def _title(notice: Notice, one: Mapping[str, Any] | None) -> Text:
    word = KIND_WORDS.get(notice.kind, EMPTY)
    if not notice.lines:
        return word
    kind = Text(f"（{word.zh}）" if word.zh else "", f" ({word.en})" if word.en else "")
    if one is None:
        count = str(len({line.id for line in notice.lines}))
        return _say("many", look=_shape(notice.level), level=_level(notice.level), count=count, kind=kind)
    where, part = _place(one)
    if one["transition"] not in TELLS and not notice.lines[0].tells:
        return _say("over", where=where, part=part)
    return _say("title", look=_shape(notice.level), level=_level(notice.level), where=where, part=part, kind=kind)


def _of_one(notice: Notice, one: Mapping[str, Any]) -> Text:
    """Everything that a crew must know of one warning, a line each."""
    links = [_say(name, link=link) for name, link in one["links"].items() if link]
    parts = [notice.text, _say("machine", code=one["code"]), _since(one), *_evidence(one)]
    context = one["context"]
    if context["mode"]:
        load = "" if context["load"] is None else f"{number(context['load'])} {shown_uom(context['load_uom'] or '')}"
        parts.append(
            _say("context", mode=_both(context, "mode"), load=Text(f"，{load}", f", {load}") if load else EMPTY)
        )
    if one["likely"]:
        zh = "，".join(f"{each['name_zh']}（{each['share']:.1f}）" for each in one["likely"])
        en = ", ".join(f"{each['name_en']} ({each['share']:.1f})" for each in one["likely"])
        parts.append(_say("likely", modes=Text(zh, en)))
    parts.append(_forecast(one["forecast"]))
    if one["first_check_en"]:
        parts.append(_say("first", check=_both(one, "first_check")))
    bad = one["data_quality"]["bad_tags"]
    parts.append(_say("bad", count=str(len(bad)), tags=", ".join(bad)) if bad else PHRASES["good"])
    act = one["acknowledged"]
    parts.append(_say("acknowledged", who=act["who"], at=act["at"]) if act else PHRASES["unacknowledged"])
    return _lines([*parts, *links, _say("id", id=one["id"])])


def _since(one: Mapping[str, Any]) -> Text:
    trend = EMPTY
    if one["trend_per_day"] is not None:
        uom = difference_uom(one["trend_uom"] or "")
        trend = _say(
            "trend", trend=f"{'+' if one['trend_per_day'] >= 0 else ''}{number(one['trend_per_day'])} {uom}".strip()
        )
    since = one["since"].replace("T", " ")[:16] + " UTC"
    return _say("since", level=_level(one["level"]), since=since, lasted=duration(one["lasted_s"]), trend=trend)


def _evidence(one: Mapping[str, Any]) -> list[Text]:
    if not one["evidence"]:
        return []
    found = [PHRASES["evidence"]]
    for tag in one["evidence"]:
        expected = f"{number(tag['expected'])} {shown_uom(tag['uom'])}".strip()
        found.append(
            _say("tag", tag=tag["tag"], name=_both(tag, "name"), value=number(tag["measured"]), expected=expected)
        )
    return found


def _forecast(one: Mapping[str, Any]) -> Text:
    limit = "" if one["limit"] is None else f"{number(one['limit'])} {shown_uom(one['uom'] or '')}".strip()
    if one["state"] == RISES:
        return _say(RISES, limit=limit, span=span(one["low_s"], one["high_s"]))
    return _say(one["state"] if one["state"] in PHRASES else UNKNOWN, limit=limit)


def _of_many(notice: Notice) -> Text:
    """A digest, the worst one by one, each warning once."""
    each: dict[str, Line] = {}
    for line in notice.lines:
        each.setdefault(line.id, line)
    shown = list(each.values())[:LINES_SHOWN_MOST]
    lines = [
        _say("line", look=_shape(line.level), text=Text(line.text_zh, line.text_en), id=line.id[:8]) for line in shown
    ]
    if more := len(each) - len(shown):
        lines.append(_say("more", count=str(more)))
    return _lines([notice.text, *lines])


def _say(phrase: str, **values: Text | str) -> Text:
    template = PHRASES[phrase]
    return Text(
        template.zh.format(**{name: value if isinstance(value, str) else value.zh for name, value in values.items()}),
        template.en.format(**{name: value if isinstance(value, str) else value.en for name, value in values.items()}),
    )


def _lines(parts: list[Text]) -> Text:
    return Text("\n".join(part.zh for part in parts), "\n".join(part.en for part in parts))


def _both(values: Mapping[str, Any], name: str) -> Text:
    return Text(values[f"{name}_zh"] or "", values[f"{name}_en"] or "")


def _place(one: Mapping[str, Any]) -> tuple[Text, Text]:
    return unit_name(_both(one["station"], "name"), one["unit"]), _both(one["component"], "name")


def _shape(level: str) -> str:
    return SHAPES[LEVELS.index(level)] if level else ""


def _level(level: str) -> Text:
    return LEVEL_WORDS[LEVELS.index(level)] if level else EMPTY


def trial(channel: str, time_ns: int) -> Notice:
    """A notice that says only that messages arrive."""
    at = moment(time_ns)
    text = Text(
        f"腕表测试消息，发送于 {at}。收到即表示通道可用。", f"Wanbiao test message, sent at {at}: the channel works."
    )
    return Notice(channel, f"{TEST}/{time_ns}", TEST, "", time_ns, (), text)
