"""One simulation under way: its random streams, its filter states and what happens in it, each by name."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stations.simulate.conditions import Conditions
from stations.simulate.signals import Array, autoregress, integrate, lag, ramp

KNOTS_PER_TAU, KNOTS_BLOCK, MEMORY_TAUS = 8, 256, 6
"""Regional noise: knots in one correlation time, knots drawn at once, correlation times after which the past is forgotten."""


class Run:
    """One simulation under way: its period [s], its random streams, its filter states and its conditions.

    Every stream has a generator of its own, seeded by (seed, station, name), and is drawn in the order of time: neither
    a new tag nor a fault elsewhere moves it. A name that begins with ``/`` belongs to the region: the same numbers at
    every station. A name serves once per stretch of time; ``advance`` begins the next stretch.
    """

    def __init__(self, seed: int, station: str, dt_s: float, conditions: Conditions | None = None) -> None:
        self.dt_s = dt_s
        self._seed = seed
        self._station = station
        self._conditions = conditions or Conditions({}, (), ())
        self._time_s: Array = np.zeros(0)
        self._generators: dict[str, np.random.Generator] = {}
        self._before: dict[str, Array] = {}
        self._after: dict[str, Array] = {}
        self._made: dict[str, Array] = {}

    def happens(self, conditions: Conditions) -> None:
        """Let these conditions be what happens from the next stretch on."""
        self._conditions = conditions

    def advance(self, time_s: Array) -> None:
        """Begin the stretch ``time_s`` (t,) [s since 1970]: filter states are those at the end of the stretch before."""
        self._time_s = time_s
        self._before, self._after, self._made = self._after, {}, {}

    def condition(self, name: str) -> Array:
        """What events did to a part: (t, u), or (t, u, k) for k like parts [as ``CONDITIONS`` says]; all zero = as new.

        It broadcasts: where nothing happens in this stretch it is (1, 1) or (1, 1, 1). A filter takes either form.
        """
        return self._conditions.at(name, self._time_s)

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator for this seed, station and name: the same numbers whenever it is asked for."""
        key = name if name.startswith("/") else f"{self._station}/{name}"
        return np.random.default_rng([self._seed, int.from_bytes(key.encode())])

    def spread(self, name: str, shape: tuple[int, ...]) -> Array:
        """Manufacturing spread: standard normal numbers [-], fixed for the whole run."""
        return self.generator(f"spread/{name}").standard_normal(shape)

    def white(self, name: str, shape: tuple[int, ...]) -> Array:
        """The next ``shape`` standard normal numbers of the stream of that name [-]."""
        if name not in self._generators:
            self._generators[name] = self.generator(name)
        return self._generators[name].standard_normal(shape)

    def ou(self, name: str, shape: tuple[int, ...], tau_s: float) -> Array:
        """Ornstein-Uhlenbeck process (t, ...) of unit variance and correlation time ``tau_s`` [s]."""

        def step(state: Array | None) -> tuple[Array, Array]:
            if state is None:
                state = math.exp(-self.dt_s / tau_s) * self.white(name, (1, *shape[1:]))
            return autoregress(self.white(name, shape), tau_s, self.dt_s, state)

        return self._carry(name, step)

    def regional(self, name: str, time_s: Array, tau_s: float) -> Array:
        """Noise of unit variance and correlation time ``tau_s`` [s] that depends on the date alone: (t, 1) [-].

        Wherever a simulation starts, however it is sampled and whichever stations take part, the same hour has the same
        weather. White knots are smoothed by an exponential memory and joined by straight lines.

        Examples
        --------
        >>> run = Run(7, "YXK", 600.0)
        >>> hours = np.arange(5e5, 5e5 + 1000) * 3600.0
        >>> whole = run.regional("/weather", hours, 86400.0)
        >>> bool(np.allclose(run.regional("/weather", hours[100:200], 86400.0), whole[100:200]))
        True
        """
        knot_s = tau_s / KNOTS_PER_TAU
        memory = MEMORY_TAUS * KNOTS_PER_TAU
        first, last = int(time_s.min() // knot_s), int(time_s.max() // knot_s) + 1
        blocks = range((first - memory) // KNOTS_BLOCK, last // KNOTS_BLOCK + 1)
        white = np.concatenate([self.generator(f"{name}/{i}").standard_normal(KNOTS_BLOCK) for i in blocks])
        fading = np.exp(-np.arange(memory) / KNOTS_PER_TAU)
        offset = first - blocks[0] * KNOTS_BLOCK - (memory - 1)
        window = white[offset : offset + last - first + memory]
        knots = np.convolve(window, fading / np.sqrt((fading**2).sum()), mode="valid")
        return np.interp(time_s, np.arange(first, last + 1) * knot_s, knots)[:, None]

    def ramp(self, name: str, target: Array, per_minute: float) -> Array:
        """``target`` (t, ...) [any] followed at no more than ``per_minute`` [as target]; it starts there."""

        def step(state: Array | None) -> tuple[Array, Array]:
            return ramp(self._over_time(target, state), per_minute * self.dt_s / 60.0, state)

        return self._carry(name, step)

    def lag(self, name: str, steady: Array, tau_s: float) -> Array:
        """``steady`` (t, ...) [any] after a first-order lag of ``tau_s`` [s]; it starts settled."""

        def step(state: Array | None) -> tuple[Array, Array]:
            given = self._over_time(steady, state)
            before = None if state is None else np.broadcast_to(state, (1, *given.shape[1:]))
            return lag(given, tau_s, self.dt_s, before)

        return self._carry(name, step)

    def integrate(self, name: str, rate: Array, start: Array) -> Array:
        """Integral of ``rate`` (t, ...) [x/s] from ``start`` (...) [x]."""

        def step(state: Array | None) -> tuple[Array, Array]:
            given = self._over_time(rate, state)
            return integrate(given, self.dt_s, start if state is None else state)

        return self._carry(name, step)

    def hold(self, name: str, values: Array, fresh: NDArray[np.bool_]) -> Array:
        """The last of ``values`` (t, ...) at which ``fresh`` (t,) was true: an instrument slower than the scan."""

        def step(state: Array | None) -> tuple[Array, Array]:
            rows = np.concatenate([values[:1] if state is None else state, values])
            latest = np.maximum.accumulate(np.where(fresh, np.arange(1, len(rows)), 0))
            held = rows[latest]
            return held, held[-1:]

        return self._carry(name, step)

    def once(self, name: str, make: Callable[[str], Array]) -> Array:
        """The signal ``name`` of this stretch of time, made at the first call: for what several sensors share."""
        if name not in self._made:
            self._made[name] = make(name)
        return self._made[name]

    def _over_time(self, values: Array, state: Array | None) -> Array:
        """``values``, which may be those of a condition that does not change (1, ...), at every time of the stretch."""
        like = np.shape(state)[-(values.ndim - 1) :] if state is not None and values.ndim > 1 else ()
        shape = np.broadcast_shapes(values.shape[1:], like)
        return np.broadcast_to(values, (len(self._time_s) if len(values) == 1 else len(values), *shape))

    def _carry(self, name: str, step: Callable[[Array | None], tuple[Array, Array]]) -> Array:
        if name in self._after:
            raise ValueError(f"signal name {name!r} is used twice")
        values, self._after[name] = step(self._before.get(name))
        return values
