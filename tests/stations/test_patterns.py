"""Patterns expand to what they say, whatever the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.patterns import MAX_CODES, PatternError, expand, fill

LITERAL = st.text(alphabet="ABCKMT0123456789_", max_size=5)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """(first, last, step, width) of a range with at most eight numbers."""
    first, step = draw(st.integers(0, 200)), draw(st.integers(1, 20))
    last = first + step * draw(st.integers(0, 7)) + draw(st.integers(0, step - 1))
    return first, last, step, draw(st.integers(1, 4))


@given(st.lists(st.tuples(LITERAL, ranges()), max_size=3), LITERAL)
def test_round_trip(parts: list[tuple[str, tuple[int, int, int, int]]], tail: str) -> None:
    """From the indices alone, every code can be written again; none is missing, and their order counts up."""
    pattern = "".join(f"{text}{{{a:0{w}d}-{b}/{s}}}" for text, (a, b, s, w) in parts) + tail
    codes = expand(pattern)
    sizes = [len(range(a, b + 1, s)) for _, (a, b, s, _) in parts]
    total = 1
    for size in sizes:
        total *= size
    assert len(codes) == total
    assert [indices for _, indices in codes] == sorted({indices for _, indices in codes})
    for code, indices in codes:
        assert all(1 <= index <= size for index, size in zip(indices, sizes, strict=True))
        written = "".join(
            f"{text}{a + s * (i - 1):0{len(f'{a:0{w}d}')}d}"
            for (text, (a, _, s, w)), i in zip(parts, indices, strict=True)
        )
        assert code == written + tail


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_names_carry_the_indices(numbers: list[int]) -> None:
    text = " ".join(f"{{{place}}}" for place in range(1, len(numbers) + 1))
    assert fill(text, tuple(numbers)) == " ".join(str(number) for number in numbers)


@given(st.text(alphabet="AB{}-/|:0123456789", max_size=16))
def test_any_text_expands_or_says_why(pattern: str) -> None:
    try:
        codes = expand(pattern)
    except PatternError:
        return
    assert 1 <= len(codes) <= MAX_CODES
    assert not any("{" in code or "}" in code for code, _ in codes)


@pytest.mark.parametrize(
    "pattern", ["A{3-1}", "A{1-5/0}", "A{1-", "A}", "A{}", "A{1,2}", "A{1-100}B{1-100}", "A{0-99999999999}"]
)
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(PatternError):
        expand(pattern)


@pytest.mark.parametrize("text", ["{2}", "{0}", "{1:a|b}", "{1", "{x}", "}"])
def test_bad_names(text: str) -> None:
    with pytest.raises(PatternError):
        fill(text, (3,))
