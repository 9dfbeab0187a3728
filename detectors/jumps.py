"""Jumps of single readings: a reading far from its level of late is doubted until the fourth in a row, then it is a step.

With r the residual of a tag, m its level of late and s the spread of d = r - m, every scan with a good value does

    |d| <= h s:     m <- m + clip(d, +-3 s) / 5,  s^2 <- s^2 + a (min(d^2, 9 s^2) - s^2)
    |d| >  h s:     a jump begins, unless so many tags of the unit jump so far at once that it is the plant that moves
                    (`TOGETHER`): then m = r. It is held until |d| <= h s / 2, which ends it as a spike, or until it has lasted
                    longer than `DOUBT_SCANS`: then it is a step that stays, and m = r. What jumps on from there, the same way
                    and within `GOES_ON_SCANS`, is not doubted again

h is `MARGIN` times the farthest that the tag ever went alone while it was learned, at least `LEAST`: a tag that jumps by nature
has jumped before. What a tag says after a pause is compared with what it said before; there the farthest is learned by itself,
since a machine that starts is seldom where it stopped.

`detectors.excursions` does the same for a recording, with limits from a budget over all of its learn rows; here nothing is known
beforehand, so the limit is learned on the way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import HUGE, Array, Mask
from detectors.compiled import compiled

LEVEL_SCANS, CLIP = 5.0, 3.0
"""Memory of the level, and how far one scan may pull it, in spreads."""
SPREAD_SCANS = 1500.0
"""Memory of the spread: ten days of ten-minute scans."""
FIRST_CLIP = 30.0
"""No winsorising before: a spread that starts at zero would lock itself in."""
LEAST, MOST, MARGIN = 7.0, 60.0, 1.25
"""White noise passes 7 spreads never; beyond 60 anything is a jump. The margin is for what the learned time did not hold."""
DOUBT_SCANS = 3
"""Spikes last one to three samples."""
TOGETHER, COMPARABLE = 3, 0.25
"""So many tags of a unit that jump in one scan have one cause, which is no sensor; not those that jump by a smaller share of
their limit: they are judged by a mean that the first one has moved."""
GOES_ON_SCANS = 4 * DOUBT_SCANS
"""What has stepped and soon jumps on, the same way, is no spike: a fire would be doubted in three scans of four."""
PAUSE_SCANS = 6.0
"""A tag that said nothing for longer has paused."""
CARRIED = 0.5
"""A jump that comes with a move of the expectation by more than this share of it may come from that."""
PAUSES = 5.0
"""So many pauses are learned from before any jump across one is told."""
NOTHING, SPIKE, STEP = 0, 1, 2
"""What becomes of a jump."""


class Jumps:
    """Jumps of the judged tags of one block; arrays (n_units, n_tags).

    Parameters
    ----------
    resolution : (n_tags,) smallest step of each residual; bounds the spread from below.
    warm_scans : scans with a value before any jump is told.
    fresh_scans : scans for which a step is remembered.
    """

    def __init__(self, resolution: Array, *, n_units: int, warm_scans: float, fresh_scans: float) -> None:
        shape = n_units, len(resolution)
        self._warm, self._fresh = warm_scans, fresh_scans
        self._floor = resolution / np.sqrt(12.0)
        self.level = np.full(shape, np.nan)
        """Level of each residual of late [unit of the residual]; it does not follow a jump until that is a step."""
        self.scans = np.zeros(shape)
        """Scans of the jump under way, 0 = none."""
        self.size = np.zeros(shape)
        """Size of the latest step [unit of the residual], 0 = none of late, or it is over."""
        self.origin = np.zeros(shape)
        """Level before that step [unit of the residual]."""
        self._age = np.zeros(shape)
        self.sharp = np.zeros(shape)
        """Whether the latest step was complete within one scan, or a pause, and stood still after it."""
        self.carried = np.zeros(shape)
        """Whether it came with a pause, or with the load: a small loss in the machine is a large one at ten times the load."""
        self.variance = np.tile(self._floor**2, (n_units, 1))
        """Variance of a residual about its level [unit of the residual, squared]."""
        self._peak = np.zeros(shape)
        self._pauses, self._pause_peak = np.zeros(shape), np.zeros(shape)
        self._seen, self._missing = np.zeros(shape), np.zeros(shape)
        self._least, self._most = np.zeros(shape), np.zeros(shape)
        self._doubted: Mask = np.zeros(shape, dtype=bool)
        self._outcome = np.zeros(shape, dtype=np.int8)

    def step(self, residual: Array, with_load: Array, *, resumes: bool = False) -> tuple[Mask, NDArray[np.int8]] | None:
        """Take the residuals of one scan in; after a gap between scans (``resumes``) all begin anew.

        Parameters
        ----------
        with_load : (n_units, n_tags) how far the expectation of each tag moved since the scan before [unit of the residual].

        Returns
        -------
        Readings that are doubted, and what became of jumps that ended in this scan; None if there is neither. Valid until the
        next scan.
        """
        if not _step(
            residual,
            with_load,
            self._floor,
            self._warm,
            self._fresh,
            resumes,
            self.level,
            self.scans,
            self.size,
            self.sharp,
            self.origin,
            self._age,
            self.variance,
            self._peak,
            self._pauses,
            self._pause_peak,
            self.carried,
            self._seen,
            self._missing,
            self._least,
            self._most,
            self._doubted,
            self._outcome,
        ):
            return None
        return self._doubted, self._outcome

    @property
    def height(self) -> Array:
        """Of the jump under way, or the latest step [unit of the residual]; 0 = neither."""
        return np.where(self.scans > 0.0, 0.5 * (self._least + self._most), self.size)

    def forget(self, where: Mask) -> None:
        """Let the tags at ``where`` (n_units, n_tags) begin anew, at the level that they have next."""
        self.level[where] = np.nan
        self.size[where] = self.scans[where] = 0.0

    def _state(self) -> dict[str, Array]:
        return {
            "level": self.level,
            "scans": self.scans,
            "size": self.size,
            "sharp": self.sharp,
            "origin": self.origin,
            "age": self._age,
            "variance": self.variance,
            "peak": self._peak,
            "pauses": self._pauses,
            "pause_peak": self._pause_peak,
            "carried": self.carried,
            "seen": self._seen,
            "missing": self._missing,
            "least": self._least,
            "most": self._most,
        }

    def snapshot(self) -> dict[str, Array]:
        """The state; arrays are copies."""
        return {name: array.copy() for name, array in self._state().items()}

    def restore(self, state: dict[str, Array]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, array in self._state().items():
            array[:] = state[name]


@compiled
def _step(
    residual: Array,
    with_load: Array,
    floor: Array,
    warm: float,
    fresh: float,
    resumes: bool,
    level: Array,
    scans: Array,
    size: Array,
    sharp: Array,
    origin: Array,
    age: Array,
    variance: Array,
    peak: Array,
    pauses: Array,
    pause_peak: Array,
    carried: Array,
    seen: Array,
    missing: Array,
    least: Array,
    most: Array,
    doubted: Mask,
    outcome: NDArray[np.int8],
) -> bool:
    any_told = False
    far = np.zeros(level.shape[1])
    for u in range(level.shape[0]):
        for j in range(level.shape[1]):
            d = abs(residual[u, j] - level[u, j])
            far[j] = 0.0
            if d < HUGE and not resumes and scans[u, j] == 0:
                far[j] = d / np.sqrt(variance[u, j]) / _limit(peak[u, j], pause_peak[u, j], missing[u, j])
        for j in range(level.shape[1]):
            doubted[u, j] = False
            outcome[u, j] = NOTHING
            r = residual[u, j]
            if not abs(r) < HUGE:
                missing[u, j] += 1.0
                continue
            if np.isnan(level[u, j]) or resumes:
                level[u, j] = r
                scans[u, j] = 0.0
                missing[u, j] = 0.0
                continue
            pause = missing[u, j] > PAUSE_SCANS
            d = r - level[u, j]
            s = np.sqrt(variance[u, j])
            limit = _limit(peak[u, j], pause_peak[u, j], missing[u, j]) * s
            missing[u, j] = 0.0
            ready = seen[u, j] >= warm and (not pause or pauses[u, j] >= PAUSES)
            jumps = abs(d) > limit
            if jumps and scans[u, j] == 0.0 and size[u, j] * d > 0.0 and age[u, j] <= GOES_ON_SCANS:
                size[u, j] = r - origin[u, j]
                sharp[u, j] = age[u, j] = 0.0
                level[u, j] = r
                continue
            alone = jumps and (far >= max(1.0, COMPARABLE * far[j])).sum() < TOGETHER
            if seen[u, j] >= warm and (scans[u, j] > 0.0 or (ready and alone)):
                if scans[u, j] == 0.0:
                    least[u, j] = d
                    most[u, j] = d
                    carried[u, j] = 0.0 if not pause and with_load[u, j] <= CARRIED * abs(d) else 1.0
                if scans[u, j] > 0.0 and abs(d) <= 0.5 * limit:
                    outcome[u, j] = SPIKE
                    scans[u, j] = 0.0
                    any_told = True
                else:
                    scans[u, j] += 1.0
                    least[u, j] = min(least[u, j], d)
                    most[u, j] = max(most[u, j], d)
                    any_told = True
                    if scans[u, j] > DOUBT_SCANS:
                        outcome[u, j] = STEP
                        size[u, j] = 0.5 * (least[u, j] + most[u, j])
                        moved = most[u, j] - least[u, j]
                        sharp[u, j] = 1.0 if moved <= 0.3 * abs(size[u, j]) + 3.0 * s else 0.0
                        origin[u, j] = level[u, j]
                        age[u, j] = 0.0
                        level[u, j] = r
                        scans[u, j] = 0.0
                    doubted[u, j] = True
                    continue
            elif pause:
                pauses[u, j] += 1.0
                if seen[u, j] > FIRST_CLIP:
                    pause_peak[u, j] = max(pause_peak[u, j], abs(d) / s)
                level[u, j] = r
                continue
            elif ready and jumps:  # the plant moves, and this tag with it
                level[u, j] = r
                continue
            if seen[u, j] > FIRST_CLIP and (alone or not jumps):
                peak[u, j] = max(peak[u, j], abs(d) / s)
            seen[u, j] += 1.0
            square = d * d
            if seen[u, j] > FIRST_CLIP:
                square = min(square, CLIP * CLIP * s * s)
                d = min(max(d, -CLIP * s), CLIP * s)
            variance[u, j] += max(1.0 / (seen[u, j] + 1.0), 1.0 / SPREAD_SCANS) * (square - variance[u, j])
            variance[u, j] = max(variance[u, j], floor[j] * floor[j])
            level[u, j] += d / LEVEL_SCANS
            if size[u, j] != 0.0:
                age[u, j] += 1.0
                if age[u, j] > fresh or abs(level[u, j] - origin[u, j]) < 0.5 * abs(size[u, j]):
                    size[u, j] = 0.0
    return any_told


@compiled
def _limit(peak: float, pause_peak: float, missing: float) -> float:
    """From which on a tag that has said nothing for ``missing`` scans jumps [spreads]."""
    if missing > PAUSE_SCANS:
        peak = max(peak, pause_peak)
    return max(LEAST, min(MARGIN * peak, MOST))
