"""The equations of detectors/bank.py once more, one number at a time; see `tests.detectors.naive`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.detectors.naive import NAN, Row, is_good

KIN_FREEDOM, CLIP, FIRST_CLIP, REFRESH = 5.0, 15.0, 100, 8


@dataclass
class BankTag:
    """One tag of one unit in the bank."""

    resolution: float
    kin: int
    period_s: float
    scales_s: tuple[float, ...]
    """Those that are in use."""
    limit: float
    learn_s: float
    guard_s: float
    memory_s: float
    ready_s: float
    n_learned: int = 0
    mean: float = 0.0
    slow_change: float = 0.0
    """d"""
    fast_before: float = 0.0
    """g"""
    filters: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    """w"""
    spreads: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    """q sqrt(V) of each scale, once ready."""

    def __post_init__(self) -> None:
        self.stride = max(1, round(self.learn_s / self.period_s))
        self.step_s = self.stride * self.period_s
        self.memory = max(1.0, self.memory_s / self.step_s)
        self.ready = max(1.0, self.ready_s / self.step_s)
        self.lag = max(1, round(self.scales_s[0] / self.step_s))
        self.gains = [1.0 - math.exp(-self.period_s / tau) for tau in self.scales_s]
        self.floors = [max(self.resolution, 1e-12) ** 2 / 12.0 * a / (2.0 - a) for a in self.gains]
        self.guard = math.log(2.0) * self.step_s / self.guard_s
        self.filters = [0.0 for _ in self.scales_s]
        self.squares = [0.0 for _ in self.scales_s]
        self.spreads = [0.0 for _ in self.scales_s]

    def take(self, e: float) -> float:
        """Filters after one residual; returns its score."""
        if not is_good(e):
            return NAN
        for k, gain in enumerate(self.gains):
            a = max(gain, 1.0 / (self.n_learned * self.stride + 1.0))
            self.filters[k] += a * (e - self.mean - self.filters[k])
        if not self.bounds:
            return NAN
        return max(abs(f) / bound for f, bound in zip(self.filters, self.bounds, strict=True))

    def learn(self, e: float, n: int) -> None:
        """Spread, pace and mean after the ``n``-th scan that could be learned, from 1."""
        al = max(2.0 / (self.n_learned + 2.0), 1.0 / self.memory)
        if self.n_learned < FIRST_CLIP:
            c, guard, m = math.inf, math.inf, math.inf
        elif self.n_learned < self.ready:
            c, guard, m = CLIP * CLIP, math.inf, CLIP * al
        else:
            c, guard, m = CLIP * CLIP, self.guard, self.guard
        for k, f in enumerate(self.filters):
            w, v, floor = self.squares[k], self.spreads[k], self.floors[k]
            self.squares[k] = w + al * min(f * f - w, c * (w + floor))
            self.spreads[k] = min(self.squares[k], v + guard * (v + floor))
        u = self.spreads[0] + self.floors[0]
        if n % self.lag == 0:
            bl = max(2.0 / (self.n_learned / self.lag + 2.0), self.lag / self.memory)
            square = min((self.filters[0] - self.fast_before) ** 2, 4.0 * CLIP * CLIP * u)
            self.slow_change += bl * (square - self.slow_change)
        bound = m * math.sqrt(u)
        self.mean += max(-bound, min(al * (e - self.mean), bound))
        self.n_learned += 1

    @property
    def variances(self) -> list[float]:
        """V of each scale, before anything is borrowed."""
        return [v + floor for v, floor in zip(self.spreads, self.floors, strict=True)]

    @property
    def is_ready(self) -> bool:
        """Whether it may speak, and be borrowed from."""
        return self.n_learned >= self.ready

    def renew(self, kin: Sequence[BankTag]) -> None:
        """The limits, with what the kin that are ready lend; ``kin`` includes the tag itself."""
        V = self.variances
        correlation = min(max(1.0 - self.slow_change / (2.0 * V[0]), math.exp(-1.0)), 1.0 - 1e-6)
        T = -self.lag / math.log(correlation)
        self.bounds = []
        for k, tau in enumerate(self.scales_s):
            nu = max(min(self.n_learned, 2.0 * self.memory) / (2.0 * (T + tau / self.step_s)), 1.0)
            r = sum(math.log(tag.variances[k] / tag.variances[0]) for tag in kin) / len(kin)
            w = nu / (nu + KIN_FREEDOM)
            ln_v = w * math.log(V[k]) + (1.0 - w) * (math.log(V[0]) + r)
            self.bounds.append(student(self.limit, nu + KIN_FREEDOM) * math.exp(ln_v / 2.0))


def student(sigmas: float, nu: float) -> float:
    """The t whose transform is ``sigmas``, by bisection."""
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = 0.5 * (low + high)
        z = (8.0 * nu + 1.0) / (8.0 * nu + 3.0) * math.sqrt(nu * math.log1p(middle * middle / nu))
        low, high = (middle, high) if z < sigmas else (low, middle)
    return high


def bank(tags: Sequence[BankTag], series: Sequence[Row], where: Sequence[Sequence[bool]]) -> list[list[float]]:
    """Scores (scans, tags) of residuals (scans, tags); all units of the block in one row."""
    stride = tags[0].stride
    scores = []
    for t, (row, may) in enumerate(zip(series, where, strict=True), 1):
        scores.append([tag.take(e) for tag, e in zip(tags, row, strict=True)])
        if t % stride:
            continue
        n = t // stride
        for tag, e, learns in zip(tags, row, may, strict=True):
            if learns and is_good(e):
                tag.learn(e, n)
            if n % tag.lag == 0:
                tag.fast_before = tag.filters[0]
        if n % REFRESH == 0:
            ready = [tag for tag in tags if tag.is_ready]
            for tag in ready:
                tag.renew([other for other in ready if other.kin == tag.kin])
    return scores
