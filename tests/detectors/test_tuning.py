"""The constants of detection: checked before start, and known by a digest."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from detectors.tuning import DAY_S, Tuning

NUMBERS = [field.name for field in fields(Tuning) if field.name not in ("scales_s", "levels", "on_shares")]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_constant_that_is_no_positive_number_is_refused(name: str, value: float) -> None:
    change: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match="positive, finite number"):
        replace(Tuning(), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"scales_s": (60.0, math.nan)},
        {"scales_s": (0.0, 60.0)},
        {"levels": (-1.0, 1.0, 2.0)},
        {"on_shares": (1.0, 0.5, 0.0)},
        {"scales_s": (600.0, 60.0)},
        {"levels": (1.0, 3.0, 2.0)},
    ],
)
def test_scales_and_levels_are_positive_and_ascend(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"positive|ascend"):
        replace(Tuning(), **change)


def test_the_digest_changes_with_every_constant_and_with_nothing_else() -> None:
    digests = {Tuning().digest, Tuning(limit=Tuning().limit).digest}
    assert len(digests) == 1
    changes: list[dict[str, Any]] = [{name: (getattr(Tuning(), name) or 0) + 1} for name in NUMBERS]
    changes += [{"scales_s": (60.0, 3600.0)}, {"levels": (1.0, 1.6, 2.6)}, {"on_shares": (1.0, 1.0, 1.0)}]
    digests |= {replace(Tuning(), **change).digest for change in changes}
    assert len(digests) == 1 + len(changes)
    assert all(len(digest) == 12 and int(digest, 16) >= 0 for digest in digests)


@pytest.mark.parametrize(("period_s", "days"), [(10.0, 30.0), (600.0, 30.0), (10_800.0, 50.0)])
def test_the_warm_up_holds_enough_scans_for_slow_recordings(period_s: float, days: float) -> None:
    assert Tuning().warm_up(period_s) == days * DAY_S


def test_constants_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Tuning().limit = 3.0  # type: ignore[misc]
