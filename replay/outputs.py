"""What a run leaves in files: its events as JSON lines, its scores as a table with one row for each row of the recording."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

import numpy as np

from connectors.wire import encode_warning
from detectors.events import DataQuality, EarlyWarning, Event, HealthScore, TagTrend
from detectors.health import health_index
from replay.clocks import time_text
from replay.player import Step
from replay.watching import JudgedRows
from stations.plant import Block


def write_events(out: TextIO, events: Iterable[Event]) -> None:
    """Early warnings and data-quality events, one JSON object a line, as on the topic ``warnings``."""
    for event in events:
        if isinstance(event, EarlyWarning | DataQuality):
            out.write(encode_warning(event).decode() + "\n")


class RowScores:
    """As `ScoreTable`, for blocks of rows of a recording that nobody described; ``warning`` is 1 while a tag is in warning."""

    def __init__(self, out: TextIO, block: Block) -> None:
        self._codes = np.array([block.tags[i].code for i in block.judged])
        self._units = block.units
        self._has_units = len(block.units) > 1
        self._csv = csv.writer(out, lineterminator="\n")
        self._names = ["time", *(["unit"] if self._has_units else []), "score", "health", "warning", "tag"]
        self._csv.writerow(self._names)
        self._next = 0

    def take(self, judged: JudgedRows) -> None:
        """Write the rows of one block, and one of empty cells for each that was left out before."""
        score = judged.score
        known = ~np.logical_and.reduce(np.isnan(score), axis=1)
        worst = np.nan_to_num(score, nan=-1.0).argmax(axis=1)
        most = np.where(known, score[np.arange(len(score)), worst], 0.0)
        health = health_index(most)
        warns = np.logical_or.reduce(judged.warning, axis=1)
        for i, seq in enumerate(judged.rows.seq.tolist()):
            self.skip_to(seq)
            self._next += 1
            named = [time_text(int(judged.rows.time_ns[i]))]
            if self._has_units:
                named.append(self._units[judged.rows.unit[i]])
            said = [f"{most[i]:.4f}", f"{health[i]:.2f}"] if known[i] else ["", ""]
            self._csv.writerow([*named, *said, int(warns[i]), self._codes[worst[i]] if known[i] else ""])

    def skip_to(self, row: int) -> None:
        """Write a row of empty cells for every row of the recording before ``row`` that could not be read."""
        self._csv.writerows([[""] * len(self._names)] * (row - self._next))
        self._next = row


class ScoreTable:
    """Writes ``time, score, health, warning, tag`` as CSV; ``unit`` comes second where the block has several.

    The score is the highest of all tags (1 = warning limit), ``tag`` the tag that has it, health belongs to it, ``warning`` is 1
    while an episode is open; empty where nothing can be said. A row of the recording that was left out is a row of empty cells:
    row n here is row n there (of a block of one unit). The monitor must give a `TagTrend` for every scan, so its tuning has a
    ``history_s`` below the period.
    """

    def __init__(self, out: TextIO, block: Block) -> None:
        self._codes = [block.tags[i].code for i in block.judged]
        self._units = block.units
        self._has_units = len(block.units) > 1
        self._csv = csv.writer(out, lineterminator="\n")
        self._names = ["time", *(["unit"] if self._has_units else []), "score", "health", "warning", "tag"]
        self._csv.writerow(self._names)
        self._next = 0

    def take(self, step: Step) -> None:
        """Write the rows of one scan."""
        self.skip_to(step.scan.seq)
        self._next += 1
        health = next((e for e in step.events if isinstance(e, HealthScore)), None)
        trend = next((e for e in step.events if isinstance(e, TagTrend)), None)
        for row, unit in enumerate(self._units):
            named = [time_text(step.scan.time_ns), *([unit] if self._has_units else [])]
            warns = int(health is not None and health.level[row].any())
            if trend is None or np.isnan(trend.score[row]).all():
                self._csv.writerow([*named, "", "", warns, ""])
                continue
            worst = int(np.nanargmax(trend.score[row]))
            score = float(trend.score[row, worst])
            index = float(health_index(np.array(score)))
            self._csv.writerow([*named, f"{score:.4f}", f"{index:.2f}", warns, self._codes[worst]])

    def skip_to(self, row: int) -> None:
        """Write a row of empty cells for every row of the recording before ``row`` that gave no scan."""
        if not self._has_units:
            self._csv.writerows([[""] * len(self._names)] * (row - self._next))
        self._next = row
