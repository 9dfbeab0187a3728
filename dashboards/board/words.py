"""What the pages say, in Chinese and English, and how states look: a shape and a word beside each colour."""

from __future__ import annotations

from typing import Final, NamedTuple

from detectors.states import NORMAL
from stations.plant import Text

LANGUAGES: Final = ("zh", "en")


class Look(NamedTuple):
    """A state in three codes: a shape, a word, and a class of `board.css` for its colour."""

    shape: str
    word: Text
    css: str


LOOKS: Final = {
    -2: Look("…", Text("未判定", "not judged"), "is-quiet"),  # is learned, worked on, or has no score whatever comes
    -1: Look("–", Text("停运", "stopped"), "is-quiet"),
    0: Look("·", Text("正常", "normal"), "is-normal"),
    1: Look("◐", Text("缺测", "sensor out"), "is-partial"),
    2: Look("○", Text("无数据", "no data"), "is-no-data"),
    3: Look("◆", Text("关注", "watch"), "is-watch"),
    4: Look("▲", Text("预警", "warning"), "is-warning"),
    5: Look("■", Text("紧急", "urgent"), "is-urgent"),
}
"""By the numbers of `detectors.states`; calm is grey, colour only for the abnormal."""
ATTENDED: Final = Look("◇", Text("已接手", "attended"), "is-normal")
"""Calm, since a person has taken on all that is abnormal there; its health is not hidden."""
LEVEL_LOOKS: Final = {"watch": LOOKS[3], "warning": LOOKS[4], "urgent": LOOKS[5]}
SAY: Final = {
    "board": Text("腕表", "Wanbiao"),
    "fleet": Text("全厂", "Fleet"),
    "worklist": Text("待办", "Worklist"),
    "load": Text("预警负荷", "Alarm load"),
    "other_language": Text("English", "中文"),
    "learning": Text("正在学习正常运行：{share}  {note}", "Learning what is normal: {share}  {note}"),
    "stations_units": Text("{stations} 座电站，{units} 台机组", "{stations:station}, {units:unit}"),
    "waiting": Text("{n} 条待处理", "{n} to attend to"),
    "none_waiting": Text("没有待处理的预警", "nothing to attend to"),
    "plant_time": Text("电厂时间 {time} {zone}", "plant time {time} {zone}"),
    "health": Text("健康度", "health"),
    "health_lowest": Text("最低健康度", "lowest health"),
    "running": Text("运行 {n}/{all}", "{n} of {all} run"),
    "age": Text("{age}前", "{age} ago"),
    "no_age": Text("从未收到数据", "never heard of"),
    "silent": Text("{age}无数据", "silent for {age}"),
    "unit": Text("{unit} 号机", "unit {unit}"),
    "all_units": Text("全部机组", "all units"),
    "spark": Text("近 {span}", "last {span}"),
    "what_waits": Text("最要紧", "What matters most"),
    "all_of_it": Text("全部待办", "the whole worklist"),
    "calm": Text("一切平静：没有未处理的预警。", "All is calm: no warning waits for anybody."),
    "calm_unknown": Text("还没有电站报过数据。", "No station has been heard of yet."),
    "components": Text("部件", "Components"),
    "units": Text("机组", "Units"),
    "warnings": Text("预警", "Warnings"),
    "no_warnings": Text("没有预警。", "No warnings."),
    "sensors": Text("测点故障", "Sensors out"),
    "no_sensors": Text("测点全部正常。", "Every sensor gives good values."),
    "tags": Text("测点", "Tags"),
    "tag": Text("测点", "tag"),
    "value": Text("实测", "measured"),
    "expected": Text("期望", "expected"),
    "band": Text("预警带", "band"),
    "score": Text("偏离", "score"),
    "score_note": Text("偏离达到 1 为预警线", "1 is the warning limit"),
    "limit": Text("报警限值", "alarm limit"),
    "mode": Text("工况", "Mode"),
    "range": Text("时段", "Range"),
    "days": Text("{n} 天", "{n} d"),
    "no_trend": Text(
        "还没有曲线：测点尚在学习，或没有数据。", "No curve yet: the tag is being learned, or has no data."
    ),
    "evidence": Text("依据", "Evidence"),
    "likely": Text("可能原因", "Likely"),
    "first": Text("先做", "First"),
    "first_check": Text("先做：{check}", "First: {check}"),
    "forecast": Text("{span}内达到报警限值（80%）", "alarm limit in {span} (80 %)"),
    "since": Text("自 {time}", "since {time}"),
    "until": Text("至 {time}", "until {time}"),
    "who": Text("姓名", "Your name"),
    "why": Text("说明", "Comment"),
    "outcome": Text("结论", "Outcome"),
    "shelve_for": Text("搁置", "Shelve for"),
    "acknowledge": Text("确认", "Acknowledge"),
    "shelve": Text("搁置", "Shelve"),
    "unshelve": Text("取消搁置", "Unshelve"),
    "close": Text("关闭", "Close"),
    "cancel": Text("取消", "Cancel"),
    "done": Text("已记录：{what}", "recorded: {what}"),
    "refused": Text("未能执行：{why}", "not done: {why}"),
    "busy": Text("正在发送…", "sending ..."),
    "station": Text("电站", "Station"),
    "state": Text("状态", "State"),
    "any": Text("全部", "all"),
    "with_ended": Text("含已结束", "with what is over"),
    "history": Text("经过", "What happened"),
    "open_unit": Text("查看机组", "see the unit"),
    "no_match": Text("没有符合条件的预警。", "No warning fits."),
    "more": Text("另有 {n} 条，请缩小范围。", "{n} more: narrow the choice."),
    "figure": Text("指标", "figure"),
    "target": Text("目标", "target"),
    "source": Text("出处", "source"),
    "met": Text("达标", "ok?"),
    "yes": Text("✓ 是", "✓ ok"),
    "no": Text("✗ 否", "✗ no"),
    "ours": Text("本系统", "ours"),
    "most_frequent": Text("最频繁", "Most frequent"),
    "per_day": Text("每天预警数（按 UTC 日）", "Warnings a day (days of UTC)"),
    "counted": Text("{since} 至 {until}，预警共 {n} 条", "{since} to {until}, warnings: {n}"),
    "nothing_counted": Text("还没有预警可以统计。", "No warning to count yet."),
    "not_found": Text("没有这个电站或机组。", "There is no such station or unit."),
    "replay": Text("回放", "Replay"),
    "replay_banner": Text("▶ 回放 · 非实时", "▶ REPLAY · not live"),
    "replayed_time": Text("遥测时间 {time} {zone}", "telemetry of {time} {zone}"),
    "replay_learning": Text("… 正在学习之前的正常运行", "… learning the healthy life before it"),
    "replay_playing": Text("▶ 正在回放", "▶ playing"),
    "replay_paused": Text("❚❚ 已暂停", "❚❚ paused"),
    "replay_over": Text("■ 回放结束", "■ the replay is over"),
    "replay_done": Text("回放进度", "how far the replay is"),
    "day_of": Text("第 {at} 天，共 {all} 天", "day {at} of {all}"),
    "hour_of": Text("第 {at} 小时，共 {all} 小时", "hour {at} of {all}"),
    "pause": Text("❚❚ 暂停", "❚❚ Pause"),
    "go_on": Text("▶ 继续", "▶ Continue"),
    "speed": Text("速度", "Speed"),
    "fastest": Text("最快", "as fast as it goes"),
    "a_second": Text("{span}/秒", "{span}/s"),
    "mark_first": Text("首次预警", "first warning"),
    "mark_alarm": Text("静态报警", "static alarm"),
    "mark_event": Text("事件", "event"),
    "score_of": Text("偏离（1 = 预警线）：{place}", "score (1 = warning limit): {place}"),
    "all_places": Text("全部机组", "all units"),
    "what_happened": Text("事件经过", "What happened"),
    "sources": Text("出处", "Sources"),
    "no_facts": Text("没有记载。", "Nothing is told of it."),
    "acts_here": Text("在此操作", "Acts on this board"),
    "open_station": Text("查看电站", "see the station"),
    "none_told_yet": Text("到此为止没有预警。", "No warning up to here."),
    "verdict": Text("结论", "Verdict"),
    "verdict_later": Text("回放结束后给出。", "Comes when the replay is over."),
    "no_verdict": Text("学习期间中断，没有结论。", "It ended while it learned: no verdict."),
    "played_only_to": Text("只回放到 {time}", "played only to {time}"),
    "held": Text("✓ 符合", "✓ held"),
    "not_held": Text("✗ 不符", "✗ not held"),
    "undecided": Text("– 未定", "– undecided"),
    "caught": Text("是否捕获", "caught"),
    "caught_yes": Text("✓ 是", "✓ yes"),
    "caught_no": Text("✗ 否", "✗ no"),
    "first_warning": Text("首次发现", "first finding"),
    "lead_to_alarm": Text("先于静态报警", "lead to the static alarm"),
    "lead_to_event": Text("先于事件", "lead to the event"),
    "too_late": Text("晚了 {span}", "{span} too late"),
    "false_warnings": Text("误报", "false warnings"),
    "taken_for_sensors": Text(
        "故障期间该机组被判为故障的测点", "Sensors of the failing unit that were doubted meanwhile"
    ),
    "quality_events": Text("数据质量事件", "data-quality events"),
    "digest": Text("消息摘要", "digest of all messages"),
    "keyboard": Text("Tab 移动，Enter 打开", "Tab moves, Enter opens"),
}
"""Every other word on the pages; what stands in braces is filled in."""


class Count(int):
    """A number that takes a word along, in its plural unless it is 1.

    >>> f"{Count(1):station}, {Count(32):unit}", f"{Count(32)}"
    ('1 station, 32 units', '32')
    """

    def __format__(self, word: str) -> str:
        return f"{int(self)} {word}{'' if self == 1 else 's'}" if word else str(int(self))


def look_of(state: int, *, is_attended: bool) -> Look:
    """How a station or unit looks whose state is rolled up; what is attended counts as normal there, and is not.

    >>> look_of(0, is_attended=True).word.en, look_of(3, is_attended=True).word.en
    ('attended', 'watch')
    """
    return ATTENDED if is_attended and state == NORMAL else LOOKS[state]


def say(key: str, language: str, **values: object) -> str:
    """One of `SAY`, filled in.

    >>> say("age", "en", age="3 min")
    '3 min ago'
    """
    return in_language(SAY[key], language).format(**values)


def in_language(text: Text, language: str) -> str:
    """A text in one of `LANGUAGES`."""
    return text.zh if language == "zh" else text.en


def health_text(health: float | None) -> str:
    """A health index without decimals; a dash where it is not known.

    >>> health_text(87.4), health_text(None)
    ('87', '–')
    """
    return "–" if health is None else f"{health:.0f}"
