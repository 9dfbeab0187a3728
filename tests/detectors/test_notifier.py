"""Channels: who is told what, when and how often; quiet hours, escalation, daily digests. Nothing twice, nothing left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.desk import DIGEST_S, PAGES_MOST, WINDOW_S
from detectors.events import LEVELS, Act, DataQuality, EarlyWarning
from detectors.notices import DAILY, ESCALATION, Notice
from detectors.notifier import Notifier
from detectors.outlet import HELD_LINES_MOST
from detectors.pages import AGAIN, DIGEST, PAGE
from detectors.routes import Route, next_time_ns
from tests.detectors.test_desk import HOUR, MINUTE, START, warning

DAY = 24 * HOUR
TECHNOLOGIES = {"YXK": "hydro_francis", "SLP": "coal_660", "FYL": "wind_dfig"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(22), time(6))


def notifier(*routes: Route) -> Notifier:
    return Notifier(routes, TECHNOLOGIES)


def told(notices: Iterable[Notice]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.channel, one.kind, tuple(line.id for line in one.lines)) for one in notices]


def at(hours: float) -> int:
    return START + round(hours * HOUR)


# ---- routing


def test_a_channel_is_told_of_its_stations_technologies_and_levels() -> None:
    made = notifier(
        Route("all", level="watch", digest_level="watch"),
        Route("hydro", technologies=frozenset({"hydro"})),
        Route("francis", technologies=frozenset({"hydro_francis", "wind_pmsg"})),
        Route("slp", stations=frozenset({"SLP"}), level="urgent", digest_level="urgent"),
    )
    events = [warning("a"), warning("b", station="SLP"), warning("c", station="SLP", level="urgent")]
    assert told(made.take(events, START)) == [
        ("all", PAGE, ("c",)),
        ("all", PAGE, ("a",)),
        ("all", PAGE, ("b",)),
        ("hydro", PAGE, ("a",)),
        ("francis", PAGE, ("a",)),
        ("slp", PAGE, ("c",)),
    ]
    # That it is over is told to whom it was told, whatever its level is by now.
    over = warning("c", "returned", "watch", at(1), station="SLP")
    assert ("slp", AGAIN, ("c",)) in told(made.take([over], at(1)))


def test_a_station_that_the_catalogue_does_not_know_is_told_where_no_technology_is_asked_for() -> None:
    made = notifier(Route("all"), Route("hydro", technologies=frozenset({"hydro"})))
    assert told(made.take([warning("a", station="NEW")], START)) == [("all", PAGE, ("a",))]


def test_what_is_worth_no_message_waits_for_the_digest_of_the_shift() -> None:
    made = notifier(Route("crew", digest_level="watch"))
    assert made.take([warning("a", level="watch")], START) == []
    assert made.take([], at(DIGEST_S / 3600) - 1) == []
    assert told(made.take([], at(DIGEST_S / 3600))) == [("crew", DIGEST, ("a",))]


# ---- quiet hours


def test_in_the_quiet_hours_only_what_is_urgent_is_told_and_the_rest_after_them_as_one() -> None:
    made = notifier(Route("crew", quiet=NIGHT))  # START is midnight, UTC
    assert made.take([warning("a"), warning("b")], at(1)) == []
    assert told(made.take([warning("c", level="urgent")], at(2))) == [("crew", PAGE, ("c",))]
    assert made.take([warning("a", "returned")], at(3)) == []
    assert made.take([], at(6) - 1) == []
    (morning,) = made.take([], at(6))
    assert (morning.kind, sorted(line.id for line in morning.lines)) == (DIGEST, ["a", "a", "b"])
    assert "1 of them over" in morning.text.en
    assert made.take([], at(6) + 1) == []


def test_one_warning_of_a_night_is_told_as_itself_in_the_morning() -> None:
    made = notifier(Route("crew", quiet=NIGHT))
    made.take([warning("a")], at(1))
    (morning,) = made.take([], at(6))
    assert (morning.kind, morning.time_ns, morning.text.en) == (PAGE, at(6), "YXK a warning opened")


def test_more_than_a_night_can_hold_is_told_at_once() -> None:
    made = notifier(Route("crew", quiet=NIGHT))
    notices: list[Notice] = []
    for i in range(12):
        batch = [warning(f"{i}-{j}", time_ns=at(0.2 * i)) for j in range(HELD_LINES_MOST // 10)]
        notices += made.take(batch, at(0.2 * i))
    assert sum(len(one.lines) for one in notices) >= HELD_LINES_MOST
    assert made.outlets["crew"].route.is_quiet(at(2.2))


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.integers(-720, 840),
    st.integers(0, 3 * 24 * 3600),
)
def test_quiet_hours_begin_and_end_when_the_clock_on_the_wall_says_so(
    begin: int, end: int, offset: int, second: int
) -> None:
    zone = timezone(timedelta(minutes=offset))
    clock = [time(minute // 60, minute % 60) for minute in (begin, end)]
    route = Route("x", quiet=(clock[0], clock[1]), zone=zone)
    now_ns = START + second * 10**9
    minute = (second // 60 + offset) % 1440
    assert route.is_quiet(now_ns) == ((minute - begin) % 1440 < (end - begin) % 1440)
    until_ns = route.quiet_until_ns(now_ns)
    if route.is_quiet(now_ns):
        assert now_ns < until_ns <= now_ns + DAY
        assert route.is_quiet(until_ns - 1)
        assert not route.is_quiet(until_ns)
    else:
        assert until_ns == now_ns


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),  # 02:30 does not exist: the hour after it
        ("2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice: the first
    ],
)
def test_a_time_of_the_day_comes_once_a_day_whatever_clocks_do(after: str, expected: str) -> None:
    after_ns = round(datetime.fromisoformat(after).timestamp()) * 10**9
    found_ns = next_time_ns(time(2, 30), ZoneInfo("Europe/Berlin"), after_ns)
    assert datetime.fromtimestamp(found_ns / 1e9, UTC).isoformat() == expected


# ---- escalation

CREW = Route("crew", escalate_after_s=1800.0, escalate_to="boss")
BOSS = Route("boss", level="urgent", digest_level="urgent", stations=frozenset({"FYL"}))


def test_what_nobody_acknowledges_is_told_to_another_channel_once() -> None:
    made = notifier(CREW, BOSS)
    assert told(made.take([warning("a"), warning("b")], START)) == [("crew", PAGE, ("a",)), ("crew", PAGE, ("b",))]
    made.take([warning("b", "acknowledged", act=Act("Li", ""))], START + MINUTE)
    assert made.take([], START + 30 * MINUTE - 1) == []
    (found,) = made.take([], START + 30 * MINUTE)
    assert told([found]) == [("boss", ESCALATION, ("a",))]
    assert (found.source, found.text.en) == ("crew", "(nobody at crew has acknowledged) YXK a warning opened")
    assert made.take([], at(7.9)) == []
    # Whoever was told of it is told that it is over.
    made.take([warning("a", "returned", time_ns=at(9))], at(9))
    assert told(made.take([], at(9) + round(DIGEST_S * 1e9))) == [("boss", DIGEST, ("a",))]


@pytest.mark.parametrize("transition", ["acknowledged", "shelved", "closed", "returned", "accepted"])
def test_what_somebody_attends_to_or_is_over_is_not_escalated(transition: str) -> None:
    made = notifier(CREW, BOSS)
    made.take([warning("a")], START)
    act = None if transition in ("returned", "accepted") else Act("Li", "", until_ns=at(9))
    made.take([warning("a", transition, time_ns=START + MINUTE, act=act)], START + MINUTE)
    assert [one for hour in range(7) for one in made.take([], at(hour + 1)) if one.kind == ESCALATION] == []


def test_what_rises_is_escalated_though_it_was_acknowledged_before_it_rose() -> None:
    made = notifier(CREW, BOSS)
    made.take([warning("a")], START)
    made.take([warning("a", "acknowledged", act=Act("Li", ""))], START + MINUTE)
    made.take([warning("a", "escalated", "urgent", START + 2 * MINUTE)], START + 2 * MINUTE)
    assert told(made.take([], START + 32 * MINUTE)) == [("boss", ESCALATION, ("a",))]


def test_escalation_goes_on_from_channel_to_channel() -> None:
    made = notifier(
        CREW, Route("boss", level="warning", stations=frozenset({"FYL"}), escalate_after_s=60.0, escalate_to="chief"),
        Route("chief", stations=frozenset({"FYL"})),
    )  # fmt: skip
    made.take([warning("a")], START)
    assert told(made.take([], START + 30 * MINUTE)) == [("boss", ESCALATION, ("a",))]
    assert told(made.take([], START + 31 * MINUTE)) == [("chief", ESCALATION, ("a",))]


def test_a_flood_is_escalated_as_one_a_window() -> None:
    made = notifier(Route("crew", escalate_after_s=60.0, escalate_to="boss"), BOSS)
    made.take([warning(f"w{i}") for i in range(50)], START)
    found = [one for minute in range(1, 30) for one in made.take([], START + minute * MINUTE) if one.channel == "boss"]
    assert [one.kind for one in found] == [ESCALATION]
    assert len(found[0].lines) == 50


def test_the_quiet_hours_of_the_other_channel_count_unless_it_is_urgent() -> None:
    made = notifier(CREW, Route("boss", stations=frozenset({"FYL"}), quiet=NIGHT))
    made.take([warning("a")], START)
    assert made.take([], at(1)) == []
    made.take([warning("b", level="urgent")], at(1))
    assert told(made.take([], at(2))) == [("boss", ESCALATION, ("b", "a"))]
    made.take([warning("c")], at(3))
    assert made.take([], at(5)) == []
    assert told(made.take([], at(6))) == [("boss", ESCALATION, ("c",))]


# ---- the digest of the day


def test_the_digest_of_the_day_comes_each_day_with_what_is_new_and_what_stands() -> None:
    made = notifier(Route("chief", level="urgent", digest_level="watch", digest_at=time(7), zone=SHANGHAI))
    assert (
        made.take([warning("a"), warning("b", level="watch"), warning("x", "opened", "urgent")], START)[0].kind == PAGE
    )
    assert made.take([], at(22)) == []
    (first,) = made.take([], at(23))  # 07:00 in Shanghai
    assert (first.kind, [line.id for line in first.lines]) == (DAILY, ["a", "b"])
    assert first.text.en.endswith("3 stand (1 urgent, 1 warning, 1 watch), 3 of them unattended.")
    made.take([warning("a", "acknowledged", time_ns=at(24), act=Act("Li", ""))], at(24))
    assert made.take([], at(47) - 1) == []
    (second,) = made.take([], at(47))
    assert (second.kind, second.lines) == (DAILY, ())
    assert second.text.en == (
        "Daily digest: Nothing that was not told before. 3 stand (1 urgent, 1 warning, 1 watch), 2 of them unattended."
    )


def test_a_digest_that_came_due_during_a_restart_is_told_after_it() -> None:
    route = Route("chief", digest_at=time(7))
    before, after = notifier(route), notifier(route)
    before.take([], START)
    after.restore(json.loads(json.dumps(before.snapshot())))
    assert [one.kind for one in after.take([], at(9))] == [DAILY]
    assert after.take([], at(10)) == []


# ---- whatever happens

STEPS = st.lists(
    st.tuples(
        st.integers(0, 4 * 3600),
        st.lists(
            st.tuples(
                st.integers(0, 9),
                st.sampled_from(["opened", "escalated", "returned", "reopened", "reminded", "acknowledged", "closed"]),
                st.sampled_from(LEVELS),
                st.sampled_from(sorted(TECHNOLOGIES)),
            ),
            max_size=12,
        ),
    ),
    max_size=12,
)
ROUTES = (
    Route("all", digest_level="watch", quiet=NIGHT, escalate_after_s=900.0, escalate_to="boss", zone=SHANGHAI),
    Route("hydro", technologies=frozenset({"hydro"}), digest_at=time(7), level="watch", digest_level="watch"),
    Route("boss", level="urgent", digest_level="urgent", quiet=(time(12), time(13)), digest_at=time(12, 30)),
)


def happen(steps: Sequence[tuple[int, list[tuple[int, str, str, str]]]]) -> list[tuple[int, list[EarlyWarning]]]:
    """Events with times of their own; looks each half hour of the days after."""
    now_ns, made, n = START, [], 0
    for wait_s, events in steps:
        now_ns += wait_s * 10**9
        batch = []
        for number, transition, level, station in events:
            n += 1
            act = Act("Li", "") if transition in ("acknowledged", "closed") else None
            batch.append(warning(f"{station}{number}", transition, level, now_ns + n, station=station, act=act))
        made.append((now_ns, batch))
    return [*made, *((now_ns + half * 30 * MINUTE, []) for half in range(1, 2 * 40))]


def run(made: Notifier, steps: Iterable[tuple[int, list[EarlyWarning]]]) -> list[Notice]:
    return [notice for now_ns, events in steps for notice in made.take(events, now_ns)]


@settings(max_examples=60)
@given(STEPS)
def test_no_channel_is_flooded_nothing_is_told_twice_and_nothing_is_left_out(
    steps: list[tuple[int, list[tuple[int, str, str, str]]]],
) -> None:
    log = happen(steps)
    notices = run(notifier(*ROUTES), log)
    assert len({one.id for one in notices}) == len(notices)
    for route in ROUTES:
        mine = [one for one in notices if one.channel == route.channel]
        assert all(first.time_ns <= second.time_ns for first, second in pairwise(mine))
        for one in mine:
            assert sum(0 <= other.time_ns - one.time_ns <= WINDOW_S * 1e9 for other in mine) <= PAGES_MOST
            assert one.level == "urgent" or not route.is_quiet(one.time_ns)
        lines = Counter((line.id, line.time_ns) for one in mine if one.kind != ESCALATION for line in one.lines)
        assert max(lines.values(), default=1) == 1
        wanted = {
            (event.id, event.time_ns)
            for _, batch in log
            for event in batch
            if event.act is None and route.takes(event, TECHNOLOGIES)
        }
        assert wanted <= set(lines)


@settings(max_examples=40)
@given(STEPS, st.integers(0, 12))
def test_a_restart_at_any_time_changes_no_notice(
    steps: list[tuple[int, list[tuple[int, str, str, str]]]], cut: int
) -> None:
    log = happen(steps)
    before, after = notifier(*ROUTES), notifier(*ROUTES)
    notices = run(before, log[:cut])
    for _, batch in log[:cut]:
        for event in batch:
            after.remember(event)
    after.restore(json.loads(json.dumps(before.snapshot())))
    assert notices + run(after, log[cut:]) == run(notifier(*ROUTES), log)


def test_a_thousand_warnings_at_once_are_ten_messages_at_most_and_every_one_is_in_them() -> None:
    made = notifier(Route("crew"), Route("night", quiet=(time(0), time(6))))
    flood = [warning(f"w{i}", level=LEVELS[1 + i % 2]) for i in range(1000)]
    notices = made.take(flood, START)
    for name in ("crew", "night"):
        mine = [one for one in notices if one.channel == name]
        assert 1 < len(mine) <= PAGES_MOST
        assert len({line.id for one in mine for line in one.lines}) == 1000


def test_a_channel_that_is_new_begins_and_one_that_is_gone_is_left_out() -> None:
    before, after = notifier(Route("a"), Route("b")), notifier(Route("b"), Route("c"))
    before.take([warning("x")], START)
    after.restore(before.snapshot())
    assert told(after.take([warning("x"), warning("y")], START)) == [
        ("b", PAGE, ("y",)),
        ("c", PAGE, ("x",)),
        ("c", PAGE, ("y",)),
    ]


@pytest.mark.parametrize("where", ["top", "channel"])
def test_state_of_newer_code_is_refused(where: str) -> None:
    made = notifier(Route("a"))
    state = made.snapshot()
    (state if where == "top" else state["channels"]["a"])["schema"] = 2
    with pytest.raises(ValueError, match="schema 2; expected 1"):
        made.restore(state)


def test_sensors_that_are_out_are_known_until_they_are_back() -> None:
    made = notifier(Route("a"))

    def sensor(tag: str, transition: str) -> DataQuality:
        return DataQuality(f"q{tag}", "data_quality", "YXK", "units", "2", tag, transition, START, "stuck", "", "")

    made.take([sensor("t1", "opened"), sensor("t2", "opened"), sensor("t3", "passed"), sensor("t1", "returned")], START)
    assert made.sensors.bad("YXK", "2") == ("t2",)
    assert made.sensors.bad("YXK", "1") == ()
