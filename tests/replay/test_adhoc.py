"""A catalogue made on the spot knows the header and the rows that are learned from, and nothing of what comes later."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.base import HUGE
from replay.adhoc import CODE, UNKNOWN_PERIOD_S, WIDEN, Learning, describe_recording, found_period_s
from replay.clocks import parse_time_ns
from replay.columns import MAX_UNITS
from replay.files import RecordingError
from replay.recordings import Recording
from replay.tables import Dialect

HEADER = "time,Load [MW],temp (degC),note,still,,gappy\n"


def rows(first: int, last: int) -> str:
    return "".join(
        f"2020-01-01 {i // 60:02}:{i % 60:02},{i % 7},{20 + 0.25 * (i % 5)},ok,3,9,{'' if i % 2 else i}\n"
        for i in range(first, last)
    )


def newest_first(unit: str) -> str:
    return "".join(f"2020-01-01 00:{i},{unit},{i % 7}\n" for i in range(59, 9, -1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "pump.csv"
    path.write_text(HEADER + rows(0, 600))
    return path


def test_names_units_ranges_and_steps_come_from_the_first_rows(path: Path) -> None:
    made = describe_recording([path])
    (block,) = made.station.blocks
    load, temp, gappy, still = block.tags
    assert (made.learn_rows, made.left_alone, made.is_timed) == ((100,), ("note", "still", ""), True)
    assert (block.station, block.period_s, block.units) == (CODE, 60.0, ("1",))
    assert (load.code, load.name.en, load.uom) == ("Load [MW]", "Load", "MW")
    assert (temp.code, temp.name.zh, temp.uom, temp.resolution) == ("temp (degC)", "temp", "degC", 0.25)
    assert (temp.low, temp.high) == (20 - WIDEN, 21 + WIDEN)
    assert (gappy.uom, gappy.model, gappy.high) == ("", "recording", 98 + WIDEN * 98)
    assert (still.code, still.model, still.low) == ("still", None, -HUGE)  # it is told when it moves, however far
    assert [component.code for component in block.components] == ["Load [MW]", "temp (degC)", "gappy"]
    assert made.station.name.en == "pump.csv"
    recording = Recording([path], block)
    assert (sum(1 for _ in recording.scans()), recording.tally.bad_rows) == (600, 0)


def test_nothing_looks_ahead(path: Path) -> None:
    learning = Learning(rows=100)
    before = describe_recording([path], learning=learning).station
    path.write_text(HEADER + rows(0, 100) + "oops\n" + "2020-02-01,1e9,-1e9,ok,4,5,6\n" * 400)
    assert describe_recording([path], learning=learning).station == before


def test_covariates_explain_and_are_not_judged(path: Path) -> None:
    (block,) = describe_recording([path], covariates=["Load [MW]", "still"]).station.blocks
    assert {tag.code: tag.model for tag in block.tags} == {
        "Load [MW]": None,
        "temp (degC)": "recording",
        "still": None,
        "gappy": "recording",
    }
    assert block.models[0].covariates == ("Load [MW]", "still")


def test_a_tenth_of_all_rows_is_learned_from(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    second.write_text(HEADER + rows(600, 1400) * 3)
    assert describe_recording([path, second]).learn_rows == (300,)


def test_so_many_rows_are_learned_from_as_are_wanted(path: Path) -> None:
    made = describe_recording([path], learning=Learning(rows=200), period_s=2.0)
    assert made.learn_rows == (200,)
    assert made.station.blocks[0].period_s == 2.0


def test_the_rows_before_a_time_are_learned_from(path: Path) -> None:
    def until(text: str) -> tuple[int, ...]:
        return describe_recording([path], learning=Learning(until_ns=parse_time_ns(text))).learn_rows

    assert until("2020-01-01T03:20") == (200,)
    assert until("2020-01-01T03:20:01") == (201,)
    assert until("2020-01-02") == (600,)
    with pytest.raises(RecordingError, match="no row to learn from before the given time"):
        until("2020-01-01")


def test_rows_that_are_no_later_do_not_count_as_learned_before_a_time(path: Path) -> None:
    path.write_text(HEADER + (rows(0, 150) + rows(0, 150)) + rows(150, 400))
    made = describe_recording([path], learning=Learning(until_ns=parse_time_ns("2020-01-01T03:20")))
    assert made.learn_rows == (200,)


def test_a_table_without_rows_has_no_period(path: Path) -> None:
    path.write_text("time,a,b\n")
    assert found_period_s(path) is None


def test_without_a_time_column_rows_are_one_second_apart_unless_told(path: Path) -> None:
    path.write_text("a,b\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(200)))
    made = describe_recording([path])
    assert (made.is_timed, made.station.blocks[0].period_s) == (False, UNKNOWN_PERIOD_S)
    assert describe_recording([path], period_s=60.0).station.blocks[0].period_s == 60.0
    assert found_period_s(path) is None
    with pytest.raises(RecordingError, match="has no time column; expected one"):
        describe_recording([path], learning=Learning(until_ns=parse_time_ns("2020-01-02")))


def test_units_learn_each_for_itself(path: Path) -> None:
    lines = ["time,Machine,a"]
    lines += [
        f"2020-01-01 {i // 60:02}:{i % 60:02},{unit},{i % 7}" for i in range(1200) for unit in "AB"[: 1 + (i < 300)]
    ]
    path.write_text("\n".join(lines) + "\n")
    made = describe_recording([path], dialect=Dialect(unit="machine"))
    assert (made.station.blocks[0].units, made.learn_rows, made.left_alone) == (("A", "B"), (120, 100), ())
    until = Learning(until_ns=parse_time_ns("2020-01-01T05:00"))
    assert describe_recording([path], learning=until, dialect=Dialect(unit="machine")).learn_rows == (300, 300)
    with pytest.raises(RecordingError, match=r'no column "machina"; .* nearest: "Machine"'):
        describe_recording([path], dialect=Dialect(unit="machina"))


def test_more_units_than_anybody_has_are_refused(path: Path) -> None:
    path.write_text("time,unit,a\n" + "".join(f"2020-01-01,{i},{i}\n" for i in range(MAX_UNITS + 1)))
    with pytest.raises(RecordingError, match='1001 units in column "unit"; at most 1000'):
        describe_recording([path])


def test_files_may_differ_in_the_order_of_their_columns(path: Path, tmp_path: Path) -> None:
    path.write_text("time,a,b,unit\n2020-01-01 00:00,1,2,A\n2020-01-01 00:01,2,3,A\n")
    second = tmp_path / "second.csv"
    second.write_text("unit,b,time,a\n" + "".join(f"A,{i % 5},2020-01-02 00:{i},{i % 7}\n" for i in range(10, 60)))
    (block,) = describe_recording([path, second]).station.blocks
    assert (block.units, [(tag.code, tag.high) for tag in block.tags]) == (("A",), [("a", 66.0), ("b", 44.0)])


def test_numbers_that_no_machine_has_are_no_values(path: Path) -> None:
    path.write_text("a,b\n" + "".join(f"{'1e300' if i % 9 else i},{i}e300\n" for i in range(200)))
    made = describe_recording([path])
    (a,) = made.station.blocks[0].tags
    assert (a.code, a.high, made.left_alone) == ("a", 99.0 + WIDEN * 99.0, ("b",))


def test_a_decimal_comma_where_cells_are_not_separated_by_commas(path: Path) -> None:
    path.write_text("a;b\n" + "".join(f"{i % 5},5;1.{i % 7}\n" for i in range(200)))
    a, b = describe_recording([path]).station.blocks[0].tags
    assert (a.low, a.high, a.resolution) == (0.5 - 4 * WIDEN, 4.5 + 4 * WIDEN, 1.0)
    assert b.resolution == pytest.approx(0.1)
    path.write_text("a;b\n" + "".join(f"1,234.{i};x\n" for i in range(200)))  # a comma between thousands is none
    with pytest.raises(RecordingError, match="no column to judge"):
        describe_recording([path])


def test_times_that_descend_are_told_whatever_else_is_wanted(path: Path) -> None:
    path.write_text("time,unit,a\n" + newest_first("A"))
    for learning in (Learning(rows=10), Learning(until_ns=parse_time_ns("2020-01-01T00:20"))):
        with pytest.raises(RecordingError, match="times descend; expected oldest first"):
            describe_recording([path], learning=learning, period_s=60.0)


def test_columns_that_count_the_rows_are_left_alone_unless_asked_for(path: Path) -> None:
    lines = ["Unnamed: 0,time,seconds,down,almost,a"]
    lines += [
        f"{i},2020-01-01 {i // 60:02}:{i % 60:02},{i * 0.1:.1f},{7 - 2 * i},{i + (i == 70)},{i % 7}" for i in range(300)
    ]
    path.write_text("\n".join(lines) + "\n")
    made = describe_recording([path])
    assert [tag.code for tag in made.station.blocks[0].tags] == ["almost", "a"]
    assert made.left_alone == ("Unnamed: 0", "seconds", "down")
    asked = describe_recording([path], covariates=["seconds"])
    assert [(tag.code, tag.model) for tag in asked.station.blocks[0].tags if tag.model is None] == [("seconds", None)]
    assert asked.left_alone == ("Unnamed: 0", "down")


def test_columns_that_count_the_rows_of_each_unit_are_left_alone(path: Path) -> None:
    lines = ["index,time,unit,of unit,a"]
    for i in range(600):
        unit, row = i % 3 // 2, i // 3 * 2 + i % 3 if i % 3 < 2 else i // 3
        lines.append(f"{i},2020-01-01 {row // 60:02}:{row % 60:02},{unit},{5 * row},{i % 7}")
    path.write_text("\n".join(lines) + "\n")
    assert describe_recording([path], learning=Learning(rows=100)).left_alone == ("index", "of unit")


def test_a_column_that_stands_still_need_not_be_in_every_file(path: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    second.write_text("time,Load [MW],temp (degC),gappy\n2020-01-02,1,20,3\n")
    made = describe_recording([path, second])
    assert "still" not in {tag.code for tag in made.station.blocks[0].tags}
    assert len(Recording([path, second], made.station.blocks[0]).tables) == 2


def units_text(machines: str, rows: int = 300) -> str:
    lines = ["time,serial,site,machine,a"]
    for i in range(rows):
        lines += [
            f"2020-01-01 {i // 60:02}:{i % 60:02},{number},north,{machine},{i % 7}"
            for number, machine in enumerate(machines)
        ]
    return "\n".join(lines) + "\n"


def test_the_column_that_may_name_units_is_found_where_rows_come_several_to_a_time(path: Path) -> None:
    assert describe_recording([path]).units_hint is None
    path.write_text(units_text("AB"))
    assert describe_recording([path]).units_hint == "machine"  # text goes before a number
    assert describe_recording([path], dialect=Dialect(unit="machine")).units_hint is None
    path.write_text(units_text("AA"))
    assert describe_recording([path]).units_hint == "serial"
    path.write_text(
        "\n".join(line for line in units_text("A").splitlines() for _ in range(1 + (line[0] == "2"))) + "\n"
    )
    assert describe_recording([path]).units_hint is None  # each row twice


@pytest.mark.parametrize(
    ("text", "covariates", "expected"),
    [
        ("date,b\nx,2\ny,4\n", [], 'column "date": "x"; expected a time such as 2011-01-31T08:00:00Z'),
        ("Date,Time,b\n1st,8:00,2\n", [], 'column "Date": "1st"; expected a time such as'),
        (
            "time,b\n1/2/2020,2\n2/2/2020,3\n",
            [],
            'column "time": "1/2/2020": nothing in the first 2 rows tells dd/mm/yyyy',
        ),
        (
            "time,b\n2020-01-01,2\n",
            [],
            'column "time" holds no two times in order; expected each row later than the one before',
        ),
        ("time,b\n2020-01-02,2\n2020-01-01,3\n", [], 'column "time": times descend; expected oldest first'),
        ("time,unit,b\n" + newest_first("A") + newest_first("B"), [], "times descend; expected oldest first"),
        (
            "time,unit,b\n2020-01-01,1,2\n2020-01-02,2,3\n",
            [],
            'column "time" holds no two times in order for any unit of column "unit"; expected each row later',
        ),
        (HEADER + rows(0, 9), ["load"], 'covariate "load"; expected a numeric column; nearest: "Load [MW]"'),
        (HEADER + rows(0, 9), ["note"], 'covariate "note"; expected a numeric column'),
        (HEADER + rows(0, 9), ["Load [MW]", "temp (degC)", "gappy"], "no column to judge"),
        ("time,a,b\n2020-01-01,1,x\n2020-01-02,1,y\n", [], "no column to judge"),
        ("time,a\n", [], "no usable row; expected at least one below the column names"),
        ("a,b\n\n1\n", [], "no usable row: r.csv: line 3: 1 cells; expected 2"),
        ("a,b\n1,2\n1,2\n", [], "no column to judge"),
        ("", [], "is empty"),
    ],
)
def test_what_cannot_be_described_is_one_line(tmp_path: Path, text: str, covariates: list[str], expected: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(RecordingError) as caught:
        describe_recording([path], covariates=covariates)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)
