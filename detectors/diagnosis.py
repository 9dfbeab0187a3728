"""Which failure mode the leaning tags of a unit look like: the signatures of the catalogue as matched filters.

With the signed scores s of one unit and the weights w of one signature, both over the tags that can say,

    h   = max(w . s / w . w, 0)                         height that this mode would have
    u   = g(h w),  v = g(s)                             g(x) = sign(x) sqrt(max(|x| - `NOISE`, 0))
    fit = u . v / (|u| sqrt(|v_here|^2 + `ELSEWHERE` min(|v_elsewhere|^2, g(p)^2)))

where here are the tags of the component that warns and those that the signature names, elsewhere are all others, and p = max |s|
in the component that warns. The fit is 1 if everything leans as expected, and falls with tags that should lean and do not as with
those that lean and should not; what would lie in the noise at this height is not asked for. Another trouble elsewhere in the unit
costs something, but cannot hide this one, however large it is. The square root keeps a tag that leans by thirty limits, as
acetylene does, from drowning the rest.

Shares follow from the fits by a softmax of temperature `TEMPERATURE`, where "none of these" has the fit `NONE`. Several places of
one mode count together, and the place that fits best is named.

References: G. L. Turin, "An introduction to matched filters," IRE Transactions on Information Theory 6(3), 1960; J. Gertler,
"Fault Detection and Diagnosis in Engineering Systems," 1998 (signatures of structured and directional residuals).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.base import Array, Mask
from detectors.events import Likely
from stations.plant import Block, Signature

NOISE: Final = 0.3
"""A sound tag leans by so much of its limit on one of its scales, now and then [-]."""
ELSEWHERE: Final = 0.5
"""Most that everything unexplained in other components counts, against the tag that leads in the one that warns [-]."""
TEMPERATURE: Final = 0.06
"""Two modes whose fits differ by so much are told apart at e to 1 [-]."""
NONE: Final = 0.65
"""Fit of "none of these" [-]: of three tags that lean alike, a mode that names two has 0.8, one that names one 0.6."""
MOST: Final = 3
"""Modes that are named; control rooms ask for the top three."""
LEAST_SHARE: Final = 0.05
"""A mode less likely than that is not worth a line."""
TAKES_PART: Final = 0.1
"""Least weight of a tag for its component to take part in a mode."""
MOVES_WITH: Final = 0.8
"""A tag is expected to move with one that explains it if that one shows the mode with so much of its own weight."""
ALONE: Final = 0.2
"""A mode shows in one tag alone if no other has more of its weight."""
LEADS: Final = 0.8
"""A tag leads a mode if it has so much of the greatest weight."""


class Witness(NamedTuple):
    """What tags can tell by themselves of some modes.

    ``alone``: (n_judged, 2) bool, whether some mode shows in this tag alone, as too low and as too high. A tag that leans alone
    where no mode does is more likely to have a faulty sensor. ``second``: (n_judged, 2), of the modes that this tag leads, the
    least share of its lean that another tag shows [-]; inf where it leads none. While that share of it is within noise, the tag
    may well be the first to tell.
    """

    alone: Mask
    second: Array

    @classmethod
    def of(cls, weight: Array) -> Witness:
        """Of the modes in the rows of ``weight`` (n_signatures, n_judged)."""
        return cls(_lone_witness(weight), _second(weight))


class Diagnosis:
    """Names the likely failure modes of the units of one block. Holds nothing that changes.

    Parameters
    ----------
    columns : column in the scan of every judged tag, in the order of the scores.

    Attributes
    ----------
    witness : of all modes;  sudden : only of those that come at once or within minutes, and so may let a tag jump.
    named : (n_judged,) bool, whether any mode is known to show in this tag; of others nothing follows.
    """

    def __init__(self, block: Block, columns: list[int]) -> None:
        place = {block.tags[column].code: i for i, column in enumerate(columns)}
        self._signatures = block.signatures
        self._tag_component = np.array([block.tags[column].component for column in columns])
        self._weight = np.zeros((len(block.signatures), len(columns)))
        for row, signature in enumerate(block.signatures):
            for code, weight in signature.tags:
                if code in place:
                    self._weight[row, place[code]] = weight
        self._weight[_expected_with_others(self._weight, drives(block, columns))] = 0.0
        modes = list(dict.fromkeys(signature.mode for signature in block.signatures))
        self._of_mode = np.array([modes.index(signature.mode) for signature in block.signatures], dtype=np.intp)
        self._n_modes = len(modes)
        self.witness = Witness.of(self._weight)
        self.sudden = Witness.of(self._weight[np.array([one.is_sudden for one in block.signatures], dtype=bool)])
        self.named: Mask = (self._weight != 0.0).any(axis=0)

    def components(self, mode: str, place: str = "") -> frozenset[str]:
        """Components that take part in a mode, of one place or of all: warnings of one unit in these have one cause."""
        rows = [
            row
            for row, signature in enumerate(self._signatures)
            if signature.mode == mode and place in ("", signature.place)
        ]
        takes_part = (np.abs(self._weight[rows]) >= TAKES_PART).any(axis=0)
        return frozenset(self._tag_component[takes_part].tolist())

    def likely(self, score: Array, component: str = "") -> tuple[Likely, ...]:
        """The likely modes, most likely first; none if nothing fits.

        Parameters
        ----------
        score : (n_judged,) score of each tag of one unit, with the sign of its deviation [-]; NaN = cannot say.
        component : the one that warns: it must take part, and what leads in it is what has to be explained; "" = any.
        """
        share = self.shares(score, component)
        if not share.any():
            return ()
        of_mode = np.bincount(self._of_mode, weights=share, minlength=self._n_modes)
        order = np.argsort(-of_mode, kind="stable")[:MOST]
        found = []
        for number in order[of_mode[order] >= LEAST_SHARE]:
            best = int(np.where(self._of_mode == number, share, -1.0).argmax())
            found.append(_named(self._signatures[best], float(of_mode[number])))
        return tuple(found)

    def shares(self, score: Array, component: str = "") -> Array:
        """Share of each signature of the block [-], (n_signatures,); they sum to less than 1. See `likely` for the parameters."""
        fit = self.fit(score, component)
        raised = np.where(fit > 0.0, np.exp((fit - NONE) / TEMPERATURE), 0.0)
        shares: Array = raised / (1.0 + raised.sum())
        return shares

    def fit(self, score: Array, component: str = "") -> Array:
        """How well each signature fits [-], (n_signatures,): 1 = as expected, 0 or less = not at all."""
        known = ~np.isnan(score)
        leaning = _limited(np.where(known, score, 0.0))
        warns = known & (self._tag_component == component) if component else known
        peak = float(np.abs(np.where(warns, score, 0.0)).max(initial=0.0))
        if peak <= NOISE:
            return np.zeros(len(self._weight))
        weight = self._weight * known
        height = (weight @ np.where(known, score, 0.0)) / np.maximum((weight**2).sum(axis=1), 1e-300)
        expected = _limited(np.maximum(height, 0.0)[:, None] * weight)
        square = leaning**2
        named = self._weight != 0.0
        here, elsewhere = (((named | warns) * square).sum(axis=1), (~(named | warns) * square).sum(axis=1))
        length = here + ELSEWHERE * np.minimum(elsewhere, peak - NOISE)
        size = np.sqrt((expected**2).sum(axis=1) * length)
        takes_part = (warns & (np.abs(self._weight) >= TAKES_PART)).any(axis=1)
        fit: Array = np.where(takes_part & (size > 0.0), (expected @ leaning) / np.maximum(size, 1e-300), 0.0)
        return fit


def drives(block: Block, columns: list[int]) -> Mask:
    """(n_judged, n_judged) whether the first tag explains the second: a covariate of its model is made from it.

    Not as one of many in a mean, which hardly moves with it.
    """
    tags = [block.tags[column] for column in columns]
    sources = {covariate.code: () if covariate.others else covariate.tags for covariate in block.covariates}
    made_from = {model.code: {tag for code in model.covariates for tag in sources[code]} for model in block.models}
    matrix = [[one.code in made_from.get(other.model or "", ()) for other in tags] for one in tags]
    return np.array(matrix, dtype=bool).reshape(len(tags), len(tags))


def _expected_with_others(weight: Array, explains: Mask) -> Mask:
    """(n_signatures, n_tags) where a tag moves as another one lets expect, which moves itself: it does not lean.

    A gear bearing that is judged by its oil says nothing of a lost oil cooler.

    Examples
    --------
    >>> oil_explains_bearing = np.array([[False, True], [False, False]])
    >>> _expected_with_others(np.array([[1.0, 1.0], [0.6, 1.0]]), oil_explains_bearing).tolist()
    [[False, True], [False, False]]
    """
    size = np.abs(weight)
    strongest = (size[:, :, None] * explains).max(axis=1, initial=0.0)
    expected: Mask = (size > 0.0) & (strongest >= MOVES_WITH * size)
    return expected


def _lone_witness(weight: Array) -> Mask:
    """Tags that are alone in some row of ``weight`` (n_signatures, n_tags), as too low and as too high: (n_tags, 2).

    Examples
    --------
    >>> _lone_witness(np.array([[1.0, 0.1, 0.0], [0.0, -0.9, 0.3]])).tolist()
    [[False, True], [False, False], [False, False]]
    """
    witness = np.zeros((weight.shape[1], 2), dtype=bool)
    size = np.abs(weight)
    alone = (size > ALONE * size.max(axis=1, initial=0.0)[:, None]).sum(axis=1) == 1
    rows = np.flatnonzero(alone)
    lead = size[rows].argmax(axis=1) if len(rows) else rows
    witness[lead, (weight[rows, lead] > 0.0).astype(np.intp)] = True
    return witness


def _second(weight: Array) -> Array:
    """For the tags that lead a row of ``weight`` (n_signatures, n_tags), low and high: how much the next one shows; (n_tags, 2).

    Examples
    --------
    >>> _second(np.array([[1.0, 0.4, 0.0], [0.0, -0.9, 0.3]])).round(2).tolist()
    [[inf, 0.4], [0.33, inf], [inf, inf]]
    """
    second = np.full((weight.shape[1], 2), np.inf)
    for row in weight:
        size = np.abs(row)
        for lead in np.flatnonzero((size > 0.0) & (size >= LEADS * size.max(initial=0.0))):
            side = int(row[lead] > 0.0)
            second[lead, side] = min(second[lead, side], np.delete(size, lead).max(initial=0.0) / size[lead])
    return second


def _limited(x: Array) -> Array:
    """Scores without noise and with less weight for the extreme.

    Examples
    --------
    >>> _limited(np.array([0.2, -1.3, 9.3])).tolist()
    [0.0, -1.0, 3.0]
    """
    limited: Array = np.sign(x) * np.sqrt(np.maximum(np.abs(x) - NOISE, 0.0))
    return limited


def _named(signature: Signature, share: float) -> Likely:
    return Likely(
        mode=signature.mode,
        share=round(share, 3),
        name_zh=signature.name.zh,
        name_en=signature.name.en,
        check_zh=signature.check.zh,
        check_en=signature.check.en,
        place=signature.place,
    )
