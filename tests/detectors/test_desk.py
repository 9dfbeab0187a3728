"""A desk is never flooded, hears the worst first, and hears of everything once."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.desk import DIGEST_S, LINES_MOST, WINDOW_S, Desk
from detectors.events import LEVELS, Act, EarlyWarning
from detectors.pages import AGAIN, DIGEST, PAGE, Page

START, SECOND = 1_767_225_600 * 10**9, 10**9
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
WINDOW = round(WINDOW_S * 1e9)


def warning(
    id: str,
    transition: str = "opened",
    level: str = "warning",
    time_ns: int = START,
    *,
    station: str = "YXK",
    cause: str = "",
    act: Act | None = None,
) -> EarlyWarning:
    """One transition that says little more than what the desk needs."""
    text = f"{station} {id} {level} {transition}"
    return EarlyWarning(
        id, "early_warning", station, "main", "1", "bearing", transition, level, time_ns, time_ns, 1.2, (), text, text,
        cause=cause, act=act,
    )  # fmt: skip


def run_dry(desk: Desk, time_ns: int) -> list[Page]:
    """Let time pass until the desk has nothing more to say."""
    pages = []
    while (due_ns := desk.due_ns) is not None:
        assert due_ns > time_ns, "what is due already was not said"
        time_ns = due_ns
        said = desk.take([], time_ns)
        assert said, "something was due, and nothing was said"
        pages += said
    return pages


def most_in_a_window(pages: list[Page]) -> int:
    return max((sum(0 <= one.time_ns - first.time_ns <= WINDOW for one in pages) for first in pages), default=0)


def keys(pages: list[Page]) -> Counter[tuple[str, str, int]]:
    return Counter((line.id, line.transition, line.time_ns) for page in pages for line in page.lines)


def test_a_warning_is_a_page_and_a_watch_waits_for_the_digest_of_the_shift() -> None:
    desk = Desk("fleet")
    (page,) = desk.take([warning("a"), warning("b", level="watch")], START)
    assert (page.desk, page.kind, page.level, page.ids) == ("fleet", PAGE, "warning", ("a",))
    assert page.text_en == "YXK a warning opened"
    assert [line.id for line in desk.worklist] == ["a", "b"]
    assert desk.take([], START + round(DIGEST_S * 1e9) - 1) == []
    (later,) = desk.take([], START + round(DIGEST_S * 1e9))
    assert (later.kind, later.ids) == (DIGEST, ("b",))
    assert desk.due_ns is None


def test_the_least_level_of_a_page_is_a_setting() -> None:
    assert [page.ids for page in Desk("x", page_from="watch").take([warning("a", level="watch")], START)] == [("a",)]
    assert Desk("x", page_from="urgent").take([warning("a")], START) == []


@pytest.mark.parametrize("wrong", [{"page_from": "alarm"}, {"most": 0}, {"digest_s": 0.0}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Desk("x", **wrong)


def test_an_escalation_is_a_page_of_its_own_and_a_reminder_is_told_again() -> None:
    desk = Desk("fleet")
    assert desk.take([warning("a", level="watch")], START) == []
    kinds = []
    for hours, transition, level in (
        (1, "escalated", "warning"),
        (2, "escalated", "urgent"),
        (3, "reminded", "urgent"),
        (4, "returned", "urgent"),
        (5, "reopened", "urgent"),
    ):
        time_ns = START + hours * HOUR
        kinds += [page.kind for page in desk.take([warning("a", transition, level, time_ns)], time_ns)]
    assert kinds == [PAGE, PAGE, AGAIN, AGAIN, AGAIN]


def test_the_same_transition_twice_is_told_once() -> None:
    desk = Desk("fleet")
    assert len(desk.take([warning("a"), warning("a")], START)) == 1
    assert desk.take([warning("a")], START + MINUTE) == []


def test_what_belongs_to_another_warning_is_in_its_page_or_in_a_digest() -> None:
    desk = Desk("fleet")
    (page,) = desk.take([warning("b", cause="a"), warning("a"), warning("c", "opened", "watch", cause="a")], START)
    assert page.ids == ("a", "b", "c")
    assert page.text_en.endswith("2 more warnings belong to it.")
    assert page.text_zh.endswith("另有 2 条预警属于此条。")
    assert desk.take([warning("d", time_ns=START + HOUR, cause="a")], START + HOUR) == []
    assert [page.ids for page in run_dry(desk, START + HOUR)] == [("d",)]


def test_an_urgent_one_that_belongs_to_another_does_not_wait_for_the_shift_to_end() -> None:
    desk = Desk("fleet")
    desk.take([warning("a")], START)
    assert desk.take([warning("b", level="urgent", cause="a")], START) == []
    assert desk.due_ns == START + WINDOW
    assert [page.ids for page in desk.take([], START + WINDOW)] == [("b",)]


def test_what_a_person_has_taken_on_before_its_page_needs_none() -> None:
    desk = Desk("fleet", most=2)
    desk.take([warning("a"), warning("b"), warning("c")], START)  # one page and a digest: the window is full
    desk.take([warning("d")], START + MINUTE)
    desk.take([warning("d", "acknowledged", time_ns=START + 2 * MINUTE, act=Act("Li", ""))], START + 2 * MINUTE)
    assert desk.take([], START + WINDOW + MINUTE) == []
    assert [line.id for line in desk.worklist if line.transition == "acknowledged"] == ["d"]
    assert [page.ids for page in run_dry(desk, START + WINDOW + MINUTE)] == [("d",)]


def test_what_is_over_before_its_page_needs_none() -> None:
    desk = Desk("fleet", most=2)
    desk.take([warning("a"), warning("b"), warning("c")], START)
    desk.take([warning("d", time_ns=START + 1), warning("e", time_ns=START + 1)], START + 1)
    desk.take([warning("d", "returned", time_ns=START + 2)], START + 2)
    first, second = run_dry(desk, START + 2)
    assert (first.kind, first.ids) == (PAGE, ("e",))
    assert (second.kind, second.ids) == (DIGEST, ("d", "d"))


def test_what_a_page_took_along_does_not_hasten_the_next_digest() -> None:
    desk = Desk("fleet")
    desk.take([warning("b", cause="a")], START)
    (page,) = desk.take([warning("a", time_ns=START + HOUR)], START + HOUR)
    assert page.ids == ("a", "b")
    desk.take([warning("c", level="watch", time_ns=START + 7 * HOUR)], START + 7 * HOUR)
    assert desk.due_ns == START + 7 * HOUR + round(DIGEST_S * 1e9)


def test_a_thousand_faults_at_once() -> None:
    desk = Desk("fleet")
    events = [
        warning(
            f"{i:04}", "opened", LEVELS[0 if i % 5 else 2 if i % 50 == 0 else 1], station=("YXK", "FYL", "BSX")[i % 3]
        )
        for i in range(1000)
    ]
    pages = desk.take(events, START)
    assert [page.kind for page in pages] == [PAGE] * 9 + [DIGEST]
    assert {page.level for page in pages} == {"urgent"}
    text = pages[-1]
    assert text.text_en.startswith("991 more warnings at 3 stations: ")
    assert text.text_zh.startswith("另有 991 条预警，涉及 3 个场站：")
    assert "Worst: " in text.text_en
    assert "urgent opened" in text.text_en
    pages += run_dry(desk, START)
    assert most_in_a_window(pages) <= 10
    assert keys(pages) == Counter({(event.id, "opened", START): 1 for event in events})


def test_a_digest_says_how_many_of_which_level_where_and_which_is_the_worst() -> None:
    desk = Desk("fleet", most=1)
    many = [warning("a", level="urgent"), warning("b"), warning("c", level="watch", station="FYL"), warning("d")]
    (page,) = desk.take([*many, warning("d", "returned", time_ns=START + 1)], START + 1)
    assert page.text_en == (
        "4 more warnings at 2 stations, 1 of them over: YXK 1 urgent, 2 warning; FYL 1 watch. Worst: YXK a urgent opened"
    )
    assert page.text_zh == (
        "另有 4 条预警，涉及 2 个场站，其中 1 条已结束：YXK 紧急 1、预警 2；FYL 关注 1。最严重：YXK a urgent opened"
    )
    assert json.loads(json.dumps(page.to_dict()))["key"] == page.key


def test_a_digest_names_few_stations() -> None:
    desk = Desk("fleet", most=1)
    (page,) = desk.take([warning(str(i), station=f"S{i:02}") for i in range(9)], START)
    assert "S05 1 warning; 3 more stations 3. Worst" in page.text_en


def test_a_lasting_flood_hears_of_the_worst_between_digests() -> None:
    """Every ten seconds a warning, once an hour an urgent one: a page for each place that becomes free, one digest a window."""
    desk, pages, n = Desk("fleet"), list[Page](), 2000
    for i in range(n):
        time_ns = START + i * 10 * SECOND
        level = "urgent" if i % 360 == 100 else "warning"
        pages += desk.take([warning(f"{i:04}", "opened", level, time_ns)], time_ns)
    last_ns = START + (n - 1) * 10 * SECOND
    pages += run_dry(desk, last_ns)
    digests = [page.time_ns for page in pages if page.kind == DIGEST]
    assert most_in_a_window(pages) == 10
    assert min(later - sooner for sooner, later in pairwise(digests)) > WINDOW
    assert len(digests) < 0.2 * len(pages)
    first_ns = {line.id: page.time_ns for page in reversed(pages) for line in page.lines if line.level == "urgent"}
    assert max(first_ns[id] - (START + int(id) * 10 * SECOND) for id in first_ns) <= WINDOW + SECOND


def test_many_that_are_worth_no_page_do_not_wait_for_the_shift_to_end() -> None:
    desk = Desk("fleet")
    (page,) = desk.take([warning(str(i), level="watch") for i in range(LINES_MOST)], START)
    assert len(page.ids) == LINES_MOST
    more = [warning(str(i), "escalated", "watch", START + 1) for i in range(LINES_MOST)]
    assert desk.take(more, START + 1) == [], "one digest a window"
    (page,) = run_dry(desk, START + 1)
    assert (page.time_ns, len(page.ids)) == (START + WINDOW + 1, LINES_MOST)


def test_what_waits_is_paged_at_its_highest_level() -> None:
    desk = Desk("fleet", most=2)
    desk.take([warning("a"), warning("b"), warning("c")], START)
    told = [warning("d", level="urgent", time_ns=START + 1), warning("d", "reminded", "warning", START + 2)]
    assert desk.take(told, START + 2) == []
    (page,) = run_dry(desk, START + 2)
    assert (page.level, page.ids, page.lines[0].transition) == ("urgent", ("d", "d"), "opened")


STREAMS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 30),
        st.sampled_from(["opened", "escalated", "reopened", "reminded", "returned", "accepted", "unshelved"]),
        st.sampled_from(LEVELS),
        st.sampled_from(["", "", "0", "1"]),
    ),
    max_size=120,
)


def stream(drawn: list[tuple[int, int, str, str, str]]) -> list[EarlyWarning]:
    """Events so many seconds after the one before; none causes itself."""
    events, time_ns = [], START
    for wait_s, number, transition, level, cause in drawn:
        time_ns += wait_s * SECOND
        cause = "" if number < 2 else cause
        events.append(warning(str(number), transition, level, time_ns, station=f"S{number % 4}", cause=cause))
    return events


@given(STREAMS, st.integers(1, 10))
def test_never_too_many_and_nothing_is_lost(drawn: list[tuple[int, int, str, str, str]], most: int) -> None:
    desk, pages = Desk("fleet", most=most), list[Page]()
    events = stream(drawn)
    for event in events:
        pages += desk.take([event], event.time_ns)
    if events:
        pages += run_dry(desk, events[-1].time_ns)
    assert most_in_a_window(pages) <= most
    assert keys(pages) == Counter({(event.id, event.transition, event.time_ns): 1 for event in events})
    assert len({page.key for page in pages}) == len(pages)


@given(STREAMS)
def test_of_what_comes_at_once_the_worst_comes_first(drawn: list[tuple[int, int, str, str, str]]) -> None:
    events = [warning(str(i), level=level) for i, (_, _, _, level, _) in enumerate(drawn)]
    desk = Desk("fleet")
    pages = desk.take(events, START) + run_dry(desk, START)
    ranks = [line.rank for page in pages for line in page.lines]
    assert ranks == sorted(ranks, reverse=True)
    assert all(page.kind == DIGEST or page.level != "watch" for page in pages)


@given(STREAMS, st.integers(0, 120))
def test_a_restart_changes_no_page(drawn: list[tuple[int, int, str, str, str]], at: int) -> None:
    events = stream(drawn)
    straight, before, after = Desk("fleet"), Desk("fleet"), Desk("fleet")
    expected = [straight.take([event], event.time_ns) for event in events]
    said = [before.take([event], event.time_ns) for event in events[:at]]
    after.restore(json.loads(json.dumps(before.snapshot())))
    said += [after.take([event], event.time_ns) for event in events[at:]]
    assert said == expected
    assert after.snapshot() == straight.snapshot()


def test_the_state_of_another_desk_is_refused() -> None:
    with pytest.raises(ValueError, match="expected north"):
        Desk("north").restore(Desk("south").snapshot())


def test_what_has_ended_is_forgotten() -> None:
    desk = Desk("fleet")
    desk.take([warning("a"), warning("a", "returned", time_ns=START + 1)], START + 1)
    desk.take([], START + 30 * HOUR)
    assert desk.snapshot()["known"] == []
