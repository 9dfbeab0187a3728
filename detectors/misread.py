"""Readings that are right but mean something else: another unit of measurement, or the tag whose wires were exchanged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import Mask
from detectors.jumps import Jumps
from detectors.normal_behaviour import Judgement, NormalBehaviour

FACTORS = (1e-3, 1e-2, 0.1, 10.0, 100.0, 1e3)
LIKE = 0.06
"""How close to another unit, or another tag, a reading is taken for it [share of the difference]."""
CLEAR_SPREADS = 8.0
"""Another unit or tag is told apart only if it lies so many spreads away."""


def misread(
    asks: Mask, judgement: Judgement, behaviour: NormalBehaviour, jumps: Jumps, alike: Mask, thermal: Mask
) -> tuple[Mask, NDArray[np.int64]]:
    """Of readings that stand out: which are those of another unit of measurement, and which tag's they are.

    Parameters
    ----------
    asks : (n_units, n_judged) readings that stand out.
    alike : (n_judged, n_judged) tags of one unit of measurement.   thermal : (n_judged,) temperatures.

    Returns
    -------
    (n_units, n_judged) each: a mask, and the column of the judged tag it was exchanged with, -1 = none.
    """
    unit = np.zeros(asks.shape, dtype=bool)
    exchanged = np.full(asks.shape, -1, dtype=np.int64)
    expected = behaviour.measured(judgement.expected)
    level = judgement.expected + jumps.level * judgement.spread
    seen = behaviour.measured(level)
    clear = behaviour.measured(judgement.expected + CLEAR_SPREADS * np.sqrt(jumps.variance) * judgement.spread)
    clear = np.abs(clear - expected)
    for u, i in np.argwhere(asks):
        e, v, least = expected[u, i], seen[u, i], clear[u, i]
        guesses = [factor * e for factor in FACTORS]
        if thermal[i]:
            guesses += [1.8 * e + 32.0, (e - 32.0) / 1.8]
        unit[u, i] = jumps.size[u, i] != 0.0 and any(
            abs(v - g) <= LIKE * abs(g - e) and abs(g - e) > least for g in guesses
        )
        d, apart = v - e, expected[u] - e
        back = seen[u] - expected[u]
        like = alike[i] & asks[u] & (np.abs(apart) > 0.5 * least)
        like &= (np.abs(apart - d) <= 0.3 * abs(d)) & (np.abs(back + d) <= 0.3 * abs(d))
        if like.any():
            exchanged[u, i] = int(np.argmin(np.where(like, np.abs(apart - d), np.inf)))
    return unit, exchanged
