"""One line of a template for many tags: number ranges in codes, and their indices in names.

``MAD{01-09}CY{101-102}`` stands for 18 codes; ``{10-60/10}`` counts in steps. In a name ``{1}`` is the place (1, 2,
...) within the first range of the code, ``{2}`` within the second; ``{2:X|Y}`` picks a word by it.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

MAX_CODES: Final = 1000
"""Codes one pattern may stand for; more is a typing error, not a plant."""

_RANGE = re.compile(r"\{(\d+)-(\d+)(?:/(\d+))?\}")
_INDEX = re.compile(r"\{(\d)(?::([^{}]*))?\}")


class PatternError(ValueError):
    """A pattern that cannot be expanded; the text says why."""


def expand(pattern: str) -> list[tuple[str, tuple[int, ...]]]:
    """All codes of a pattern with their indices, counted from 1; the last range runs fastest.

    Numbers keep the width of the first one, so ``{01-10}`` gives 01 ... 10.

    Raises
    ------
    PatternError : if braces hold no range, a range is empty, or there are more than ``MAX_CODES`` codes.

    Examples
    --------
    >>> expand("HFC{10-20/10}CT{101-102}")
    [('HFC10CT101', (1, 1)), ('HFC10CT102', (1, 2)), ('HFC20CT101', (2, 1)), ('HFC20CT102', (2, 2))]
    >>> expand("MKA10CE101")
    [('MKA10CE101', ())]
    """
    literals, ranges, end, total = [], [], 0, 1
    for match in _RANGE.finditer(pattern):
        literals.append(pattern[end : match.start()])
        end = match.end()
        first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
        if first > last or step == 0:
            raise PatternError(f"range {match[0]} is empty")
        numbers = range(first, last + 1, step)
        total *= len(numbers)
        if total > MAX_CODES:
            raise PatternError(f"more than {MAX_CODES} codes")
        ranges.append([f"{number:0{len(match[1])}d}" for number in numbers])
    tail = pattern[end:]
    if any(brace in part for part in (*literals, tail) for brace in "{}"):
        raise PatternError("braces that hold no range such as {101-104} or {10-60/10}")
    codes = []
    for choice in product(*(list(enumerate(texts, 1)) for texts in ranges)):
        code = "".join(literal + text for literal, (_, text) in zip(literals, choice, strict=True)) + tail
        codes.append((code, tuple(index for index, _ in choice)))
    return codes


def fill(text: str, indices: tuple[int, ...]) -> str:
    """Put the indices of one expanded code into a name, component or group.

    Raises
    ------
    PatternError : if the code has no such range, or fewer words are given than the range has numbers.

    Examples
    --------
    >>> fill("轴承{1} {2:X|Y}向轴振", (3, 2))
    '轴承3 Y向轴振'
    """

    def word(match: re.Match[str]) -> str:
        place = int(match[1])
        if not 1 <= place <= len(indices):
            raise PatternError(f"{match[0]} but the code has {len(indices)} ranges")
        index = indices[place - 1]
        if match[2] is None:
            return str(index)
        words = match[2].split("|")
        if index > len(words):
            raise PatternError(f"{match[0]} has no word for number {index}")
        return words[index - 1]

    filled = _INDEX.sub(word, text)
    if "{" in filled or "}" in filled:
        raise PatternError("braces that hold no index such as {1} or {1:X|Y}")
    return filled
