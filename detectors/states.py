"""How a component and a unit stand, as one number whose maximum is the worst of many: what every display rolls up."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.events import RUNNING, HealthScore

LEARNING, STOPPED_STATE, NORMAL, PARTIAL, NO_DATA, WATCH = -2.0, -1.0, 0.0, 1.0, 2.0, 3.0
"""Watch, warning and urgent are 3, 4, 5. Ordered so that max() is "worst of"; no data is never taken for health."""
STATE_NAMES: Final = {
    -2: "learning",
    -1: "stopped",
    0: "normal",
    1: "partial",
    2: "no_data",
    3: "watch",
    4: "warning",
    5: "urgent",
}


def states(event: HealthScore) -> NDArray[np.float64]:
    """(n_units, n_components) state of every component, whether or not a person attends to it."""
    state = np.where(np.isnan(event.score), LEARNING, NORMAL)
    if (event.mode != RUNNING).any():
        state[event.mode != RUNNING] = STOPPED_STATE
    if event.good.min() == 0.0:
        state[event.good == 0.0] = NO_DATA
    if event.level.any():
        state = np.where(event.level > 0, WATCH - 1.0 + event.level, state)
    return state


def unit_states(event: HealthScore, state: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_units,) worst of the components by their ``state``; attended counts as normal, and a sensor that is out as partial."""
    if event.attended is not None:
        state = np.where(event.attended, NORMAL, state)
    worst: NDArray[np.float64] = np.maximum.reduce(state, axis=1, initial=LEARNING)
    if event.good.min() < 1.0:
        partial = (event.good > 0.0) & (event.good < 1.0)
        worst[partial] = np.maximum(worst[partial], PARTIAL)
    return worst
