"""Detectors of other libraries as Subjects: causal, quiet in noise, and their limits."""

import numpy as np
import pytest

from benchmarks import baselines
from benchmarks.subject import Recorded


def recording(step: float = 8.0) -> Recorded:
    """800 rows of noise, three tags and a covariate that explains the first; from row 600 on a step of the second."""
    chance = np.random.default_rng(4)
    explain, values = chance.standard_normal((800, 1)), chance.standard_normal((800, 3))
    values[:, :1] = 50 + 3 * explain + 0.5 * values[:, :1]
    values[600:, 1] += step
    return Recorded("recording", values, explain, 500, 1.0, ("a", "b", "c"))


@pytest.mark.parametrize("library", ["river", "rcf3", "pysad"])
@pytest.mark.filterwarnings("ignore")  # what other libraries say when they are imported is theirs
def test_causal_and_finite(library: str) -> None:
    pytest.importorskip(library)
    found = {name: one for name, one in baselines.watchers().items() if name.startswith(library)}
    assert found
    healthy, faulty = recording(0.0), recording()
    for watcher in found.values():
        before, after = watcher(healthy), watcher(faulty)
        assert before.warning.shape == (800, 3)
        assert np.isfinite(after.score).all()
        assert np.array_equal(before.score[:600], after.score[:600])
        assert after.score[600:630].max() > before.score[600:630].max()


def test_limit_is_one_and_can_be_raised() -> None:
    watcher = baselines.Watcher(lambda recorded: np.abs(recorded.values))
    recorded = recording()
    own, doubled = watcher(recorded), watcher(recorded, 2.0)
    assert np.array_equal(own.score, 2 * doubled.score)
    assert np.array_equal(own.warning.any(axis=1), own.score > 1)
    assert own.warning[250:500].mean() == pytest.approx(0.01, abs=0.011)


def test_scaled_by_the_learn_part_alone() -> None:
    recorded = recording(100.0)
    rows = baselines.scaled(recorded)
    assert rows.shape == (800, 4)
    assert rows[:500].std(axis=0) == pytest.approx(np.ones(4))
    assert rows[600:, 1].min() > 50
