"""What a worker tells of itself each minute: who was heard, how fast, what it could not read, how far it is behind.

These points are keyed by the time of the wall: they are about the worker, not about the plant, and a restart counts anew.
"""

from __future__ import annotations

from collections import Counter

from connectors.lines import escape

REPORT_S = 60.0
"""Time between two reports [s]."""


class Vitals:
    """Counts between two reports; ``now_s`` is the wall's [s since 1970-01-01 UTC].

    Examples
    --------
    >>> vitals = Vitals("w1", begun_s=0.0)
    >>> vitals.took("YXK", 5_000_000_000)
    >>> vitals.report(10.0, lag=3, uncovered_s=1.5)[0].splitlines()[0]
    'pipeline,station=YXK,worker=w1 scans_s=0.1,last_scan_ms=5000.0 10000'
    """

    def __init__(self, worker: str, *, begun_s: float) -> None:
        self._worker, self._begun_s = escape(worker), begun_s
        self._scans: Counter[str] = Counter()
        self._last_ns: dict[str, int] = {}
        self._dead = 0

    def took(self, station: str, time_ns: int) -> None:
        """A scan was judged."""
        self._scans[station] += 1
        self._last_ns[station] = time_ns

    def buried(self) -> None:
        """A message went to the dead letters."""
        self._dead += 1

    def report(self, now_s: float, *, lag: int, uncovered_s: float) -> tuple[str, int]:
        """Lines for each station heard since the last report, and one for the worker; counting begins anew.

        Parameters
        ----------
        lag : messages on the partitions of the worker that it has not taken yet.
        uncovered_s : age of the oldest scan that no checkpoint covers [s]: what a restart would compute again.
        """
        span_s, now_ms = max(now_s - self._begun_s, 1e-3), round(now_s * 1000.0)
        lines = [
            f"pipeline,station={escape(station)},worker={self._worker} scans_s={round(n / span_s, 4)},"
            f"last_scan_ms={float(self._last_ns[station] // 1_000_000)} {now_ms}\n"
            for station, n in self._scans.items()
        ]
        lines.append(
            f"pipeline,station=all,worker={self._worker} scans_s={round(self._scans.total() / span_s, 4)},"
            f"lag={float(lag)},dead_letters={float(self._dead)},uncovered_s={round(uncovered_s, 4)} {now_ms}\n"
        )
        self._begun_s, self._dead = now_s, 0
        self._scans.clear()
        return "".join(lines), len(lines)
