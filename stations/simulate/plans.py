"""Plans drawn by date: when a unit starts, stops and changes its mode, known for any hour without a state.

A plan of one date is a fixed number of segments per unit, each a mode and the hour at which it begins; dates follow each other.
Where a segment has the mode of the one before, nothing changes: so a plan can leave a stop out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.simulate.run import Run
from stations.simulate.season import local_days
from stations.simulate.signals import DAY_S, HOUR_S, Array

Modes = NDArray[np.int64]

DAYS_BACK = 4
"""Dates looked at before the first: a mode that began earlier counts as begun then."""


class DayPlan(NamedTuple):
    """Segments of one date in the order of time: mode and first hour [h], (k, u), and what goes with it, (k, u, v)."""

    mode: Modes
    begin_h: Array
    values: Array


class Now(NamedTuple):
    """What the plan says, each (t, u): mode now and before, time since it began [s]; values (t, u, v) of this segment."""

    mode: Modes
    before: Modes
    since_s: Array
    values: Array


def follow(time_s: Array, day_begins_h: float, plan: Callable[[int], DayPlan]) -> Now:
    """The plans of the dates around ``time_s`` (t,) [s since 1970], put in a row.

    Parameters
    ----------
    day_begins_h : local hour at which one plan follows the other [h]; no segment begins before it, or a day after it.
    plan : the plan of a date, counted in local days since 1970.

    Examples
    --------
    >>> def day(n):
    ...     return DayPlan(np.array([[1], [0]]), np.array([[8.0], [20.0]]), np.zeros((2, 1, 0)))
    >>> now = follow(np.array([0.0, 1.5, 12.5]) * HOUR_S, 0.0, day)  # 8:00, 9:30 and 20:30 local time
    >>> now.mode[:, 0].tolist(), now.before[:, 0].tolist(), (now.since_s[:, 0] / HOUR_S).tolist()
    ([1, 1, 0], [0, 0, 1], [0.0, 1.5, 0.5])
    """
    days = local_days(time_s)
    date = np.floor(days - day_begins_h / 24).astype(np.int64)
    first = int(date[0]) - DAYS_BACK
    plans = [plan(n) for n in range(first, int(date[-1]) + 1)]
    mode, values = np.concatenate([p.mode for p in plans]), np.concatenate([p.values for p in plans])
    begin_h = np.stack([p.begin_h for p in plans])
    k = begin_h.shape[1]

    hour = ((days - date) * 24)[:, None, None]
    begun = (hour >= begin_h[date - first]).sum(axis=1)
    row = (date - first)[:, None] * k + begun - 1
    begin_s = (begin_h + 24.0 * np.arange(first, first + len(plans))[:, None, None]).reshape(mode.shape) * HOUR_S
    changed = np.concatenate([np.ones((1, mode.shape[1]), bool), mode[1:] != mode[:-1]])
    since = np.maximum.accumulate(np.where(changed, np.arange(len(mode))[:, None], 0), axis=0)
    origin = np.take_along_axis(since, row, axis=0)
    return Now(
        np.take_along_axis(mode, row, axis=0),
        np.take_along_axis(mode, np.maximum(origin - 1, 0), axis=0),
        days[:, None] * DAY_S - np.take_along_axis(begin_s, origin, axis=0),
        np.take_along_axis(values, row[..., None], axis=0),
    )


def hold_each(run: Run, name: str, values: Array, fresh: NDArray[np.bool_]) -> Array:
    """`Run.hold` of ``values`` (t, u) for units that each have their own ``fresh`` (t, u): a time of the last start."""
    columns = range(values.shape[1])
    return np.stack([run.hold(f"{name}/{i}", values[:, i], fresh[:, i]) for i in columns], axis=1)
