"""The Tennessee Eastman scorer: the known reference, and small alarms made by hand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import tep
from benchmarks.subject import Mask, Recorded, Verdict


def alarms(*at: int) -> Mask:
    """One file (960,) in alarm at these rows."""
    rows = np.zeros(960, dtype=bool)
    rows[list(at)] = True
    return rows


def test_reference_comes_out_as_known(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANBIAO_DATA", str(data_root))
    learn, tests = tep.load()
    assert learn.shape == (500, 52)
    assert {rows.shape for rows in tests} == {(960, 52)}
    reference = tep.judge(tep.principal_components(learn, tests), in_a_row=tep.IN_A_ROW)
    tep.check(reference)
    with pytest.raises(SystemExit, match="as published"):
        tep.check(reference._replace(false_before=2.0))


def test_rates() -> None:
    normal, fault = alarms(0, 1), alarms(5, *range(200, 280))
    judged = tep.judge([normal, fault, *[alarms()] * 20], in_a_row=1)
    assert judged.detection[0] == pytest.approx(10.0)
    assert judged.mean == pytest.approx(10 / 21)
    assert judged.mean_easy == pytest.approx(10 / 18)
    assert judged.false_rate == pytest.approx(100 * 3 / (960 + 21 * 160))
    assert judged.false_before == pytest.approx(100 / (21 * 160))
    assert judged.delays[1] == 40
    assert judged.delays[2] is None


def test_a_warning_that_stood_before_the_fault_does_not_announce_it() -> None:
    stands, returns = alarms(*range(150, 170)), alarms(*range(150, 170), 300)
    judged = tep.judge([alarms(), stands, returns, *[alarms()] * 19], in_a_row=1)
    assert (judged.delays[1], judged.delays[2]) == (None, 140)


def test_the_delay_of_alarms_in_a_row_is_that_of_the_last() -> None:
    judged = tep.judge([alarms(), alarms(161, 162, *range(170, 176)), *[alarms()] * 20], in_a_row=6)
    assert judged.delays[1] == 15


def test_shorter_counts_what_the_reference_never_finds() -> None:
    reference = tep.judge([alarms(), alarms(*range(200, 206)), *[alarms()] * 20], in_a_row=6)
    sooner = tep.judge([alarms(), alarms(180), alarms(900), *[alarms()] * 19], in_a_row=1)
    assert tep.shorter(sooner, reference) == 2
    assert tep.figures(sooner, reference)["shorter_than_pca"] == 2


def test_limit_at_a_rate_of_false_alarms() -> None:
    chance = np.random.default_rng(1)
    scores = [chance.random(960) for _ in range(22)]
    judged = tep.judge(tep.at_rate(scores, 2.0), in_a_row=1)
    assert judged.false_rate == pytest.approx(2.0, abs=0.05)


def test_the_detector_is_not_told_which_file_it_reads() -> None:
    seen: list[Recorded] = []

    def subject(recorded: Recorded) -> Verdict:
        seen.append(recorded)
        warning = recorded.values > 0.5
        return Verdict(recorded.values.max(axis=1), warning)

    rows = np.zeros((960, 52))
    rows[300:, 4] = 1.0
    warnings, _ = tep.run(subject, np.zeros((500, 52)), [np.zeros((960, 52)), *[rows] * 21])
    assert {one.name for one in seen} == {"recording"}
    assert {one.learn for one in seen} == {500}
    judged = tep.judge(warnings, in_a_row=1)
    assert set(judged.delays.values()) == {140}
    assert judged.false_rate == 0
