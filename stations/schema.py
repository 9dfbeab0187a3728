"""Strict reading of TOML tables into dataclasses. Every problem is collected, and each is one line to act on.

The dataclass is the schema: field names are the keys, annotations the types, defaults make a key optional.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

VALUE_CHARS_MAX: Final = 60
"""A longer value is cut in a message: the line must stay one line on a screen."""
NUMBER_MAX: Final = 1e15
"""Numbers beyond it are typing errors; it also keeps every product of two numbers of a file finite."""
TOML_MOST_BYTES: Final = 1 << 20
"""Size of a TOML file: thirty times the longest template. It is read whole, so a device or a recording must not be."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one file.

    Parameters
    ----------
    file : name of the file.   key : key path in it, e.g. ``tags[3].colour``.   value : what was found there.
    expected : what would be right.   nearest : the valid name that looks most like what was found; None = nothing does.

    Examples
    --------
    >>> print(Problem("hydro.toml", "tags[3].colour", "unknown key", "one of code, name", "code"))
    hydro.toml: tags[3].colour: unknown key; expected one of code, name; nearest: "code"
    """

    file: str
    key: str
    value: str
    expected: str
    nearest: str | None = None

    def __str__(self) -> str:
        line = f"{self.file}: {self.key}: {self.value}; expected {self.expected}"
        line = line if self.nearest is None else f'{line}; nearest: "{self.nearest}"'
        return "".join(char if char.isprintable() else "?" for char in line)  # a quoted key may hold a line break


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The valid name most like ``name``, whatever the case; None if none is close.

    Examples
    --------
    >>> nearest("colour", ["code", "name"]), nearest("DEGC", ["degC", "K"]), nearest("xyz", ["code"])
    ('code', 'degC', None)
    """
    folded = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.4)
    return folded[close[0]] if close else None


def show(value: object) -> str:
    """A value for a message: one line, at most ``VALUE_CHARS_MAX`` characters.

    Examples
    --------
    >>> show(700.0), show("a\\nb"), show(True)
    ('700', '"a\\\\nb"', 'true')
    """
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, float):
        text = f"{value:.10g}"
    elif isinstance(value, str):
        text = '"' + value.encode("unicode_escape").decode() + '"' if not value.isprintable() else f'"{value}"'
    else:
        text = repr(value)
    return text if len(text) <= VALUE_CHARS_MAX else text[: VALUE_CHARS_MAX - 3] + "..."


def read_toml(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """The document of a TOML file; None, and a problem, if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(TOML_MOST_BYTES + 1)
        if len(data) > TOML_MOST_BYTES:
            problems.append(Problem(path.name, "file", "too large", f"at most {TOML_MOST_BYTES} bytes"))
            return None
        return tomllib.loads(data.decode())
    except tomllib.TOMLDecodeError as error:
        text, _, where = str(error).removesuffix(")").rpartition(" (at ")
        problems.append(Problem(path.name, where or "file", text or str(error), "valid TOML"))
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, f"byte {error.start}", "is not UTF-8", "a text file in UTF-8"))
    except (ValueError, RecursionError) as error:  # Python's own bounds: digits of a number, depth of an array
        problems.append(Problem(path.name, "file", str(error), "valid TOML"))
    except OSError as error:
        problems.append(Problem(path.name, "file", (error.strerror or "cannot be read").lower(), f"a file at {path}"))
    return None


class LostError(Exception):
    """A value could not be read; its problem is already on the list."""


def read(cls: type[T], raw: object, file: str, problems: list[Problem], key: str = "") -> T | None:
    """``raw`` as a ``cls``; None if anything in it is missing or of the wrong type (all such problems are collected).

    Examples
    --------
    >>> from stations.plant import Text
    >>> problems = []
    >>> read(Text, {"zh": "转速", "en": "speed"}, "a.toml", problems)
    Text(zh='转速', en='speed')
    >>> read(Text, {"zh": 3, "eng": "speed"}, "a.toml", problems, "name")
    >>> for problem in problems:
    ...     print(problem)
    a.toml: name.eng: unknown key; expected one of zh, en; nearest: "en"
    a.toml: name.zh: 3; expected text
    a.toml: name.en: missing; expected text
    """
    try:
        return _Reader(file, problems).table(cls, raw, key)
    except LostError:
        return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks one document along the annotations; a lost value unwinds to its table, which first reads its other keys."""

    file: str
    problems: list[Problem]

    def lost(self, key: str, value: str, expected: str) -> LostError:
        self.problems.append(Problem(self.file, key, value, expected))
        return LostError()

    def table(self, cls: type[T], raw: object, key: str) -> T:
        if not isinstance(raw, Mapping):
            raise self.lost(key or "file", show(raw), "a table")
        hints, prefix = _hints(cls), f"{key}." if key else ""  # type: ignore[arg-type]  # a class can be hashed
        for name in raw:
            if name not in hints:
                expected = "one of " + ", ".join(hints)
                self.problems.append(Problem(self.file, prefix + name, "unknown key", expected, nearest(name, hints)))
        values: dict[str, object] = {}
        complete = True
        for field in fields(cls):  # type: ignore[arg-type]  # every schema class is a dataclass
            try:
                if field.name in raw:
                    values[field.name] = self.value(hints[field.name], raw[field.name], prefix + field.name)
                elif field.default is MISSING and field.default_factory is MISSING:
                    raise self.lost(prefix + field.name, "missing", _describe(hints[field.name]))
            except LostError:
                complete = False
        if not complete:
            raise LostError
        return cls(**values)

    def value(self, hint: Any, raw: object, key: str) -> object:
        if isinstance(hint, UnionType):
            options = [option for option in get_args(hint) if option is not NoneType]
            hint = next((option for option in options if _fits(option, raw)), None)
            if hint is None:
                raise self.lost(key, show(raw), " or ".join(_describe(option) for option in options))
        if not _fits(hint, raw):
            raise self.lost(key, show(raw), _describe(hint))
        if is_dataclass(hint):
            return self.table(hint, raw, key)  # type: ignore[arg-type]  # a dataclass annotation is a class, not an instance
        if isinstance(raw, dict):
            return self.all(get_args(hint)[1], {name: (f"{key}.{name}", item) for name, item in raw.items()})
        if isinstance(raw, list):
            kind, *rest = get_args(hint)
            if rest != [...] and len(raw) != 1 + len(rest):
                raise self.lost(key, show(raw), _describe(hint))
            return tuple(self.all(kind, {str(i): (f"{key}[{i}]", item) for i, item in enumerate(raw)}).values())
        return float(raw) if hint is float else raw  # type: ignore[arg-type]  # _fits has seen a number

    def all(self, hint: Any, items: dict[str, tuple[str, object]]) -> dict[str, object]:
        values = {}
        for name, (key, raw) in items.items():
            try:
                values[name] = self.value(hint, raw, key)
            except LostError:
                continue
        if len(values) < len(items):
            raise LostError
        return values


@cache
def _hints(cls: type) -> dict[str, Any]:
    """The types of the fields of a class; there are few classes, and thousands of tables of each."""
    return get_type_hints(cls)


def _fits(hint: Any, raw: object) -> bool:
    """Whether a TOML value has the outer shape of a type; true, nan, inf and endless integers are no numbers."""
    if is_dataclass(hint) or get_origin(hint) is dict:
        return isinstance(raw, dict)
    if get_origin(hint) is tuple:
        return isinstance(raw, list)
    if hint is float:
        return isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= NUMBER_MAX
    if hint is int:
        return isinstance(raw, int) and not isinstance(raw, bool)
    if hint is str:
        return isinstance(raw, str) and raw.strip() != ""
    return isinstance(raw, hint)


def _describe(hint: Any) -> str:
    """A type in the words of someone who writes TOML."""
    if isinstance(hint, UnionType):
        return " or ".join(_describe(option) for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        kind, *rest = get_args(hint)
        count = "" if rest == [...] else f"{1 + len(rest)} values, each "
        return f"an array of {count}{_describe(kind)}"
    if get_origin(hint) is dict or is_dataclass(hint):
        return "a table"
    return {float: "a finite number", int: "a whole number", bool: "true or false", str: "text"}[hint]
