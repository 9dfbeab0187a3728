"""The words of other alarm systems: how they call their columns, priorities and states, in English and Chinese."""

from __future__ import annotations

from typing import Final

from stations.schema import show

COLUMNS: Final = {
    "tag": (
        *("tag", "tagname", "tag_name", "位号", "测点", "点名", "标签", "point", "point_name"),
        *("alarm_id", "报警编号", "id", "source", "alarm", "name", "名称"),
    ),
    "asset": ("asset", "equipment", "device", "component", "machine", "设备", "部件", "机组"),
    "level": ("priority", "level", "severity", "优先级", "级别", "等级", "报警级别"),
    "state": ("transition", "state", "status", "alarm_state", "action", "状态", "动作"),
    "outcome": ("outcome", "结论"),
}
"""Names of columns, the first one that a table has; blanks count as ``_``, in any case. A tag comes before an id, which may
be the number of the row."""

_LEVELS: Final = {
    "watch": (
        *(
            "watch",
            "low",
            "medium",
            "med",
            "l",
            "m",
            "minor",
            "info",
            "journal",
            "diagnostic",
            "3",
            "4",
            "5",
            "p3",
            "p4",
        ),
        *("关注", "低", "中", "一般", "提示", "次要"),
    ),
    "warning": ("warning", "high", "h", "major", "2", "p2", "预警", "高", "重要", "较重"),
    "urgent": ("urgent", "emergency", "critical", "highest", "e", "1", "p1", "紧急", "严重", "危急", "事故"),
    "": ("", "nan", "na", "n/a", "null", "none", "-"),
}
"""Three levels of priority as in ISA-18.2: low and medium, high, emergency; of numbers 1 is the highest."""

_TRANSITIONS: Final = {
    "opened": (
        *("opened", "open", "active", "alarm", "alm", "act", "raised", "raise", "set", "on", "in", "1", "true", "high"),
        *("new", "unack", "unacknowledged", "unack_alm", "act_unack", "low", "hi", "lo", "hihi", "lolo", "trip"),
        *("报警", "触发", "产生", "发生", "激活"),
    ),
    "reopened": ("reopened", "realarm", "re-alarm", "再次报警"),
    "escalated": ("escalated", "升级"),
    "reminded": ("reminded", "提醒"),
    "acknowledged": ("acknowledged", "acknowledge", "ack", "acked", "ack_alm", "act_ack", "确认", "已确认"),
    "shelved": ("shelved", "shelve", "suppressed", "suppress", "disabled", "搁置", "屏蔽"),
    "unshelved": ("unshelved", "unshelve", "unsuppressed", "enabled", "取消搁置", "解除屏蔽"),
    "returned": (
        *("returned", "return", "rtn", "cleared", "clear", "normal", "norm", "ok", "off", "out", "0", "false", "reset"),
        *(
            "unack_rtn",
            "ack_rtn",
            "rtn_unack",
            "rtn_ack",
            "inactive",
            "恢复",
            "恢复正常",
            "消失",
            "复归",
            "解除",
            "正常",
        ),
    ),
    "accepted": ("accepted",),
    "closed": ("closed", "close", "关闭", "已关闭"),
}
_LEVEL_OF: Final = {word: level for level, words in _LEVELS.items() for word in words}
_TRANSITION_OF: Final = {word: transition for transition, words in _TRANSITIONS.items() for word in words}


def level_of(word: str) -> str:
    """The level that a priority means; "" = it is not told. ValueError, in words, if it is none.

    >>> level_of("Emergency"), level_of("2"), level_of("一般"), level_of("")
    ('urgent', 'warning', 'watch', '')
    """
    found = _LEVEL_OF.get(_folded(word))
    if found is None:
        raise ValueError(f"priority {show(word)}; expected low, medium, high or emergency, or 1 (highest) to 5")
    return found


def transition_of(word: str) -> str:
    """The transition that a state means. ValueError, in words, if it is none.

    >>> transition_of("UNACK/ALM"), transition_of("RTN"), transition_of("确认")
    ('opened', 'returned', 'acknowledged')
    """
    found = _TRANSITION_OF.get(_folded(word))
    if found is None:
        raise ValueError(f"state {show(word)}; expected a word such as opened, acknowledged or returned")
    return found


def _folded(word: str) -> str:
    return word.strip().lower().replace("/", "_").replace(" ", "_")
