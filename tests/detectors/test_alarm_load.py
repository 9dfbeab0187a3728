"""Key figures of the load equal a recount of the whole list, and say so where nothing can be said."""

from __future__ import annotations

import json
from collections import Counter
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import attention
from detectors.alarm_load import KEEP_DAYS, AlarmLoad
from detectors.attention import Occurrence
from detectors.events import LEVELS, Act, EarlyWarning
from detectors.kpis import SHARE_LEAST, TARGETS, TOP_SHARE_LEAST, Kpis

START, SECOND = 1_767_225_600 * 10**9, 10**9
SLOT, HOUR, DAY = 600 * SECOND, 3600 * SECOND, 86_400 * SECOND
TELLING = ("opened", "reopened", "escalated", "reminded")

DRAWN = st.lists(
    st.tuples(
        st.sampled_from([0, 5, 25, 60, 3600, 30_000, 200_000]),
        st.integers(0, 6),
        st.sampled_from([*TELLING, "returned", "accepted", "closed", "acknowledged", "shelved", "unshelved"]),
        st.sampled_from([*LEVELS, ""]),
    ),
    max_size=150,
)


def listed(drawn: list[tuple[int, int, str, str]]) -> list[Occurrence]:
    """Occurrences so many seconds after the one before."""
    found, time_ns = [], START
    for wait_s, number, transition, level in drawn:
        time_ns += wait_s * SECOND
        outcome = ("false", "confirmed")[number % 2] if transition == "closed" else ""
        found.append(Occurrence(time_ns, f"id{number}", f"asset{number // 2}", level, transition, outcome))
    return found


def loaded(found: list[Occurrence], **options: Any) -> AlarmLoad:
    load = AlarmLoad("fleet", **options)
    for one in found:
        load.take([one])
    return load


def values(kpis: Kpis) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in kpis.figures}


# ---- the oracle: everything counted again


def third_within(times: list[int], within_ns: int) -> list[int]:
    """When three of these times lie within so long: the last one of each three."""
    return [late for early, late in zip(times, times[2:], strict=False) if late - early <= within_ns]


def life(found: list[Occurrence], id: str) -> tuple[int, bool, list[tuple[int, float]]]:
    """Since when an id stands [ns], whether a person attends to it, and how long it took to acknowledge it each time [s]."""
    since = waits = rank = 0
    shelved, is_first, took = False, True, []
    for one in found:
        if one.id != id:
            continue
        if one.transition in TELLING:
            anew = is_first or (one.transition == "opened" and not since)
            if anew or one.rank > rank:
                waits, shelved = one.time_ns, False
            rank = one.rank if anew else max(rank, one.rank)
            since = since or one.time_ns
        if one.transition in ("returned", "accepted", "closed"):
            since = 0
        if one.transition == "acknowledged" and waits:
            took.append((one.time_ns, (one.time_ns - waits) / 1e9))
            waits = 0
        if one.transition in ("shelved", "unshelved"):
            shelved = one.transition == "shelved"
        is_first = False
    return since, shelved or not waits, took


def recount(found: list[Occurrence], now_ns: int, days: int) -> dict[str, float | None]:
    """The figures over a list that is sorted by time, without any memory."""
    begin_ns = (now_ns // DAY - days + 1) * DAY
    since_ns = max(begin_ns, found[0].time_ns) if found else now_ns
    n_slots = now_ns // SLOT - since_ns // SLOT + 1
    kept = [one for one in found if one.time_ns >= begin_ns]
    told = [one for one in kept if one.transition in TELLING]
    slots, by_day = Counter(one.time_ns // SLOT for one in told), Counter(one.time_ns // DAY for one in told)
    levels = Counter(one.level for one in told if one.level)
    ids = sorted({one.id for one in found})
    opened = {id: [o.time_ns for o in found if o.id == id and o.transition in ("opened", "reopened")] for id in ids}
    again = {
        id: [
            o.time_ns
            for o in found
            if o.id == id and (o.transition == "reopened" or (o.transition == "opened" and o is not _first(found, id)))
        ]
        for id in ids
    }
    lives = {id: life(found, id) for id in ids}
    waits = [took_s for _, _, took in lives.values() for time_ns, took_s in took if time_ns >= begin_ns]
    standing = [(since, attended) for since, attended, _ in lives.values() if since]
    top = sorted(Counter(one.asset for one in told).values(), reverse=True)[:10]
    known = levels.total()
    return {
        "per_slot": len(told) / n_slots,
        "per_slot_most": max(slots.values(), default=0),
        "flood_share": sum(n > 10 for n in slots.values()) / n_slots,
        "per_day": len(told) / n_slots * 144 if n_slots >= 144 else None,
        "per_day_most": max(by_day.values(), default=0),
        "per_shift": len(told) / n_slots * 48 if n_slots >= 48 else None,
        **{f"{level}_share": levels[level] / known if known else None for level in LEVELS},
        "chattering": sum(any(t >= begin_ns for t in third_within(times, 60 * SECOND)) for times in opened.values()),
        "returning": sum(any(t >= begin_ns for t in third_within(times, DAY)) for times in again.values()),
        "stale": sum(now_ns - since > DAY and not attended for since, attended in standing),
        "longest_s": max(((now_ns - since) / 1e9 for since, _ in standing), default=0.0),
        "top_share": sum(top) / len(told) if told else None,
        "acknowledge_s": median(waits) if waits else None,
        "false_per_unit_month": None,
    }


def _first(found: list[Occurrence], id: str) -> Occurrence | None:
    """The first opening of an id."""
    return next((o for o in found if o.id == id and o.transition in ("opened", "reopened")), None)


@given(DRAWN, st.sampled_from([1, 3, KEEP_DAYS]), st.sampled_from([0, HOUR, 5 * DAY]))
def test_the_figures_are_those_of_a_recount(drawn: list[tuple[int, int, str, str]], days: int, later_ns: int) -> None:
    # An id that has ended and is silent for days is a new one when it comes back, as ids of warnings do.
    found, last, lap = [], dict[str, tuple[int, int]](), Counter[str]()
    for one in listed(drawn):
        if one.id in last and one.time_ns // DAY - last[one.id][0] // DAY >= 2:
            lap[one.id] += 1
        last[one.id] = one.time_ns, 0
        found.append(
            Occurrence(one.time_ns, f"{one.id}.{lap[one.id]}", one.asset, one.level, one.transition, one.outcome)
        )
    now_ns = (found[-1].time_ns if found else START) + later_ns
    expected = recount(found, now_ns, days)
    assert values(loaded(found, days=days).kpis(now_ns)) == pytest.approx(expected, nan_ok=True)


def test_a_flood_is_more_than_ten_in_a_slot() -> None:
    found = [Occurrence(START + i * SECOND, str(i), "a") for i in range(10)]
    found += [Occurrence(START + SLOT + i * SECOND, str(i + 10), "a") for i in range(11)]
    kpis = loaded(found).kpis(START + 10 * SLOT - 1)
    assert kpis["flood_share"].value == pytest.approx(0.1)
    assert (kpis["flood_share"].is_met, kpis["per_slot_most"].value, kpis["per_slot_most"].is_met) == (False, 11, False)
    assert [(day.day, day.count, day.most, day.flooded) for day in kpis.days] == [("2026-01-01", 21, 11, 1)]


@pytest.mark.parametrize(("apart_s", "n"), [(30, 1), (31, 0)])
def test_three_openings_within_a_minute_are_chatter(apart_s: int, n: int) -> None:
    found = [Occurrence(START + i * apart_s * SECOND, "x", "a", "watch", "opened") for i in range(3)]
    assert loaded(found).kpis(START + HOUR)["chattering"].value == n


def test_three_reopenings_within_a_day_are_told_too() -> None:
    found = [Occurrence(START + i * 7 * HOUR, "x", "a", "watch", "reopened" if i else "opened") for i in range(4)]
    kpis = loaded(found).kpis(START + DAY)
    assert (kpis["chattering"].value, kpis["returning"].value, kpis.returning) == (0, 1, ("x",))
    assert loaded(found[:3]).kpis(START + DAY)["returning"].is_met


def test_stale_is_what_nobody_has_acknowledged() -> None:
    found = [Occurrence(START, id, "a", "watch") for id in "abcd"]
    found += [
        Occurrence(START + HOUR, "b", "a", "watch", "acknowledged"),
        Occurrence(START + HOUR, "c", "a", "watch", "returned"),
        Occurrence(START + HOUR, "d", "a", "watch", "shelved"),
    ]
    assert loaded(found).kpis(START + DAY)["stale"].value == 0
    kpis = loaded(found).kpis(START + DAY + 1)
    assert (kpis["stale"].value, kpis["stale"].is_met) == (1, True)
    assert [(one.id, one.is_attended) for one in kpis.longest] == [("a", False), ("b", True), ("d", True)]
    assert kpis["acknowledge_s"].value == 3600
    found.append(Occurrence(START + 2 * HOUR, "b", "a", "warning", "escalated"))
    assert loaded(found).kpis(START + 2 * DAY)["stale"].value == 2


def test_of_a_source_that_tells_no_ends_nothing_is_said_of_what_stands() -> None:
    load = AlarmLoad("x", has_ends=False)
    load.take([Occurrence(START, "a", "a")])
    kpis = load.kpis(START + 3 * DAY)
    assert (kpis["stale"].value, kpis["longest_s"].value) == (None, None)


def test_rates_of_what_is_not_yet_over_once_cannot_be_told() -> None:
    kpis = loaded([Occurrence(START, "a", "a")]).kpis(START + HOUR)
    assert (kpis["per_day"].value, kpis["per_shift"].value, kpis["per_slot"].value) == (None, None, 1 / 7)
    assert kpis["per_day"].is_met is None


def test_few_warnings_are_no_shares_to_judge_by() -> None:
    few = [Occurrence(START + i, str(i), str(i), "urgent") for i in range(SHARE_LEAST - 1)]
    assert loaded(few).kpis(START + HOUR)["urgent_share"].is_met is None
    many = [Occurrence(START + i, str(i), str(i), "watch") for i in range(TOP_SHARE_LEAST)]
    kpis = loaded(many).kpis(START + HOUR)
    assert (kpis["watch_share"].is_met, kpis["top_share"].value, kpis["top_share"].is_met) == (True, 0.05, True)
    assert len(kpis.top) == 10
    assert loaded(many[:-1]).kpis(START + HOUR)["top_share"].is_met is None


def test_false_ones_need_outcomes_and_units() -> None:
    found = [Occurrence(START, "a", "a"), Occurrence(START + 15 * DAY, "a", "a", "", "closed", "false")]
    assert loaded(found).kpis(START + 15 * DAY)["false_per_unit_month"].value is None
    kpi = loaded(found, units=4).kpis(START + 15 * DAY)["false_per_unit_month"]
    assert (kpi.value, kpi.is_met) == (0.5, True)
    assert loaded(found[:1], units=4).kpis(START + 15 * DAY)["false_per_unit_month"].value is None


def test_early_warnings_count_and_other_events_do_not() -> None:
    event = EarlyWarning(
        "a", "early_warning", "YXK", "main", "2", "guide", "opened", "urgent", START, START, 2, (), "", ""
    )
    closed = EarlyWarning(
        "a", "early_warning", "YXK", "main", "2", "guide", "closed", "urgent", START + HOUR, START, 2, (), "", "",
        act=Act("Li", "", "false"),
    )  # fmt: skip
    load = AlarmLoad("fleet", units=1)
    load.take([event, "something else", closed])
    kpis = load.kpis(START + 30 * DAY - DAY)
    assert (kpis.count, kpis.top[0].asset, kpis.top[0].share) == (1, "YXK.2.guide", 1.0)
    assert kpis["false_per_unit_month"].value == pytest.approx(30 / 29)


def test_operators_share_a_shift() -> None:
    found = [Occurrence(START + i * HOUR, str(i), "a") for i in range(24)]
    now_ns = START + DAY - 1
    assert loaded(found).kpis(now_ns)["per_shift"].value == 8
    assert loaded(found, operators=4).kpis(now_ns)["per_shift"].value == 2


def test_what_was_before_is_followed_but_not_counted() -> None:
    load = AlarmLoad("fleet", since_ns=START)
    load.take([Occurrence(START - 3 * DAY, "a", "a"), Occurrence(START + 1, "b", "a")])
    kpis = load.kpis(START + SLOT)
    assert (kpis.count, kpis.since_ns, kpis["stale"].value) == (1, START, 1)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "FOLLOWED_MOST", 100)
    load = AlarmLoad("fleet", days=3)
    for i in range(1000):
        load.take([Occurrence(START + i * HOUR, str(i), "a")])
    kpis = load.kpis(START + 999 * HOUR)
    assert (len(load._days), len(load._attention.standing(START)), kpis.forgotten) == (3, 100, 900)


def test_figures_are_in_order_and_json() -> None:
    kpis = AlarmLoad("fleet").kpis(START)
    assert [figure.name for figure in kpis.figures] == list(TARGETS)
    assert json.loads(json.dumps(kpis.to_dict()))["desk"] == "fleet"


@pytest.mark.parametrize("wrong", [{"days": 0}, {"operators": 0}, {"units": 0}])
def test_wrong_sizes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        AlarmLoad("x", **wrong)
