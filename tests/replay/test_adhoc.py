"""A catalogue made on the spot knows the header and the first rows, and nothing of what comes later."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.tuning import Tuning
from replay.adhoc import CODE, WIDEN, describe_recording
from replay.files import RecordingError
from replay.recordings import Recording

HEADER = "time,Load [MW],temp (degC),note,still,,gappy\n"


def rows(first: int, last: int) -> str:
    return "".join(
        f"2020-01-01 {i // 60:02}:{i % 60:02},{i % 7},{20 + 0.25 * (i % 5)},ok,3,9,{'' if i % 2 else i}\n"
        for i in range(first, last)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "pump.csv"
    path.write_text(HEADER + rows(0, 600))
    return path


def test_names_units_ranges_and_steps_come_from_the_first_rows(path: Path) -> None:
    made = describe_recording([path])
    (block,) = made.station.blocks
    load, temp, gappy = block.tags
    assert (made.learn_rows, made.left_alone) == (100, ("note", "still", ""))
    assert (block.station, block.period_s, block.units) == (CODE, 60.0, ("1",))
    assert (load.code, load.name.en, load.uom) == ("Load [MW]", "Load", "MW")
    assert (temp.code, temp.name.zh, temp.uom, temp.resolution) == ("temp (degC)", "temp", "degC", 0.25)
    assert (temp.low, temp.high) == (20 - WIDEN, 21 + WIDEN)
    assert (gappy.uom, gappy.model, gappy.high) == ("", "recording", 98 + WIDEN * 98)
    assert made.station.name.en == "pump.csv"
    recording = Recording([path], block)
    assert (sum(1 for _ in recording.scans()), recording.tally.bad_rows) == (600, 0)


def test_nothing_looks_ahead(path: Path) -> None:
    before = describe_recording([path], learn_rows=100).station
    path.write_text(HEADER + rows(0, 100) + "oops\n" + "2020-02-01,1e9,-1e9,ok,4,5,6\n" * 400)
    assert describe_recording([path], learn_rows=100).station == before


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
    assert describe_recording([path, second]).learn_rows == 300


def test_time_constants_fit_the_period_unless_others_are_given(path: Path) -> None:
    made = describe_recording([path], learn_rows=200, period_s=2.0)
    assert (made.tuning.learn_rows, made.tuning.learn_s, made.tuning.warm_up(2.0)) == (200, 2.0, 400.0)
    assert made.station.blocks[0].period_s == 2.0
    assert describe_recording([path], tuning=Tuning(limit=9.0)).tuning == Tuning(limit=9.0)


@pytest.mark.parametrize(
    ("text", "covariates", "expected"),
    [
        ("a,b\n1,2\n3,4\n", [], "has no time column; give the time between two rows with --period SECONDS"),
        ("date,b\nx,2\ny,4\n", [], 'column "date" holds no two times in order; give --period SECONDS'),
        ("time,b\n2020-01-01,2\n", [], 'column "time" holds no two times in order; give --period SECONDS'),
        (HEADER + rows(0, 9), ["load"], 'covariate "load"; expected a numeric column; nearest: "Load [MW]"'),
        (HEADER + rows(0, 9), ["note"], 'covariate "note"; expected a numeric column'),
        (HEADER + rows(0, 9), ["Load [MW]", "temp (degC)", "gappy"], "no column to judge"),
        ("time,a,b\n2020-01-01,1,x\n2020-01-02,1,y\n", [], "no column to judge"),
        ("time,a\n", [], "holds no two times in order"),
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
