"""How numbers, units, times and machines are written for staff in Chinese and English, and what is said of sensors."""

from __future__ import annotations

from detectors.actions import MAINTAIN, RELEARN, RESUME, Action, moment
from detectors.sisters import ALL_UNITS
from stations.plant import Text

_SHOWN_UOM = {
    "MOhm": "MΩ",
    "W/m2": "W/m²",
    "degC": "°C",
    "m/s2": "m/s²",
    "m3/d": "m³/d",
    "m3/h": "m³/h",
    "m3/s": "m³/s",
    "mg/m3": "mg/m³",
    "uS/cm": "µS/cm",
    "um": "µm",
}
_DIFFERENCE_UOM = {"degC": "K"}


def shown_uom(uom: str) -> str:
    """The unit as people write it.

    >>> shown_uom("degC")
    '°C'
    """
    return _SHOWN_UOM.get(uom, uom)


def difference_uom(uom: str) -> str:
    """The unit of a difference, as people write it.

    >>> difference_uom("degC"), difference_uom("m3/h")
    ('K', 'm³/h')
    """
    return _DIFFERENCE_UOM.get(uom, shown_uom(uom))


def number(value: float) -> str:
    """Three significant digits, whole numbers from 100 on, at most four decimals; never an exponent for plant values.

    >>> number(57.94), number(1234.5), number(0.0123), number(-6.2)
    ('57.9', '1234', '0.0123', '-6.20')
    """
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:.{digits}f}"


def duration(seconds: float) -> Text:
    """A length of time in two languages.

    >>> duration(2520).en, duration(90000).zh, duration(12).en
    ('42 min', '25 小时', '12 s')
    """
    if seconds < 90:
        return Text(f"{seconds:.0f} 秒", f"{seconds:.0f} s")
    if seconds < 5400:
        return Text(f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min")
    if seconds < 172_800:
        return Text(f"{seconds / 3600:.0f} 小时", f"{seconds / 3600:.0f} h")
    return Text(f"{seconds / 86400:.1f} 天", f"{seconds / 86400:.1f} d")


def span(low_s: float, high_s: float) -> Text:
    """A time from now that is known within bounds, in the unit that suits its end.

    >>> span(9 * 86400, 17 * 86400).en, span(3000, 9000).zh, span(60, 200).en
    ('9-17 d', '1-2 小时', '1-3 min')
    """
    size_s, zh, en = next((one for one in _SPANS if high_s >= 2 * one[0]), _SPANS[-1])
    low, high = round(low_s / size_s), max(1, round(high_s / size_s))
    return (
        Text(f"{low}-{high} {zh}", f"{low}-{high} {en}")
        if low < high
        else Text(f"约 {high} {zh}", f"about {high} {en}")
    )


_SPANS = ((86_400.0, "天", "d"), (3600.0, "小时", "h"), (60.0, "分钟", "min"))


def unit_name(station: Text, unit: str) -> Text:
    """A unit, or all of them, as people say it.

    >>> unit_name(Text("云溪口", "Yunxikou"), "2").en, unit_name(Text("枫垭岭", "Fengyaling"), ALL_UNITS).zh
    ('Yunxikou unit 2', '枫垭岭 全部机组')
    """
    if unit == ALL_UNITS:
        return Text(f"{station.zh} 全部机组", f"{station.en}, all units")
    return Text(f"{station.zh} {unit} 号机", f"{station.en} unit {unit}")


def quality_sentence(station: Text, unit: str, sensor: Text, is_bad: bool) -> Text:
    """What a data-quality event says: which sensor, and that the machine is not blamed."""
    if is_bad:
        return Text(
            f"{unit_name(station, unit).zh}：{sensor.zh}无有效数据，不参与评估。",
            f"{unit_name(station, unit).en}: no good value from {sensor.en}; it is not judged.",
        )
    return Text(
        f"{unit_name(station, unit).zh}：{sensor.zh}数据恢复。",
        f"{unit_name(station, unit).en}: {sensor.en} gives good values again.",
    )


FAULTS = {
    "stuck": Text("读数卡死不变", "repeats the same value while it should move"),
    "spikes": Text("出现尖峰跳变", "has spikes"),
    "step": Text("读数突变，其他测点未变", "jumped at once and stayed, while no other tag moved"),
    "drift": Text("单独漂移，其他测点未变", "drifts alone, while no other tag moves"),
    "unit": Text("读数疑似单位错误", "reads as if in another unit of measurement"),
    "swap": Text("疑似与{other}互换", "seems exchanged with {other}"),
}
"""What a sensor at fault does."""


def fault_sentence(
    station: Text, unit: str, sensor: Text, kind: str, transition: str, other: Text | None = None
) -> Text:
    """What is said of a sensor at fault: what it does, and that the machine is not blamed; and how that ended."""
    where = unit_name(station, unit)
    if transition == "opened":
        zh = FAULTS[kind].zh.format(other=other.zh if other else "")
        en = FAULTS[kind].en.format(other=other.en if other else "")
        if kind == "spikes":
            return Text(
                f"{where.zh}：{sensor.zh}{zh}；跳变读数不参与评估。请检查接线和传感器。",
                f"{where.en}: {sensor.en} {en}; those readings are not judged. Check wiring and sensor.",
            )
        return Text(
            f"{where.zh}：{sensor.zh}{zh}；判为测点故障，不参与评估。请检查传感器。",
            f"{where.en}: {sensor.en} {en}; taken for a sensor fault, it is not judged. Check the sensor.",
        )
    if transition == "withdrawn":
        return Text(
            f"{where.zh}：{sensor.zh}的相关测点也已偏离，撤销测点故障判断，重新评估设备。",
            f"{where.en}: other tags have followed {sensor.en}; it is no sensor fault, the machine is judged again.",
        )
    if transition == "accepted":
        return Text(
            f"{where.zh}：{sensor.zh}长期未恢复，此后按新的正常水平评估。",
            f"{where.en}: {sensor.en} has not come back; from now on its reading is taken as normal.",
        )
    return Text(
        f"{where.zh}：{sensor.zh}恢复正常，重新参与评估。",
        f"{where.en}: {sensor.en} reads as it should again; it is judged.",
    )


def gap_sentence(station: Text, lasted_s: float) -> Text:
    """What is said after a time without any scan."""
    lasted = duration(lasted_s)
    return Text(
        f"{station.zh}：数据中断 {lasted.zh}（或时钟跳变）；此间未评估，补传数据不评估。",
        f"{station.en}: no data for {lasted.en}, or the clock was put forward; nothing was judged, what comes late is not.",
    )


def marked_sentence(station: Text, unit: str, sensor: Text, who: str, is_marked: bool) -> Text:
    """What is said of a sensor that the crew marks as faulty, or has repaired."""
    where = unit_name(station, unit)
    if is_marked:
        return Text(
            f"{where.zh}：{who} 标记{sensor.zh}为故障，不参与评估，直至修复。",
            f"{where.en}: {who} marked {sensor.en} as faulty; it is not judged until it is repaired.",
        )
    return Text(f"{where.zh}：{who} 已修复{sensor.zh}。", f"{where.en}: {who} has repaired {sensor.en}.")


def planned_sentence(station: Text, unit: str, component: Text, action: Action) -> Text:
    """What is said of planned work."""
    where, until = unit_name(station, unit), moment(action.until_ns)
    zh, en = {
        MAINTAIN: (f"检修窗口至 {until}，期间不预警", f"in maintenance until {until}, no warnings"),
        RESUME: ("检修结束，重新学习正常水平", "maintenance is over, the normal level is learned anew"),
        RELEARN: ("重新学习正常水平", "the normal level is learned anew"),
    }[action.kind]
    return Text(
        f"{where.zh} {component.zh}：{zh}（{action.who}）。", f"{where.en}, {component.en}: {en} ({action.who})."
    )


def moved_sentence(station: Text, unit: str, sensor: Text) -> Text:
    """What is said of a tag that cannot be judged, as there was nothing to learn, and now could be."""
    return Text(
        f"{unit_name(station, unit).zh}：{sensor.zh}在学习段内不变，现开始变化；不参与评估。",
        f"{unit_name(station, unit).en}: {sensor.en} stood still in the learn rows and moves now; it is not judged.",
    )


def excursion_sentence(station: Text, unit: str, sensor: Text, rows: int, expected: float, uom: str) -> Text:
    """What is said of a jump that is over."""
    normal = f"{number(expected)} {shown_uom(uom)}".strip()
    return Text(
        f"{unit_name(station, unit).zh}：{sensor.zh}短时跳变 {rows} 行后恢复（期望 {normal}）。",
        f"{unit_name(station, unit).en}: {sensor.en} jumped for {rows} {'row' if rows == 1 else 'rows'} and came back "
        f"(expected {normal}).",
    )
