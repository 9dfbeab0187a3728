"""The equations of detectors/novelty.py and visited.py once more, one number at a time; see `tests.detectors.naive`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.detectors.naive import NAN, is_good

BINS, JUMP, NOVEL, PRIOR = 512, 8.0, 0.004, 1e4
WEIGHTS = (1.0, 0.8, 0.3, 0.3)
FADES_FROM, FADES_BY, DOUBT, DOUBT_ROWS, HEEDS_FROM = 0.5, 2.0, 0.25, 1000.0, 0.5


@dataclass
class View:
    """Where one view of one tag has been."""

    least: float = math.inf
    most: float = -math.inf
    low: float = 0.0
    width: float = 0.0
    bins: set[int] = field(default_factory=set)
    novel: float = 0.0
    counted: float = 0.0

    def place(self, z: float) -> int:
        return min(max(math.floor((z - self.low) / self.width), 0), BINS - 1)

    def distance(self, z: float) -> float:
        """s"""
        if self.least > self.most:
            return 0.0
        if self.least == self.most:
            return JUMP if z != self.least else 0.0
        outside = max(z - self.most, self.least - z)
        if outside <= 0.0:
            outside = min(abs(self.place(z) - other) for other in self.bins) * self.width
        return min(outside / (self.most - self.least), JUMP)

    def visit(self, z: float) -> None:
        if self.least > self.most:
            self.least = self.most = z
            return
        span = self.most - self.least
        if span == 0.0:
            before = self.least
            self.least, self.most = min(before, z), max(before, z)
            if self.least < self.most:
                span = self.most - self.least
                self.width, self.low = 1.5 * span / BINS, self.least - 0.25 * span
                self.bins = {self.place(before), self.place(z)}
            return
        z = min(max(z, self.least - JUMP * span), self.most + JUMP * span)
        self.least, self.most = min(self.least, z), max(self.most, z)
        while not self.low <= z < self.low + BINS * self.width:
            shift = BINS // 2 if z < self.low else 0
            self.low -= BINS * self.width if shift else 0.0
            self.bins = {shift + other // 2 for other in self.bins}
            self.width *= 2.0
        self.bins.add(self.place(z))


@dataclass
class NoveltyTag:
    """One tag of one unit."""

    period_s: float
    ready_rows: float
    quiet_rows: float
    recent_rows: float
    memory_rows: float
    slow_rows: float
    limit: float = 0.02

    def __post_init__(self) -> None:
        self.views = [View() for _ in WEIGHTS]
        self.w = [0.0, 0.0, 0.0]
        self.p = [[PRIOR if i == j else 0.0 for j in range(3)] for i in range(3)]
        self.row, self.seen, self.learned = 0, 0, 0
        self.slow = [0.0, 0.0]
        self.peak, self.age, self.warned = 0.0, 0, 0.0

    def step(self, x: float, *, learns: bool) -> float:
        """Score of one row, which is then taken in."""
        turn = 2.0 * math.pi * self.row * self.period_s / 86_400.0
        self.row += 1
        if not is_good(x):
            return NAN
        f = [1.0, math.sin(turn), math.cos(turn)]
        e = x - sum(a * b for a, b in zip(f, self.w, strict=True))
        gain = max(1.0 / self.slow_rows, 1.0 / (self.seen + 1))
        self.seen += 1
        self.slow = [s + gain * (now - s) for s, now in zip(self.slow, (e, x), strict=True)]
        z = [x, e, *self.slow]
        s = [view.distance(value) for view, value in zip(self.views, z, strict=True)]
        r = max(
            weight * near * -math.log10((view.novel + 1.0) / (view.counted + 2.0)) / self.limit
            for weight, near, view in zip(WEIGHTS, s, self.views, strict=True)
        )
        self.age += 1
        is_ready = self.learned >= self.ready_rows
        said = self.said(r) if self.learned >= HEEDS_FROM * self.ready_rows else 0.0
        if learns:
            self.learn(f, e, z, s, counts=is_ready)
        return said if is_ready else NAN

    def said(self, r: float) -> float:
        """Score, heeded."""
        if self.age > FADES_BY * self.quiet_rows:
            self.peak = 0.0
        if r > self.peak:
            v, self.peak, self.age = r, r, 0
        else:
            v = r * min(max((self.age / self.quiet_rows - FADES_FROM) / (FADES_BY - FADES_FROM), 0.0), 1.0)
        score = v / (1.0 + DOUBT * self.warned)
        self.warned = (self.warned + min(score, 1.0)) * (1.0 - 1.0 / DOUBT_ROWS)
        return score

    def learn(self, f: list[float], e: float, z: list[float], s: list[float], *, counts: bool) -> None:
        for view, value, near in zip(self.views, z, s, strict=True):
            if counts:
                fade = 1.0 - 1.0 / self.recent_rows
                view.novel = view.novel * fade + (near > NOVEL)
                view.counted = view.counted * fade + 1.0
            view.visit(value)
        recall = 1.0 - 1.0 / self.memory_rows
        pf = [sum(self.p[i][j] * f[j] for j in range(3)) for i in range(3)]
        k = [a / (recall + sum(b * c for b, c in zip(f, pf, strict=True))) for a in pf]
        self.w = [a + b * e for a, b in zip(self.w, k, strict=True)]
        p = [[(self.p[i][j] - k[i] * pf[j]) / recall for j in range(3)] for i in range(3)]
        shrink = min(1.0, 3 * PRIOR / sum(p[i][i] for i in range(3)))
        self.p = [[shrink * value for value in row] for row in p]
        self.learned += 1
