"""What every detector promises, as checks that take a `Subject`; `test_contract` runs all of them over every detector.

A reading is missing if it is NaN or no physical value (`detectors.base.HUGE`). Bits are compared where a promise says "to the
bit", numbers to rounding where only the order of a sum differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Array, Detector, Mask, run

N_SCANS = 140
ROUNDING = 1e-6
WILD = (np.inf, -np.inf, 1e308, -1e308, 2e100)


@dataclass(frozen=True)
class Subject:
    """A detector under the contract.

    ``build(tags, n_units)`` makes one for some of the tags, in that order. ``telemetry`` is ``N_SCANS`` of healthy values
    (t, u, n) and covariates (t, u, k). After ``warm`` scans of it every tag has a score. ``pools`` = units lend each other.
    """

    name: str
    build: Callable[[Sequence[int], int], Detector]
    telemetry: Callable[[], tuple[Array, Array]]
    warm: int
    pools: bool = False

    def fresh(self) -> tuple[Detector, Array, Array]:
        """A detector that has seen nothing, and telemetry for it that the check may change."""
        xs, fs = self.telemetry()
        return self.build(range(xs.shape[2]), xs.shape[1]), xs.copy(), fs.copy()


def state_of(detector: Detector) -> dict[str, bytes]:
    """The state as comparable bytes, by name."""
    return {name: array.tobytes() for name, array in detector.snapshot().items()}


def feed(detector: Detector, xs: Array, fs: Array, where: Mask | None = None) -> None:
    """Learn without scoring."""
    everywhere = np.ones(xs.shape[1:], dtype=bool) if where is None else where
    for x, f in zip(xs, fs, strict=True):
        detector.learn(x, f, everywhere)


def is_missing(xs: Array) -> Mask:
    """Where there is no good value."""
    good: Mask = np.abs(xs) < 1e100
    return ~good


def check_shapes(subject: Subject) -> None:
    """A score for each tag of each unit, >= 0 or NaN, and after the warm-up a number for every good value."""
    detector, xs, fs = subject.fresh()
    scores = run(detector, xs, fs)
    assert detector.score(xs[0], fs[0]).shape == xs.shape[1:]
    assert not (scores < 0.0).any()
    assert np.isfinite(scores[subject.warm :]).all()


def check_warm_up_is_silent(subject: Subject) -> None:
    """NaN until enough was learned, never a healthy-looking 0; and for ever if nothing may be learned."""
    detector, xs, fs = subject.fresh()
    scores = run(detector, xs, fs)
    first = np.isfinite(scores).argmax(axis=0)
    assert (first >= 10).all()
    for unit, tag in np.ndindex(*first.shape):
        assert np.isnan(scores[: first[unit, tag], unit, tag]).all()
    detector, xs, fs = subject.fresh()
    feed(detector, xs, fs, np.zeros(xs.shape[1:], dtype=bool))
    assert np.isnan(detector.score(xs[0], fs[0])).all()


def check_score_changes_nothing(subject: Subject) -> None:
    """Not the state, and hence no later score, however often it is asked."""
    detector, xs, fs = subject.fresh()
    for t in range(len(xs)):
        before = state_of(detector)
        scores = detector.score(xs[t], fs[t])
        detector.score(xs[-1 - t], fs[-1 - t])
        np.testing.assert_array_equal(detector.score(xs[t], fs[t]), scores)
        assert state_of(detector) == before
        detector.learn(xs[t], fs[t], np.ones(xs.shape[1:], dtype=bool))


def check_inputs_are_neither_kept_nor_changed(subject: Subject) -> None:
    """Values, covariates and mask may be read-only, and may be used again for something else afterwards."""
    detector, xs, fs = subject.fresh()
    other = subject.fresh()[0]
    everywhere = np.ones(xs.shape[1:], dtype=bool)
    for t in range(len(xs)):
        lent = xs[t].copy(), fs[t].copy(), everywhere.copy()
        for array in lent:
            array.setflags(write=False)
        scores = detector.score(lent[0], lent[1])
        detector.learn(*lent)
        for array, wrong in zip(lent, (-1e9, -1e9, False), strict=True):
            array.setflags(write=True)
            array[...] = wrong
        np.testing.assert_array_equal(scores, other.score(xs[t], fs[t]))
        other.learn(xs[t], fs[t], everywhere)
    assert state_of(detector) == state_of(other)


def check_is_causal(subject: Subject) -> None:
    """Whatever comes later, a score stays what it was."""
    detector, xs, fs = subject.fresh()
    whole = run(detector, xs, fs)
    for first in (1, subject.warm, N_SCANS - 1):
        changed = xs.copy()
        changed[first:] *= -3.0
        np.testing.assert_array_equal(run(subject.fresh()[0], changed, fs)[:first], whole[:first])


def check_restart_goes_on_to_the_bit(subject: Subject) -> None:
    """From any point, in a fresh detector or in one that has seen something else; a snapshot is a copy."""
    detector, xs, fs = subject.fresh()
    xs[20:23, 0] = np.nan
    whole = run(detector, xs, fs)
    end = state_of(detector)

    @settings(max_examples=15)
    @given(split=st.integers(0, N_SCANS), is_used=st.booleans())
    def goes_on(split: int, is_used: bool) -> None:
        first, second = subject.fresh()[0], subject.fresh()[0]
        if is_used:
            feed(second, xs[::-3] * 2.0, fs[::-3])
        feed(first, xs[:split], fs[:split])
        state = first.snapshot()
        kept = {name: array.copy() for name, array in state.items()}
        second.restore(state)
        feed(first, xs[:5], fs[:5])
        for name, array in state.items():
            np.testing.assert_array_equal(array, kept[name])
            array[...] = -7.0
        np.testing.assert_array_equal(run(second, xs[split:], fs[split:]), whole[split:])
        assert state_of(second) == end

    goes_on()


def check_a_missing_tag_stays_its_own_trouble(subject: Subject) -> None:
    """Its score is NaN and all others are what they were; where units lend each other, they are still numbers."""
    detector, xs, fs = subject.fresh()
    whole = run(detector, xs, fs)
    for unit, tag in ((0, 0), (xs.shape[1] - 1, xs.shape[2] - 1)):
        holed = xs.copy()
        holed[subject.warm - 30 : subject.warm + 20, unit, tag] = np.nan
        scores = run(subject.fresh()[0], holed, fs)
        assert np.isnan(scores[np.isnan(holed)]).all()
        others = np.ones(xs.shape[1:], dtype=bool)
        others[unit, tag] = False
        np.testing.assert_array_equal(np.isnan(scores[:, others]), np.isnan(whole[:, others]))
        if not subject.pools:
            np.testing.assert_allclose(scores[:, others], whole[:, others], rtol=ROUNDING)


def check_wild_readings_are_missing_readings(subject: Subject) -> None:
    """Fifty in a row, of values and of covariates: the state is finite, and the very one that NaN leaves."""
    for of_covariate in (False, True):
        if of_covariate and not subject.telemetry()[1].size:
            continue
        states = []
        for wild in (np.nan, *WILD):
            detector, xs, fs = subject.fresh()
            target = fs if of_covariate else xs
            target[subject.warm - 20 : subject.warm + 30, 0, 0] = wild
            scores = run(detector, xs, fs)
            assert np.isnan(scores[subject.warm - 20 : subject.warm + 30, 0, 0]).all()
            assert not np.isinf(scores).any()
            states.append(state_of(detector))
            assert all(np.isfinite(array).all() for array in detector.snapshot().values())
        assert all(state == states[0] for state in states)


def check_tiny_readings_are_zeros(subject: Subject) -> None:
    """Denormal numbers and -0.0, fifty in a row, are as good as 0.0."""
    scores = []
    for tiny in (0.0, -0.0, 5e-324, -5e-324, 1e-310):
        detector, xs, fs = subject.fresh()
        xs[subject.warm - 20 : subject.warm + 30, 0, 0] = tiny
        scores.append(run(detector, xs, fs))
        assert all(np.isfinite(array).all() for array in detector.snapshot().values())
        np.testing.assert_allclose(scores[-1], scores[0], rtol=ROUNDING)


def check_the_order_of_tags_and_units_does_not_matter(subject: Subject) -> None:
    """Permute in, permute out."""
    detector, xs, fs = subject.fresh()
    xs[30:60, 0, -1] = np.nan
    whole = run(detector, xs, fs)
    tags, units = np.roll(np.arange(xs.shape[2])[::-1], 1), np.arange(xs.shape[1])[::-1]
    shuffled = subject.build(tags.tolist(), xs.shape[1])
    scores = run(shuffled, xs[:, units][:, :, tags], fs[:, units])
    np.testing.assert_allclose(scores, whole[:, units][:, :, tags], rtol=ROUNDING)


def check_a_block_is_its_units(subject: Subject) -> None:
    """A block of u units equals u blocks of one, also when they miss different scans.

    Where units lend each other this is so on purpose only for identical units: what they lend is what each of them has.
    """
    detector, xs, fs = subject.fresh()
    n_units = xs.shape[1]
    xs[30:70, 0, 0] = np.nan
    if subject.pools:
        xs, fs = np.repeat(xs[:, :1], n_units, axis=1), np.repeat(fs[:, :1], n_units, axis=1)
    else:
        xs[:60, -1] = np.nan
    together = run(detector, xs, fs)
    for unit in range(n_units):
        alone = run(subject.build(range(xs.shape[2]), 1), xs[:, [unit]], fs[:, [unit]])
        np.testing.assert_allclose(together[:, [unit]], alone, rtol=ROUNDING)


def check_a_stuck_tag_stays_finite(subject: Subject) -> None:
    """From the first scan on, or after the warm-up, for long; and so does its score when it comes loose."""
    for first in (0, subject.warm):
        detector, xs, fs = subject.fresh()
        xs, fs = np.concatenate([xs] * 3), np.concatenate([fs] * 3)
        loose = xs[-1].copy()
        xs[first:, 0, :] = xs[first, 0, :]
        xs[-1] = loose
        assert np.isfinite(run(detector, xs, fs)[subject.warm :]).all()
        assert all(np.isfinite(array).all() for array in detector.snapshot().values())


def check_where_says_what_is_learned(subject: Subject) -> None:
    """A mask of units is a mask of all their tags; a tag that must not learn says later what it said at first."""
    by_unit, xs, fs = subject.fresh()
    by_tag = subject.fresh()[0]
    mask = np.arange(xs.shape[1]) > 0
    feed(by_unit, xs, fs, mask)
    feed(by_tag, xs, fs, np.repeat(mask[:, None], xs.shape[2], axis=1))
    assert state_of(by_unit) == state_of(by_tag)
    assert np.isnan(by_unit.score(xs[0], fs[0])[0]).all()
    assert np.isfinite(by_unit.score(xs[0], fs[0])[1:]).all()


def check_survives_gaps_and_repetitions(subject: Subject) -> None:
    """Any readings missing, any scans given twice: NaN exactly where a value is missing, numbers elsewhere, a finite state."""
    _, xs, fs = subject.fresh()

    @settings(max_examples=15)
    @given(
        seed=st.integers(0, 2**32 - 1),
        share=st.sampled_from([0.02, 0.3, 0.9]),
        twice=st.lists(st.integers(0, N_SCANS - 1), max_size=20),
    )
    def survives(seed: int, share: float, twice: list[int]) -> None:
        order = np.sort(np.concatenate([np.arange(N_SCANS), np.array(twice, dtype=np.intp)]))
        stormy = xs[order]
        storm = np.random.default_rng(seed).random(stormy.shape) < share
        storm[: subject.warm] = False
        stormy[storm] = np.nan
        detector = subject.fresh()[0]
        scores = run(detector, stormy, fs[order])[subject.warm + len(twice) :]
        np.testing.assert_array_equal(np.isnan(scores), is_missing(stormy[subject.warm + len(twice) :]))
        assert not (scores < 0.0).any()
        assert all(np.isfinite(array).all() for array in detector.snapshot().values())

    survives()


CHECKS: dict[str, Callable[[Subject], None]] = {
    name.removeprefix("check_"): value for name, value in list(globals().items()) if name.startswith("check_")
}
