"""The recording of a real combined-cycle gas turbine, and the faults that are added to it.

Hourly, 2011-2015, no fault is labelled. References: H. Kaya, P. Tufekci, E. Uzun, Turk. J. Elec. Eng. & Comp. Sci. 27, 2019,
doi 10.3906/elk-1807-87.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from benchmarks.subject import Array, Recorded, data_folder

LEARN: Final = 7_411
"""Rows of 2011 [h]."""
ROWS: Final = 36_733
MEASURED: Final = ("AFDP", "GTEP", "TIT", "TAT", "CDP", "CO", "NOX")
EXPLAIN: Final = ("TEY", "AT", "AP", "AH")
"""Load [MWh], ambient temperature [degC], pressure [mbar], humidity [%]."""
RESIDUAL_SD: Final = np.array([0.2351, 0.2455, 1.0643, 1.0613, 0.0816, 0.404, 0.0567])
"""Residual sd of a robust fit on 2011, in the units of the recording; of the emissions in ln. Faults are multiples of them."""
SIZE_SD: Final = 6.0
FAULTS: Final = {"ramp_720h": (720, 48), "ramp_168h": (168, 48), "step_168h": (1, 168)}
"""Hours of development, hours held."""
CASES: Final = (65, 78, 78)
"""Cases of the three kinds with seed 1, from the first measurement with this protocol."""


class Injected(NamedTuple):
    """One added fault: column of its tag, first row, row after its last."""

    column: int
    begin: int
    end: int


def load(*, hinges: bool = False) -> Recorded:
    """The recording: seven tags, emissions in ln, and four covariates as they are, or as 14 piecewise-linear columns."""
    folder = data_folder("gas_turbine_emissions")
    tables, header = [], ""
    for year in range(2011, 2016):
        path = folder / f"gt_{year}.csv.gz"
        tables.append(np.loadtxt(path, delimiter=",", skiprows=1))
        header = str(np.loadtxt(path, dtype=str, max_rows=1))
    table, names = np.concatenate(tables), header.split(",")
    values = table[:, [names.index(tag) for tag in MEASURED]]
    values[:, -2:] = np.log(np.maximum(values[:, -2:], 0.05))
    explain = table[:, [names.index(tag) for tag in EXPLAIN]]
    return Recorded("recording", values, hinged(explain) if hinges else explain, LEARN, 3600.0, MEASURED)


def hinged(explain: Array, first: int = 1000) -> Array:
    """Load and ambient temperature bent at quantiles of the first rows, (t, 14) from (t, 4)."""
    load_, ambient = explain[:, 0], explain[:, 1]
    scaled = (explain - explain[:first].mean(axis=0)) / explain[:first].std(axis=0)
    at_load = np.quantile(load_[:first], [0.1, 0.3, 0.5, 0.7, 0.9])
    at_ambient = np.quantile(ambient[:first], [0.25, 0.5, 0.75])
    bent = np.maximum(0, load_[:, None] - at_load) / load_[:first].std()
    warm = np.maximum(0, ambient[:, None] - at_ambient) / 10
    one = np.ones((len(explain), 1))
    return np.hstack([one, scaled[:, :1], bent, scaled[:, 1:2], warm, scaled[:, 2:], scaled[:, :1] * scaled[:, 1:2]])


def inject(recorded: Recorded, hours: int, held: int, seed: int) -> tuple[Recorded, list[Injected]]:
    """The recording with faults added one after another to each tag after the learn part, and where they are."""
    chance = np.random.default_rng(seed)
    values, cases = recorded.values.copy(), []
    shape = np.concatenate([np.linspace(0, 1, hours), np.ones(held)]) if hours > 1 else np.ones(held)
    for column in range(values.shape[1]):
        begin = recorded.learn + 200 + int(chance.integers(0, 1500))
        while begin + hours + held < len(values) - 100:
            sign, end = chance.choice([-1, 1]), begin + len(shape)
            values[begin:end, column] += sign * SIZE_SD * RESIDUAL_SD[column] * shape
            cases.append(Injected(column, begin, end))
            begin = end + 2000 + int(chance.integers(0, 800))
    return recorded._replace(values=values), cases


def check(recorded: Recorded) -> None:
    """Rows, learn part and number of cases against the first measurement; SystemExit if they are not what they were."""
    cases = tuple(len(inject(recorded, hours, held, 1)[1]) for hours, held in FAULTS.values())
    if (len(recorded.values), cases) != (ROWS, CASES):
        raise SystemExit(f"{len(recorded.values)} rows and {cases} cases instead of {ROWS} and {CASES}")
