"""One contract suite over every detector; and detectors that break one promise each, to prove that the suite bites."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from detectors.base import Array, Covariates, Detector, Mask, Values
from tests.detectors.contract import CHECKS, Subject
from tests.detectors.subjects import SUBJECTS, Sound, noise


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name.replace(" ", "-"))
def test_detector(subject: Subject, check: str) -> None:
    """Every promise of style.md 2.3, for every detector."""
    CHECKS[check](subject)


def test_every_detector_has_the_methods_of_the_protocol() -> None:
    for subject in SUBJECTS:
        detector: Detector = subject.fresh()[0]
        assert all(callable(getattr(detector, name)) for name in ("score", "learn", "snapshot", "restore"))


class LearnsNothingAsNumber(Sound):
    def good(self, x: Values) -> Mask:
        return np.ones(x.shape, dtype=bool)


class LearnsInfinity(Sound):
    def good(self, x: Values) -> Mask:
        return ~np.isnan(x)


class IsHealthyAtFirst(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return np.where(self.learned < self.ready, 0.0, super().score(x, f))


class CountsScores(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        self.learned += 1.0
        return super().score(x, f)


class KeepsItsInput(Sound):
    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        super().learn(x, f, where)
        self.mean = x


class ChangesItsInput(Sound):
    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        x -= self.mean
        x += self.mean
        super().learn(x, f, where)


class ForgetsToSave(Sound):
    def restore(self, state: dict[str, Array]) -> None:
        super().restore(state)
        self.variance = self.variance.astype(np.float32).astype(np.float64)


class HandsOutItself(Sound):
    def snapshot(self) -> dict[str, Array]:
        return {"mean": self.mean, "variance": self.variance, "learned": self.learned}


class ComparesTags(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return super().score(x - x.mean(axis=1, keepdims=True), f)


class ComparesUnits(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return super().score(x - np.nanmean(x, axis=0), f)


class CountsColumns(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return super().score(x, f) * (1.0 + np.arange(x.shape[1]))


class CountsRows(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return super().score(x, f) * (1.0 + np.arange(len(x)))[:, None]


class DividesByItsSpread(Sound):
    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        super().learn(x, f, where)
        self.variance[self.learned == 1.0] = 0.0

    def score(self, x: Values, f: Covariates) -> Array:
        return super().score(x, f) / np.sqrt(self.variance)


class LearnsEverywhere(Sound):
    def learn(self, x: Values, f: Covariates, where: Mask) -> None:
        super().learn(x, f, np.ones(x.shape, dtype=bool))


class IsNegative(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return -super().score(x, f)


class Speaks(Sound):
    def score(self, x: Values, f: Covariates) -> Array:
        return np.nan_to_num(super().score(x, f), nan=0.5)


BROKEN = {
    LearnsNothingAsNumber: "wild_readings_are_missing_readings",
    LearnsInfinity: "wild_readings_are_missing_readings",
    IsHealthyAtFirst: "warm_up_is_silent",
    CountsScores: "score_changes_nothing",
    KeepsItsInput: "inputs_are_neither_kept_nor_changed",
    ChangesItsInput: "inputs_are_neither_kept_nor_changed",
    ForgetsToSave: "restart_goes_on_to_the_bit",
    HandsOutItself: "restart_goes_on_to_the_bit",
    ComparesTags: "a_missing_tag_stays_its_own_trouble",
    ComparesUnits: "a_block_is_its_units",
    CountsColumns: "the_order_of_tags_and_units_does_not_matter",
    CountsRows: "the_order_of_tags_and_units_does_not_matter",
    DividesByItsSpread: "a_stuck_tag_stays_finite",
    LearnsEverywhere: "where_says_what_is_learned",
    IsNegative: "shapes",
    Speaks: "a_missing_tag_stays_its_own_trouble",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_the_suite_bites(broken: type[Sound]) -> None:
    """A detector that breaks one promise fails the check of that promise."""
    subject = dataclasses.replace(SUBJECTS[-1], build=broken, telemetry=noise)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((AssertionError, ValueError)):
            CHECKS[BROKEN[broken]](subject)
