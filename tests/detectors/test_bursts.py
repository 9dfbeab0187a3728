"""Episodes of bursts: the same as a plain version that looks at every row, and the rules one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.bursts import JOIN_ROWS, NAMED_TAGS, Bursts, Turn, Warned

ROWS = 400
PERIOD_NS = 1000


class Said(NamedTuple):
    """One turn, as it was when it was told."""

    row: int
    kind: str
    tags: tuple[int, ...]
    level: int
    onset_ns: int
    time_ns: int


Row = Mapping[int, Warned]


def said(row: int, turns: Sequence[Turn]) -> list[Said]:
    return [
        Said(row, turn.kind, tuple(turn.burst.tags), turn.burst.level, turn.burst.onset_ns, turn.time_ns)
        for turn in turns
    ]


def played(rows: Sequence[Row], *, every_row: bool) -> tuple[list[Said], list[Said]]:
    """Turns row by row, and at the end; not ``every_row``: only those in which something changes or is due."""
    bursts = Bursts()
    before: dict[int, int] = {}
    out: list[Said] = []
    for row, on in enumerate(rows):
        levels = {tag: warned.level for tag, warned in on.items()}
        changes = set(levels) != set(before) or any(levels[tag] > before[tag] for tag in levels)
        if every_row or changes or bursts.due == row:
            out += said(row, bursts.step(row, row * PERIOD_NS, on))
        before = levels
    return out, said(len(rows), bursts.finish())


# ---- the plain version, from the docstrings


@dataclass
class Episode:
    onset_ns: int
    joined: dict[int, int]
    """Row in which each tag joined."""
    level: int
    warned_row: int


def plain(rows: Sequence[Row]) -> tuple[list[Said], list[Said]]:
    episodes: list[Episode] = []
    out = []

    def tell(kind: str, row: int, one: Episode, time_ns: int) -> Said:
        return Said(row, kind, tuple(one.joined), one.level, one.onset_ns, time_ns)

    for row, on in enumerate(rows):
        kinds: dict[int, str] = {}
        for tag, warned in on.items():
            own = [one for one in episodes if tag in one.joined]
            near = [one for one in episodes if row - max(one.joined.values()) < JOIN_ROWS]
            if own:
                kind = "escalated" if warned.level > own[0].level else ""
                one = own[0]
            elif near:
                one = near[-1]
                one.joined[tag] = row
                kind = "escalated" if warned.level > one.level or len(one.joined) <= NAMED_TAGS else ""
            else:
                one, kind = Episode(warned.onset_ns, {tag: row}, warned.level, row), "opened"
                episodes.append(one)
            one.level, one.warned_row = max(one.level, warned.level), row
            if kind:
                kinds.setdefault(id(one), kind)
        turned = {id(one): one for one in episodes if id(one) in kinds}
        out += [tell(kinds[key], row, turned[key], row * PERIOD_NS) for key in kinds]
        for one in list(episodes):
            first_quiet = one.warned_row + 1
            if row - first_quiet == JOIN_ROWS:
                episodes.remove(one)
                out.append(tell("returned", row, one, first_quiet * PERIOD_NS))
    quiet = [one for one in episodes if one.warned_row < len(rows) - 1]
    return out, [tell("returned", len(rows), one, (one.warned_row + 1) * PERIOD_NS) for one in quiet]


stretches = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, ROWS - 1), st.integers(1, 120), st.integers(1, 3)), max_size=14
)


def warned(some: Sequence[tuple[int, int, int, int]], rows: int = ROWS) -> list[dict[int, Warned]]:
    """Rows in which tags are in warning, from (tag, first row, rows, level); the higher level of a tag holds."""
    out: list[dict[int, Warned]] = []
    for row in range(rows):
        levels: dict[int, int] = {}
        for tag, first, lasts, level in some:
            if first <= row < first + lasts:
                levels[tag] = max(level, levels.get(tag, 0))
        worst = sorted(levels, key=lambda tag: (-levels[tag], tag))
        out.append({tag: Warned(levels[tag], row * PERIOD_NS - 1) for tag in worst})
    return out


@given(stretches)
def test_as_the_plain_version_whether_or_not_quiet_rows_are_left_out(some: list[tuple[int, int, int, int]]) -> None:
    rows = warned(some)
    assert played(rows, every_row=True) == plain(rows)
    assert played(rows, every_row=False) == plain(rows)


@given(stretches)
def test_what_opens_returns_once_and_ever_higher_levels_are_told(some: list[tuple[int, int, int, int]]) -> None:
    told, last = played(warned(some), every_row=True)
    lives: dict[int, list[Said]] = {}
    for one in told + last:  # the first tag is in one open episode at a time
        if one.kind == "opened":
            lives[one.tags[0]] = []
        life = lives[one.tags[0]]
        assert (one.kind == "opened") == (not life)
        assert not life or (life[-1].kind != "returned" and life[-1].level <= one.level)
        life.append(one)


# ---- the rules


def kinds(some: Sequence[tuple[int, int, int, int]], rows: int = ROWS) -> list[tuple[int, str]]:
    return [(one.row, one.kind) for one in played(warned(some, rows), every_row=False)[0]]


def test_an_episode_returns_when_it_was_quiet_long_enough_and_is_dated_from_then() -> None:
    opened, returned = played(warned([(0, 10, 20, 1)]), every_row=False)[0]
    assert (opened.row, opened.onset_ns, opened.time_ns) == (10, 10 * PERIOD_NS - 1, 10 * PERIOD_NS)
    assert (returned.row, returned.kind, returned.time_ns) == (30 + JOIN_ROWS, "returned", 30 * PERIOD_NS)


@pytest.mark.parametrize(("gap", "episodes"), [(1, 1), (JOIN_ROWS, 1), (JOIN_ROWS + 1, 2), (100, 2)])
def test_a_tag_that_comes_back_soon_is_the_same_episode(gap: int, episodes: int) -> None:
    told = kinds([(0, 10, 20, 1), (0, 30 + gap, 20, 1)])
    assert [kind for _, kind in told] == ["opened", "returned"] * episodes


@pytest.mark.parametrize(("gap", "kind"), [(1, "escalated"), (JOIN_ROWS - 1, "escalated"), (JOIN_ROWS, "opened")])
def test_another_tag_joins_what_has_just_begun(gap: int, kind: str) -> None:
    assert kinds([(0, 10, 200, 1), (1, 10 + gap, 5, 1)])[:2] == [(10, "opened"), (10 + gap, kind)]


def test_a_fault_that_spreads_goes_on_as_one() -> None:
    told = played(warned([(tag, 10 + 40 * tag, 100, 1) for tag in range(5)]), every_row=False)[0]
    assert {one.tags[0] for one in told} == {0}
    assert [one.row for one in told] == [10, 50, 90, 270 + JOIN_ROWS]  # the fourth and fifth are not told
    assert told[-1].tags == (0, 1, 2, 3, 4)


def test_another_tag_joins_the_youngest_episode() -> None:
    told = played(warned([(0, 10, 300, 1), (1, 100, 200, 1), (2, 120, 200, 1)]), every_row=False)[0]
    assert [one.tags for one in told[:3]] == [(0,), (1,), (1, 2)]


def test_many_tags_in_one_row_are_one_turn() -> None:
    (opened,) = played(warned([(tag, 10, 20, 1 + tag % 3) for tag in range(6)]), every_row=False)[0][:1]
    assert (opened.kind, len(opened.tags), opened.level, opened.tags[0]) == ("opened", 6, 3, 2)


def test_a_level_rises_and_never_falls() -> None:
    told = played(warned([(0, 10, 50, 1), (0, 20, 5, 3), (0, 30, 5, 2)]), every_row=False)[0]
    assert [(one.row, one.kind, one.level) for one in told] == [
        (10, "opened", 1),
        (20, "escalated", 3),
        (60 + JOIN_ROWS, "returned", 3),
    ]


def test_at_the_end_only_what_is_quiet_has_returned() -> None:
    told, last = played(warned([(0, 10, 20, 1), (1, 80, 20, 1)], rows=90), every_row=False)
    assert [one.kind for one in told] == ["opened", "returned", "opened"]
    assert last == []
    told, last = played(warned([(0, 10, 20, 1)], rows=60), every_row=False)
    assert [(one.kind, one.time_ns) for one in last] == [("returned", 30 * PERIOD_NS)]
