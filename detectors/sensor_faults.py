"""Which readings lie: a sensor at fault is named, is not judged while it lies, and never blamed on the machine.

The machine and its sensor part in one thing: what a machine does, several sensors feel. A tag that leaves what is expected of it
is its sensor's doing if it does so *alone*, its companions being within noise for a while, and one of these holds

    stuck       it repeats itself as it never did (`detectors.stuck`)
    spikes      it jumps and is back within three scans (`detectors.jumps`); those scans are not judged
    unit        it is where another unit of measurement would put it: 10, 100, 1000 times, or 1.8 x + 32
    swap        it reads what another tag should, and that one what this should
    step        it jumped within one scan and stood still since, as nothing with a heat capacity can, nor what takes days
    drift       no failure mode is known to show in this tag alone, on this side, or first, while others are within noise

It is not judged from then on, but only told of once it has lasted for `TELL_S`: what wanders off and comes back is no work for
anybody. Companions are the tags of the same component or redundancy group; not those that are judged *by* this one, for their
expectations lie with it. If companions do move later, the doubt is withdrawn and the machine is judged. A sensor is sound again
when its residual is back where it was; if it never comes back, what it reads is normal after `Tuning.max_freeze_s`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.base import Array, Covariates, Mask, Values
from detectors.diagnosis import Diagnosis
from detectors.jumps import SPIKE, Jumps
from detectors.misread import CLEAR_SPREADS, misread
from detectors.normal_behaviour import BURN_IN, LOG_RESOLUTION, Judgement, NormalBehaviour
from detectors.stuck import Stuck
from detectors.tuning import DAY_S, HOUR_S, Tuning
from detectors.witnesses import companions, lone_witnesses
from stations.plant import Block

SOUND, STUCK, SPIKES, STEP, DRIFT, UNIT, SWAP = range(7)
"""Kinds of faults; what is worse has no larger number."""
KINDS = ("sound", "stuck", "spikes", "step", "drift", "unit", "swap")

ASK_SCORE = 0.8
"""A tag that stands out so far may be its sensor; asked before the warning limit, so that the answer comes in time."""
NOISE_SCORE = 0.4
"""Companions that stand out less do not."""
SHARE_OF_STEP = 0.05
"""Nor does, beside a step of so many limits, what stands out by a smaller share of it [-]."""
COMPANY = 0.1
"""Share of the companions, at least one, that have to: of fifty-four bars some always stand out by chance."""
JOIN_SCORE = 0.75
"""Companions that stand out more did move after all; those that should stand out less may yet come."""
ALONE, JOIN, BACK_AGAIN = 1.0 / 3.0, 0.5, 0.5
"""For how long to be alone, to be joined, to be back, before it counts [share of the scans after which an episode opens]."""
LEAST_SCANS = 2.0
"""But never in one scan."""
BACK = 0.4
"""Share of the deviation at which a sensor is back."""
QUIET_S = DAY_S
"""A sensor has spikes until there were none for so long; a message for each would be a dozen a day."""
TELL_S = np.array([0.0, 0.0, 0.0, 4.0, 24.0, 0.0, 4.0]) * HOUR_S
"""How long a fault of each kind has to last before it is told of."""
RATE_K_PER_MIN = 3.0
"""No metal warms or cools faster; between two scans that lie far apart it may have come a long way."""
FRESH_S = DAY_S / 2.0
"""Time after a step in which it is told from a drift."""
GROWS, CREEPS = 1.25, 3.0
"""What drifts has grown to so many times its size by then, or has not come back in so many times as long."""
SHARP = 0.4
"""Share by which a step and the deviation may differ."""


class Change(NamedTuple):
    """A change of the record: which sensor, by row (-1 = one instrument of all units) and column of the block, what, and how.

    ``transition`` is ``opened``, ``returned``, ``withdrawn`` (others moved too) or ``accepted`` (it is normal from now on).
    ``other`` is the column of the tag it was exchanged with, -1 = none.
    """

    unit: int
    tag: int
    kind: int
    transition: str
    other: int = -1


class SensorFaults:
    """The sensors of one block that are at fault; arrays (n_units, n_tags) over all tags, (n_units, n_judged) over the judged.

    Parameters
    ----------
    columns : column in the scan of every judged tag.
    diagnosis : of the same tags; it knows in which of them a failure mode shows alone.
    """

    def __init__(self, block: Block, columns: list[int], tuning: Tuning, diagnosis: Diagnosis) -> None:
        tags = [block.tags[column] for column in columns]
        n_units, shape = len(block.units), (len(block.units), len(columns))
        self._columns = np.array(columns, dtype=np.intp)
        # By whether the tag jumped: of slow modes and sudden ones, or of sudden ones only.
        told = (diagnosis.witness, diagnosis.sudden)
        self._lone = np.array([lone_witnesses(block, columns, diagnosis, one) for one in told])
        self._second = np.array([one.second for one in told])
        # What is read once in many scans has jumps of its own.
        self._rare = np.array([tag.period_s > block.period_s for tag in tags], dtype=bool)
        self._lone[1, self._rare], self._second[1, self._rare] = self._lone[0, self._rare], self._second[0, self._rare]
        self._companions = companions(block, columns).astype(np.float64)
        self._company = np.maximum(1.0, COMPANY * self._companions.sum(axis=1))
        self._thermal = np.array([tag.uom == "degC" for tag in tags])
        uoms = np.array([tag.uom for tag in tags])
        self._alike: Mask = (uoms[:, None] == uoms) & ~np.eye(len(tags), dtype=bool)
        self._shared = np.array([tag.shared for tag in block.tags])
        self._made_from = np.zeros((len(block.tags), len(block.covariates)))
        for column, covariate in enumerate(block.covariates):
            # The mean of several tags is known as long as one of them is.
            needed = covariate.tags if not covariate.others else covariate.tags[len(covariate.others) + 1 :]
            self._made_from[[block.tag_index[code] for code in needed], column] = 1.0
        warm = BURN_IN * tuning.warm_up(block.period_s) / block.period_s
        resolution = np.array([LOG_RESOLUTION if tag.log else tag.resolution for tag in tags])
        self._most_step = RATE_K_PER_MIN / 60.0 * block.period_s
        self._on_scans, self._limit = float(tuning.on_scans), tuning.limit
        self._alone_scans, self._join_scans, self._back_scans = (
            max(LEAST_SCANS, share * tuning.on_scans) for share in (ALONE, JOIN, BACK_AGAIN)
        )
        fresh = max(FRESH_S / block.period_s, 4.0 * self._alone_scans)
        self._jumps = Jumps(resolution, n_units=n_units, warm_scans=warm, fresh_scans=fresh)
        low, high = (np.array([getattr(tag, end) for tag in block.tags]) for end in ("low", "high"))
        self._stuck = Stuck(low, high, self._columns, n_units=n_units, warm_scans=warm)
        self._patience_ns = round(tuning.max_freeze_s * 1e9)
        self._kind = np.zeros(block.shape)
        self._since_ns = np.zeros(block.shape, dtype=np.int64)
        self._shift, self._base, self._alone, self._joined, self._back = (np.zeros(shape) for _ in range(5))
        self._cleared, self._over, self._expected = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
        self._other = np.full(block.shape, -1, dtype=np.int64)
        self._record = np.zeros(block.shape)
        self._derive()

    def _derive(self) -> None:
        """What follows from the kinds."""
        self._held: Mask = (self._kind != SOUND) & (self._kind != SPIKES)
        self.busy = bool(self._kind.any())
        """Whether any sensor is at fault."""
        self._asked = bool(self._alone.any() or self._cleared.any() or self._over.any() or self._jumps.size.any())

    def sound(self, values: Values) -> Values:
        """Values (n_units, n_tags) without those of sensors that lie."""
        if not self.busy:
            return values
        return np.where(self._held, np.nan, values)

    def known(self, f: Covariates, bad: Mask) -> Covariates:
        """Covariates (n_units, n_covariates), unknown where their source is at fault or ``bad`` (n_units, n_tags).

        A lag would go on telling of a river or a load that nobody has measured for days.
        """
        if not (self.busy or bad.any()):
            return f
        return np.where((self._held | bad) @ self._made_from > 0.0, np.nan, f)

    def doubted(
        self, values: Values, residual: Array, silent: Mask, judgement: Judgement, *, resumes: bool
    ) -> Mask | None:
        """Look at the readings of one scan; which of the judged ones are not believed yet, None = all are.

        Parameters
        ----------
        values, residual : of all readings, those of sensors that lie included.   silent : judged tags of what does not run.
        """
        expected = judgement.expected
        with_load = np.abs(expected - self._expected) / judgement.spread
        self._expected[:] = expected
        self._any_stuck = self._stuck.step(values, silent, expected, self._jumps.variance)
        self._jumped = self._jumps.step(residual, with_load, resumes=resumes)
        return None if self._jumped is None else self._jumped[0]

    def forget(self, where: Mask) -> None:
        """Begin anew with the judged tags at ``where`` (n_units, n_judged): people work on them, whatever they read."""
        self._kind[:, self._columns] = np.where(where, SOUND, self._kind[:, self._columns])
        self._jumps.forget(where)
        for counter in (self._alone, self._joined, self._back, self._cleared, self._over):
            counter[where] = 0.0
        self._derive()

    def decide(
        self, time_ns: int, values: Values, judgement: Judgement, behaviour: NormalBehaviour
    ) -> Iterator[Change]:
        """What changes in the record by this scan. The scores of what is at fault become NaN: they cannot say."""
        suspicious = self._jumped is not None or self._any_stuck or self.busy or self._asked
        if not (suspicious or (judgement.score[: len(values)] >= ASK_SCORE).any()):
            return iter(())
        return iter(self._decide(time_ns, values, judgement, behaviour))

    def _decide(self, time_ns: int, values: Values, judgement: Judgement, behaviour: NormalBehaviour) -> list[Change]:
        before = self._kind.copy()
        how: dict[tuple[int, int], str] = {}
        lean = behaviour.lean(judgement)
        score = judgement.score[: len(values)]
        lean[np.isnan(score)] = np.nan
        lean = np.nan_to_num(lean)
        away = np.abs(lean)
        self._spikes(time_ns)
        self._repeat(time_ns)
        if self._held.any():
            self._watch(time_ns, values, away, behaviour, how)
        self._accuse(time_ns, values, lean, score, judgement, behaviour)
        if (self._kind != before).any():
            self._derive()
            self._settle(before, judgement, behaviour)
        lies = self._held[:, self._columns]
        for array in (score, judgement.judged, judgement.residual):
            array[lies] = np.nan  # not to be learned either
        self._asked = bool(self._alone.any() or self._cleared.any() or self._over.any() or self._jumps.size.any())
        lasted_ns = time_ns - self._since_ns
        told = (self._kind != SOUND) & (lasted_ns >= TELL_S[self._kind.astype(np.intp)] * 1e9)
        told |= self._kind == SPIKES
        told &= self._sure(behaviour, lasted_ns)
        record = np.where(told, self._kind, SOUND)
        if not (record != self._record).any():
            return []
        before, self._record = self._record, record
        return list(self._changes(before, how))

    def _spikes(self, time_ns: int) -> None:
        if self._jumped is not None:
            unit, tag = np.nonzero(self._jumped[1] == SPIKE)
            column = self._columns[tag]
            sound = self._kind[unit, column] == SOUND
            self._kind[unit[sound], column[sound]] = SPIKES
            self._since_ns[unit, column] = np.where(
                self._kind[unit, column] == SPIKES, time_ns, self._since_ns[unit, column]
            )
        over = (self._kind == SPIKES) & (time_ns - self._since_ns > QUIET_S * 1e9)
        self._kind[over] = SOUND

    def _repeat(self, time_ns: int) -> None:
        now = self._stuck.now
        begins = now & (self._kind != STUCK)
        self._kind[begins], self._since_ns[begins] = STUCK, time_ns
        self._kind[~now & (self._kind == STUCK)] = SOUND

    def _watch(
        self, time_ns: int, values: Values, away: Array, behaviour: NormalBehaviour, how: dict[tuple[int, int], str]
    ) -> None:
        """Sensors that are back, that others have joined, or that have lied for so long that it is the truth."""
        kind = self._kind[:, self._columns]
        held = kind > SPIKES
        deviation = self._jumps.level - behaviour.usual
        known = held & ~np.isnan(values[:, self._columns])
        least = np.minimum(np.abs(deviation), np.abs(self._jumps.level - self._base))
        # Another unit of measurement, or another tag, may come near by chance: how far off they are changes with the load.
        fits = np.abs(deviation) < CLEAR_SPREADS / 2.0 * np.sqrt(self._jumps.variance)
        exchanged = (kind == UNIT) | (kind == SWAP)
        near = np.where(exchanged, fits, least < BACK * np.abs(self._shift))
        self._back = np.where(known, (self._back + 1.0) * near, self._back * held)
        joins = (away > JOIN_SCORE) @ self._companions.T >= self._company
        self._joined = np.where(known & ~exchanged, (self._joined + 1.0) * joins, 0.0)
        old = held & (time_ns - self._since_ns[:, self._columns] > self._patience_ns)
        for which, word in (
            (self._back >= self._back_scans, "returned"),
            (self._joined >= self._join_scans, "withdrawn"),
            (old, "accepted"),
        ):
            for unit, i in np.argwhere(which & held):
                at = int(unit), int(self._columns[i])
                if at in how:
                    continue
                how[at] = word
                self._kind[at] = SOUND
                self._back[unit, i] = self._joined[unit, i] = self._jumps.size[unit, i] = 0.0
                self._cleared[unit, i] = word == "withdrawn"
        if old.any():
            behaviour.relearn(old)

    def _accuse(
        self,
        time_ns: int,
        values: Values,
        lean: Array,
        score: Array,
        judgement: Judgement,
        behaviour: NormalBehaviour,
    ) -> None:
        away = np.abs(lean)
        free = ~self._held[:, self._columns]
        size = self._jumps.size
        stepped, jumps = size != 0.0, self._jumps.scans > 0.0
        asks = ((score >= ASK_SCORE) | ((stepped | jumps) & ~np.isnan(values[:, self._columns]))) & free
        # What has been warned of as the machine stays the machine's until it is over: no to and fro.
        self._over = np.where(np.isnan(score), self._over, (self._over + 1.0) * (score >= 1.0))
        self._cleared = np.where(free & (self._over >= self._on_scans), 1.0, self._cleared * (away >= 0.5))
        if not asks.any():
            self._alone *= np.isnan(score) & free
            return
        # A sensor that was told of counts as well: two of one part at fault at once are rather the part.
        record = self._record[:, self._columns]
        moves = np.where((record == STEP) | (record == DRIFT), np.inf, away * free)
        alone = self._alone_of(asks, moves)
        unit, exchanged = misread(asks, judgement, behaviour, self._jumps, self._alike, self._thermal)
        still = np.isnan(score) & ~stepped & ~jumps
        self._alone = np.where(still, self._alone, (self._alone + 1.0) * (alone | (exchanged >= 0)))
        # What stands out by a step is soon an episode; it was looked at while it was doubted.
        sure = (self._alone >= np.where(stepped, LEAST_SCANS, self._alone_scans)) & asks & ~jumps
        if not sure.any():
            return
        base = np.where(stepped, self._jumps.origin, behaviour.usual)
        deviation = self._jumps.level - base
        # What differs after a standstill has to last and to grow, as a drift does: a machine seldom starts where it stopped.
        sharp = stepped & (self._jumps.sharp > 0.0) & (self._jumps.carried == 0.0)
        sharp &= np.abs(deviation - size) <= SHARP * np.abs(size)
        # To which side it drifts is what it did of late; the level of this hour may lie on the other.
        is_up = np.where(stepped, deviation, lean) > 0.0
        of = sharp.astype(np.intp), np.arange(deviation.shape[1]), is_up.astype(np.intp)
        # What leads a failure is the first to tell of it: its company comes when its share has grown out of the noise.
        witness = self._lone[of] | (away < JOIN_SCORE / np.maximum(self._second[of], 1e-9))
        outstanding = sharp | (score >= ASK_SCORE)
        inert = sharp & self._thermal & (np.abs(size) > self._most_step)
        kind = np.where(sharp, STEP, DRIFT)
        kind[~inert & (witness | (self._cleared > 0.0))] = SOUND
        kind[exchanged >= 0] = SWAP
        # Which has to fit better; and what was warned of came to ten times its value, it did not begin there.
        kind[unit & ~(self._rare & witness) & (self._cleared == 0.0)] = UNIT
        kind[~outstanding] = SOUND
        for u, i in np.argwhere(sure & (kind != SOUND)):
            at = int(u), int(self._columns[i])
            self._kind[at], self._since_ns[at] = kind[u, i], time_ns
            self._shift[u, i], self._base[u, i] = deviation[u, i], base[u, i]
            self._alone[u, i] = 0.0
            self._other[at] = self._columns[exchanged[u, i]] if kind[u, i] == SWAP else -1

    def _alone_of(self, asks: Mask, moves: Array) -> Mask:
        """Which of the tags that ask have no company, by how far each tag moves (n_units, n_judged) [-]."""
        unit, tag = np.nonzero(asks)
        least = np.maximum(NOISE_SCORE, SHARE_OF_STEP * np.abs(self._jumps.height[unit, tag]) / self._limit)
        company = ((moves[unit] > least[:, None]) * self._companions[tag]).sum(axis=1)
        alone = np.zeros_like(asks)
        alone[unit, tag] = company < self._company[tag]
        return alone

    def _settle(self, before: Array, judgement: Judgement, behaviour: NormalBehaviour) -> None:
        """What was held is judged afresh; not so what is withdrawn, for that stood out in earnest."""
        ended = (before[:, self._columns] > SPIKES) | (before[:, self._columns] == STUCK)
        ended &= ~self._held[:, self._columns] & (self._cleared == 0.0)
        if ended.any():
            behaviour.forget(judgement, ended)

    def _sure(self, behaviour: NormalBehaviour, lasted_ns: NDArray[np.int64]) -> Mask:
        """Which faults may be told of: of those that drift, what has grown since."""
        sure: Mask = (self._kind != DRIFT) | (self._record != SOUND) | (lasted_ns > CREEPS * TELL_S[DRIFT] * 1e9)
        grown = np.abs(self._jumps.level - behaviour.usual) >= GROWS * np.abs(self._shift)
        sure[:, self._columns] |= grown
        return sure

    def _changes(self, before: Array, how: dict[tuple[int, int], str]) -> Iterator[Change]:
        """From the record ``before`` to that of now."""
        now = self._record
        for unit, tag in np.argwhere(now != before).tolist():
            row = unit
            if self._shared[tag]:
                # One instrument: the first unit that notices speaks for all, the last one takes it back.
                if (before[:, tag].any() and now[:, tag].any()) or unit != np.flatnonzero(
                    now[:, tag] != before[:, tag]
                )[0]:
                    continue
                row = -1
            if before[unit, tag] != SOUND:
                yield Change(row, tag, int(before[unit, tag]), how.get((unit, tag), "returned"))
            if now[unit, tag] != SOUND:
                yield Change(row, tag, int(now[unit, tag]), "opened", int(self._other[unit, tag]))

    def _own(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        return {
            "kind": self._kind,
            "since_ns": self._since_ns,
            "shift": self._shift,
            "base": self._base,
            "alone": self._alone,
            "joined": self._joined,
            "back": self._back,
            "cleared": self._cleared,
            "over": self._over,
            "expected": self._expected,
            "other": self._other,
            "record": self._record,
        }

    def snapshot(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """The state; arrays are copies."""
        state = {name: array.copy() for name, array in self._own().items()}
        state |= {f"jumps.{name}": array for name, array in self._jumps.snapshot().items()}
        return state | {f"stuck.{name}": array for name, array in self._stuck.snapshot().items()}

    def restore(self, state: dict[str, NDArray[np.float64] | NDArray[np.int64]]) -> None:
        """The inverse of `snapshot`, to the bit."""
        for name, array in self._own().items():
            array[:] = state[name]
        for part, prefix in ((self._jumps, "jumps."), (self._stuck, "stuck.")):
            own = {n.removeprefix(prefix): a.astype(np.float64) for n, a in state.items() if n.startswith(prefix)}
            part.restore(own)
        self._derive()
