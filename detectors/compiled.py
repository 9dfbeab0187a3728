"""Plain loops, compiled on first use and kept on disk: for recursions that go on from row to row and so cannot be whole arrays.

Compiled code does each operation in the order in which it is written, so a recording judged in one block, in many or row by row
gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from detectors.base import Array

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """``function`` compiled by numba: arrays in, arrays out. Where nothing can be kept on disk it is compiled anew each time."""
    try:
        return cast(F, numba.njit(cache=True, error_model="numpy", nogil=True)(function))
    except RuntimeError:  # neither the package nor the home of the user can be written to
        return cast(F, numba.njit(error_model="numpy", nogil=True)(function))


def times(matrices: Array, vectors: Array) -> Array:
    """Products (t, u, n) of one matrix a unit (u, n, k) and vectors (t, u, k), each row the same bits whatever t is.

    Examples
    --------
    >>> times(np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[[1.0, 10.0]]])).tolist()
    [[[21.0, 43.0]]]
    """
    out = np.zeros((*vectors.shape[:2], matrices.shape[1]))
    _times(np.ascontiguousarray(np.swapaxes(matrices, 1, 2)), np.ascontiguousarray(vectors), out)
    return out


@compiled
def _times(columns: Array, vectors: Array, out: Array) -> None:
    for t in range(len(vectors)):
        for u in range(columns.shape[0]):
            into = out[t, u]
            for i in range(columns.shape[1]):
                share, column = vectors[t, u, i], columns[u, i]
                for j in range(len(into)):
                    into[j] += share * column[j]
