"""What states of a warning, its transitions and key figures are called, in the two languages that staff read."""

from __future__ import annotations

from typing import Final

from stations.plant import Text

STATES: Final = {
    "unacknowledged": Text("未确认", "open"),
    "acknowledged": Text("已确认", "acknowledged"),
    "returned": Text("已恢复，未确认", "returned"),
    "shelved": Text("已搁置", "shelved"),
    "normal": Text("已结束", "over"),
    "accepted": Text("视为正常", "accepted"),
    "closed": Text("已关闭", "closed"),
}
TRANSITIONS: Final = {
    "opened": Text("出现", "opened"),
    "reopened": Text("再次出现", "reopened"),
    "escalated": Text("升级", "escalated"),
    "reminded": Text("再次提醒", "reminded"),
    "returned": Text("恢复", "returned"),
    "acknowledged": Text("确认", "acknowledged"),
    "shelved": Text("搁置", "shelved"),
    "unshelved": Text("结束搁置", "unshelved"),
    "closed": Text("关闭", "closed"),
    "accepted": Text("视为正常", "accepted"),
}
KPI_NAMES: Final = {
    "per_slot": Text("每 10 分钟，平均", "per 10 min, mean"),
    "per_slot_most": Text("每 10 分钟，最多", "per 10 min, peak"),
    "flood_share": Text("预警泛滥时段占比", "share of 10-min slots in flood"),
    "per_day": Text("每天，平均", "per day, mean"),
    "per_day_most": Text("每天，最多", "per day, peak"),
    "per_shift": Text("每班每人", "per shift and operator"),
    "watch_share": Text("关注（低、中）占比", "share of watch (low, medium)"),
    "warning_share": Text("预警（高）占比", "share of warning (high)"),
    "urgent_share": Text("紧急占比", "share of urgent (emergency)"),
    "chattering": Text("抖动：1 分钟内 3 次", "chattering: 3 in a minute"),
    "returning": Text("反复：24 小时内 3 次", "returning: 3 times in 24 h"),
    "stale": Text("滞留：超过 24 小时未确认", "stale: over 24 h, not acknowledged"),
    "longest_s": Text("持续最久", "longest standing"),
    "top_share": Text("最频繁十项占比", "share of the ten most frequent"),
    "acknowledge_s": Text("确认用时，中位数", "time to acknowledge, median"),
    "false_per_unit_month": Text("误报，每台每月", "false, per unit and month"),
}
