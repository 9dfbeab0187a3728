"""A recording judged unit by unit: files as people have them in, the same events and scores out, however they are written."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from detectors.base import Array
from detectors.events import DataQuality, EarlyWarning
from detectors.recorded_monitor import Told
from replay import recordings
from replay.adhoc import USUAL, Learning, describe_recording
from replay.files import RecordingError
from replay.outputs import RowScores
from replay.recordings import Recording, Tally
from replay.tables import PLAIN, Dialect
from replay.watching import Learned, Watch

pytestmark = pytest.mark.filterwarnings("error")

ROWS = 600
START = datetime(2020, 1, 1, tzinfo=UTC)
TAGS = ("a", "b", "c")
FAULT = range(300, 360)


class Run(NamedTuple):
    """What a run over some files said: by unit and time what is not NaN, events, the table of scores, what was learned."""

    scores: dict[tuple[str, int], list[float]]
    warnings: dict[tuple[str, int], list[bool]]
    events: list[Told]
    table: list[str]
    learned: tuple[Learned, ...]
    tally: Tally


def run(*paths: Path, learning: Learning = USUAL, dialect: Dialect = PLAIN, covariates: Sequence[str] = ()) -> Run:
    made = describe_recording(paths, learning=learning, dialect=dialect, covariates=covariates)
    recording = Recording(paths, made.station.blocks[0], dialect=dialect)
    out, watch = StringIO(), Watch(made)
    table = RowScores(out, recording.block)
    said = Run({}, {}, [], [], (), recording.tally)
    for judged in watch.run(recording):
        table.take(judged)
        said.events.extend(judged.events)
        for i, unit in enumerate(judged.rows.unit.tolist()):
            key = recording.block.units[unit], int(judged.rows.time_ns[i])
            said.scores[key], said.warnings[key] = judged.score[i].tolist(), judged.warning[i].tolist()
    table.skip_to(recording.tally.rows)
    return said._replace(
        events=said.events + watch.finish(),
        table=out.getvalue().splitlines(),
        learned=watch.learned,
        tally=recording.tally,
    )


def what(events: Sequence[Told]) -> list[tuple[str, ...]]:
    """Events without the name of the file, which is that of the station."""
    return [
        (str(one.time_ns), one.kind, one.transition, one.tag if isinstance(one, DataQuality) else one.component)
        for one in events
    ]


def assert_same(one: Run, other: Run) -> None:
    assert np.array_equal(list(one.scores.values()), list(other.scores.values()), equal_nan=True)
    assert list(one.scores) == list(other.scores)
    assert one.warnings == other.warnings
    assert what(one.events) == what(other.events)
    assert one.learned == other.learned
    assert one.table == other.table


def noise(seed: int = 1, rows: int = ROWS) -> Array:
    """Three tags of which one has a fault, and one jumps once; to three decimals, as files have them."""
    x = np.random.default_rng(seed).standard_normal((rows, len(TAGS)))
    x[FAULT.start : FAULT.stop, 1] += 6.0
    x[450, 2] += 9.0
    return x.round(3)


def minute(i: int) -> datetime:
    return START + timedelta(minutes=i)


def iso(i: int) -> str:
    return minute(i).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(
    x: Array,
    *,
    sep: str = ",",
    time: Callable[[int], str] = iso,
    head: Sequence[str] = ("time", *TAGS),
    point: str = ".",
) -> str:
    lines = [sep.join(head)]
    lines += [sep.join([time(i), *(f"{value:.3f}".replace(".", point) for value in row)]) for i, row in enumerate(x)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def usual(folder: Path) -> Run:
    path = folder / "usual.csv"
    path.write_text(text(noise()))
    return run(path)


# ---- the same recording, written otherwise


def test_a_fault_and_a_jump_are_found(usual: Run) -> None:
    warnings = [one for one in usual.events if isinstance(one, EarlyWarning)]
    assert [one.transition for one in warnings if one.component == "b"][:: len(warnings) - 1] == ["opened", "returned"]
    opened = datetime.fromtimestamp(warnings[0].time_ns / 1e9, UTC)
    assert minute(FAULT.start) <= opened <= minute(FAULT.start + 15)
    jumps = [one for one in usual.events if isinstance(one, DataQuality)]
    assert [(one.transition, one.tag, one.time_ns) for one in jumps] == [
        ("passed", "c", int(minute(450).timestamp()) * 10**9)
    ]


FORMS: dict[str, bytes] = {
    "semicolons": text(noise(), sep=";").encode(),
    "tabs": text(noise(), sep="\t").encode(),
    "decimal comma": text(noise(), sep=";", point=",").encode(),
    "byte order mark": b"\xef\xbb\xbf" + text(noise()).encode(),
    "Windows line ends": text(noise()).replace("\n", "\r\n").encode(),
    "blank lines at the end": text(noise()).encode() + b"\n\n  \n",
    "gzip": gzip.compress(text(noise()).encode()),
    "blank time": text(noise(), time=lambda i: minute(i).strftime("%Y-%m-%d %H:%M")).encode(),
    "slashes": text(
        noise(), time=lambda i: f"{minute(i):%Y/}{minute(i).month}/{minute(i).day} {minute(i):%H:%M}"
    ).encode(),
    "seconds since 1970": text(noise(), time=lambda i: f"{minute(i).timestamp():.0f}").encode(),
    "milliseconds": text(noise(), time=lambda i: f"{minute(i).timestamp():.0f}000").encode(),
    "another zone": text(
        noise(), time=lambda i: (minute(i) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M+08:00")
    ).encode(),
    "date and time": text(
        noise(), time=lambda i: minute(i).strftime("%Y-%m-%d,%H:%M"), head=("Date", "Time", *TAGS)
    ).encode(),
    "index column": text(noise(), time=lambda i: f"{i},{iso(i)}", head=("", "time", *TAGS)).encode(),
    "Excel in China": text(noise(), head=("时间", *TAGS)).encode("gbk"),
    "day first": text(noise(), time=lambda i: f"{minute(i):%d.%m.%Y %H:%M}").encode(),
    "remarks": b"# \xd6\xd0, by hand\n\n" + text(noise()).encode(),
    "names in a remark": b"# " + text(noise()).encode(),
    "quotes": text(noise(), time=lambda i: f'"{iso(i)}"', head=('"time"', '"a"', '"b"', '"c"')).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_as_the_usual_form(folder: Path, usual: Run, form: str) -> None:
    path = folder / "other.csv"
    path.write_bytes(FORMS[form])
    assert_same(run(path), usual)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_parquet_with_timestamps(folder: Path, usual: Run, unit: str, zone: str | None) -> None:
    moments = pa.array([minute(i) for i in range(ROWS)], pa.timestamp(unit, zone))
    columns = {"time": moments, **{tag: noise()[:, i] for i, tag in enumerate(TAGS)}}
    columns["note"] = ["hot, dry\nand so on"] * ROWS
    columns["list"] = [[1, 2]] * ROWS
    path = folder / "other.parquet"
    parquet.write_table(pa.table(columns), path)
    assert_same(run(path), usual)


def test_files_one_after_the_other_with_columns_in_another_order(folder: Path, usual: Run) -> None:
    x = noise()
    first, second = folder / "first.csv", folder / "second.csv"
    first.write_text(text(x[:30]))  # fewer than are learned from
    second.write_text(
        "c,note,b,time,a\n"
        + "".join(f"{c:.3f},ok,{b:.3f},{iso(30 + i)},{a:.3f}\n" for i, (a, b, c) in enumerate(x[30:]))
    )
    assert_same(run(first, second), usual)


@pytest.mark.parametrize("rows", [1, 7, 97, 100, 101, 599])
def test_blocks_of_any_size(folder: Path, usual: Run, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "BLOCK_ROWS", rows)
    assert_same(run(folder / "usual.csv"), usual)


# ---- units


def test_units_in_one_file_are_as_each_in_its_own(folder: Path) -> None:
    chance = np.random.default_rng(3)
    xs = {unit: noise(seed) for seed, unit in enumerate(("A", "B", "2"))}
    nexts = dict.fromkeys(xs, 0)
    lines = ["time,machine,a,b,c"]
    while left := [unit for unit in xs if nexts[unit] < ROWS]:
        unit = str(chance.choice(left))
        i = nexts[unit]
        nexts[unit] += 1
        lines.append(f"{iso(i)},{unit}," + ",".join(f"{value:.3f}" for value in xs[unit][i]))
    together = folder / "units.csv"
    together.write_text("\n".join(lines) + "\n")
    both = run(together, dialect=Dialect(unit="Machine"))
    for unit, x in xs.items():
        alone = folder / "unit.csv"
        alone.write_text(text(x))
        own = run(alone)
        mine = {time: score for (name, time), score in both.scores.items() if name == unit}
        assert np.array_equal(list(mine.values()), list(own.scores.values()), equal_nan=True)
        assert list(mine) == [time for _, time in own.scores]
        assert {time: on for (name, time), on in both.warnings.items() if name == unit} == {
            time: on for (_, time), on in own.warnings.items()
        }
        assert what([one for one in both.events if one.unit == unit]) == what(own.events)
        assert [one for one in both.learned if one.unit == unit] == [replace(own.learned[0], unit=unit)]


def test_events_of_units_are_in_the_order_of_the_rows_that_tell_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rows are cut; an excursion is dated from before."""
    xs = {unit: noise(seed) for seed, unit in enumerate("ABC")}
    xs["B"][449, 2] += 9.0
    lines = ["time,unit,a,b,c"]
    for i in range(ROWS):
        lines += [f"{iso(i)},{unit}," + ",".join(f"{value:.3f}" for value in x[i]) for unit, x in xs.items()]
    path = folder / "several.csv"
    path.write_text("\n".join(lines) + "\n")
    whole = run(path)
    assert {one.unit for one in whole.events} == set("ABC")
    for rows in (1, 7, 1351):
        monkeypatch.setattr(recordings, "BLOCK_ROWS", rows)
        assert run(path).events == whole.events


def test_a_column_that_stood_still_is_told_when_it_moves(folder: Path, usual: Run) -> None:
    lines = text(noise(), head=("time", *TAGS, "valve", "dead")).splitlines()
    path = folder / "still.csv"
    moving = [f"{line},{0 if i < 501 else 7e6},4" for i, line in enumerate(lines[1:])]
    path.write_text("\n".join([lines[0], *moving]) + "\n")
    said = run(path)
    (moved,) = [one for one in said.events if isinstance(one, DataQuality) and one.tag == "valve"]
    assert (moved.transition, moved.time_ns) == ("opened", int(minute(501).timestamp()) * 10**9)
    assert "valve stood still in the learn rows and moves now; it is not judged" in moved.text_en
    assert "valve在学习段内不变，现开始变化；不参与评估" in moved.text_zh
    assert_same(said._replace(events=[one for one in said.events if one is not moved]), usual)


# ---- rows as they come


disorder = st.lists(
    st.tuples(
        st.sampled_from(["twice", "late", "short", "text", "no time", "gap", "empty", "huge"]), st.integers(0, ROWS - 1)
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(disorder)
def test_rows_that_cannot_be_used_cost_nothing_but_themselves(folder: Path, some: list[tuple[str, int]]) -> None:
    """Duplicates, rows that come late, and rows that are none are left out; the others are judged as if they had never been."""
    lines = text(noise()).splitlines()
    good, out = [lines[0]], [lines[0]]
    kinds: dict[int, set[str]] = {}
    for name, row in some:
        kinds.setdefault(row, set()).add(name)
    for i, line in enumerate(lines[1:]):
        cells, kind = line.split(","), kinds.get(i, set())
        if "gap" in kind and i > 0:
            continue
        if "empty" in kind:
            cells[1] = ""
        if "huge" in kind:
            cells[2] = "1e300"
        line = ",".join(cells)
        good.append(line)
        out.append(line)
        out += [line] * ("twice" in kind) + [lines[1]] * ("late" in kind) + ["oops"] * ("short" in kind)
        out += [",".join([*cells[:3], "wet"][1:])] * ("text" in kind) + [f"soon,{cells[1]},1,1"] * ("no time" in kind)
    path, clean = folder / "disorder.csv", folder / "clean.csv"
    path.write_text("\n".join(out) + "\n")
    clean.write_text("\n".join(good) + "\n")
    learning = Learning(rows=100)
    one, other = run(path, learning=learning), run(clean, learning=learning)
    assert one.tally.bad_rows == len(out) - len(good)
    assert len(one.table) == len(out)
    bad = [line for line in one.table[1:] if set(line) == {","}]
    assert len(bad) == len(out) - len(good)
    if not {"late", "twice", "no time"} & {kind for kind, i in some if i < 110}:  # else ranges come from fewer rows
        assert np.array_equal(list(one.scores.values()), list(other.scores.values()), equal_nan=True)
        assert what(one.events) == what(other.events)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_judged_or_refused_in_one_line(folder: Path, content: bytes, has_header: bool) -> None:
    path = folder / "any.csv"
    path.write_bytes((b"time,a,b\n" if has_header else b"") + content)
    try:
        run(path)
    except RecordingError as error:
        message = str(error)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message


def test_learned_until_a_time_is_not_learned_from_later_rows(folder: Path, usual: Run) -> None:
    """Nor where rows before it come twice: these are not learned from, and nothing after it takes their place."""
    lines = text(noise()).splitlines()
    path = folder / "until.csv"
    path.write_text("\n".join(lines[:1] + [line for line in lines[1:] for _ in range(2)]) + "\n")
    until = int(minute(150).timestamp()) * 10**9
    said = run(path, learning=Learning(until_ns=until))
    (learned,) = said.learned
    assert learned.rows == 150
    known = [time for (_, time), score in said.scores.items() if not np.isnan(score).all()]
    assert known[0] == until


def test_limits_of_disturbed_learn_rows_are_marked() -> None:
    assert Learned("1", 100, False, {"level": 3.0, "cross": 6.1}).is_disturbed
    assert not Learned("1", 100, False, {"level": 6.0}).is_disturbed
    assert not Learned("1", 100, True, {}).is_disturbed
