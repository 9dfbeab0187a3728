"""The constants of detection, in one place, the same for every station and every recording."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0
NO_HISTORY_S = 1e9
"""As `Tuning.history_s`: no history of tags at all, not of episodes either; it changes no warning."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Time constants [s], limits [-]; each with its precedent."""

    scales_s: tuple[float, ...] = (MINUTE_S, 10 * MINUTE_S, HOUR_S, 6 * HOUR_S, DAY_S, 3 * DAY_S, 10 * DAY_S)
    """Time constants of the EWMA bank: roughly a factor of five apart, one per kind of fault from oil loss to fouling."""
    limit: float = 6.0
    """Warning limit [sigma]: one false warning in two or three days for 379 simulated units (docs/decisions/0013). At 5.5 half as
    many again, for one failure more in seventy; at 7.0 a tenth of the failures that 6.0 sees is missed."""
    learn_s: float = 10 * MINUTE_S
    """Time between two scans that are learned: closer ones say little new about load and weather; SCADA stores as many."""
    memory_s: float = 90 * DAY_S
    """Forgetting time of the regression: a season. 60 days learned away a third of a fouling that took 45 days."""
    spread_memory_s: float = 150 * DAY_S
    """Forgetting time of means and spreads: a short one makes the fault the new normal spread."""
    guard_s: float = 60 * DAY_S
    """Once warm, the time in which a variance may double at most: faults of weeks must not become the new normal."""
    warm_up_s: float = 30 * DAY_S
    """Time before anything is said; 14 days gave false alarms in 7 to 52 % of months, 60 days almost none."""
    warm_up_share: float = 0.65
    """And so much of it in operation: a turbine without wind, an inverter at night and a pumped-storage set learn in fewer hours,
    but from as much weather. With less, spreads are poor; with more, solar units are judged late (docs/decisions/0013)."""
    warm_up_scans: int = 400
    """At least as many scans: a spread from fewer is not worth a limit."""
    correlation_s: float = 6 * HOUR_S
    """Correlation time of slow physics that no covariate explains (AR(1) of about 6 h in station data)."""
    refit_s: float = 6 * HOUR_S
    """Time between two solutions of the regression: far shorter than its memory, far longer than a scan."""
    on_scans: int = 12
    """Scans in a row above the limit before an episode opens: the persistence that cut natural episodes ten-fold."""
    on_shares: tuple[float, float, float] = (1.0, 0.5, 0.25)
    """And for each level so much of that: what stands out by two and a half limits needs less patience."""
    off_scans: int = 12
    """Scans in a row below `off_score` before it returns."""
    off_score: float = 0.7
    """Hysteresis: a compromise between flapping (0.8) and holding on too long (0.5)."""
    learn_score: float = 0.7
    """A tag that stands out more than this does not teach what is normal: a slow fault would numb its own limit."""
    levels: tuple[float, float, float] = (1.0, 1.6, 2.5)
    """Scores of watch, warning and urgent."""
    max_freeze_s: float = 40 * DAY_S
    """A tag that stood out for so long learns again: the plant has accepted its new normal, or nobody looks."""
    remind_s: float = DAY_S
    """A warning that stands and that nobody has acknowledged is told again after so long."""
    reopen_s: float = DAY_S
    """What comes back so soon after it returned is the same episode."""
    group_s: float = HOUR_S
    """Warnings of several units that open within so long have one cause."""
    settle_s: float = 2 * DAY_S
    """Operation after maintenance in which the new level of each tag is learned; spreads and weights are kept."""
    history_s: float = 60.0
    """Time between two points of a tag's history; every scan while its unit is in an episode."""
    bad_scans: int = 3
    """Scans in a row without a good value before a sensor is called bad, and with one before it is good again."""

    def __post_init__(self) -> None:
        numbers = [value for value in asdict(self).values() if isinstance(value, float | int)]
        if not all(
            math.isfinite(number) and number > 0 for number in (*numbers, *self.scales_s, *self.levels, *self.on_shares)
        ):
            raise ValueError("every constant of detection must be a positive, finite number")
        if sorted(self.scales_s) != list(self.scales_s) or sorted(self.levels) != list(self.levels):
            raise ValueError("scales_s and levels must ascend")

    def warm_up(self, period_s: float) -> float:
        """Time before anything is said [s], for scans ``period_s`` apart."""
        return max(self.warm_up_s, self.warm_up_scans * max(period_s, self.learn_s))

    @property
    def digest(self) -> str:
        """12 hex digits that change with any constant."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]
