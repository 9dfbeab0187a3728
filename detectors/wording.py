"""Plain sentences for staff, in Chinese and English, from the numbers of an event."""

from __future__ import annotations

from detectors.events import Evidence
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


HOW = {
    "level": Text("偏离期望", "is not as expected"),
    "cross": Text("与其他测点不一致", "does not fit the other tags"),
    "spread": Text("波动异常", "fluctuates more than it used to"),
    "departure": Text("偏离近期水平", "has left the level that it had lately"),
}
"""What a tag does that a head warns of."""


def shown_uom(uom: str) -> str:
    """The unit as people write it.

    >>> shown_uom("degC")
    '°C'
    """
    return _SHOWN_UOM.get(uom, uom)


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


def unit_name(station: Text, unit: str) -> Text:
    """A unit, or all of them, as people say it.

    >>> unit_name(Text("云溪口", "Yunxikou"), "2").en, unit_name(Text("枫垭岭", "Fengyaling"), ALL_UNITS).zh
    ('Yunxikou unit 2', '枫垭岭 全部机组')
    """
    if unit == ALL_UNITS:
        return Text(f"{station.zh} 全部机组", f"{station.en}, all units")
    return Text(f"{station.zh} {unit} 号机", f"{station.en} unit {unit}")


def warning_sentence(
    station: Text, unit: str, component: Text, transition: str, lasted_s: float, first: Evidence
) -> Text:
    """What an early warning says: where, which tag, how far from expected, since when, how far the alarm limit is."""
    where = unit_name(station, unit)
    if transition == "returned":
        lasted = duration(lasted_s)
        return Text(
            f"{where.zh} {component.zh}：恢复正常，历时 {lasted.zh}。",
            f"{where.en}, {component.en}: back to normal after {lasted.en}.",
        )
    if transition == "accepted":
        lasted = duration(lasted_s)
        return Text(
            f"{where.zh} {component.zh}：偏离已持续 {lasted.zh}，此后按正常水平评估。",
            f"{where.en}, {component.en}: has stood for {lasted.en}; from now on taken as normal.",
        )
    if first.head != "level":
        return _unlike(station, unit, component, lasted_s, first)
    uom, step_uom = shown_uom(first.uom), _DIFFERENCE_UOM.get(first.uom, shown_uom(first.uom))
    difference = first.value - first.expected
    lasted = duration(lasted_s)
    value = number(first.value)
    size, expected = f"{number(abs(difference))} {step_uom}".strip(), f"{number(first.expected)} {uom}".strip()
    limit_zh = f"；报警限值 {number(first.limit)} {uom}" if first.limit is not None else ""
    limit_en = f"; alarm limit {number(first.limit)} {uom}" if first.limit is not None else ""
    return Text(
        f"{where.zh} {component.zh}：{first.name_zh}比期望值{'高' if difference > 0 else '低'} {size}"
        f"（实测 {value}，期望 {expected}），已持续 {lasted.zh}{limit_zh}。",
        f"{where.en}, {component.en}: {first.name_en} {size} {'above' if difference > 0 else 'below'} "
        f"expected ({value}, expected {expected}) for {lasted.en}{limit_en}.",
    )


def _unlike(station: Text, unit: str, component: Text, lasted_s: float, first: Evidence) -> Text:
    """As `warning_sentence`, of a tag whose level is as expected."""
    how = HOW[first.head]
    lasted, value = duration(lasted_s), f"{number(first.value)} {shown_uom(first.uom)}".strip()
    return Text(
        f"{unit_name(station, unit).zh} {component.zh}：{first.name_zh}{how.zh}（实测 {value}），已持续 {lasted.zh}。",
        f"{unit_name(station, unit).en}, {component.en}: {first.name_en} {how.en} ({value}) for {lasted.en}.",
    )


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
