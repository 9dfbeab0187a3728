"""A reader of InfluxDB's line protocol, written from its description: what a server would find in a line."""

from __future__ import annotations

import re
from typing import NamedTuple


class Line(NamedTuple):
    """One point: field values as text, a quoted text without its quotes."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, str]
    time: int


def read(lines: str) -> list[Line]:
    """The points of some lines, each ended by a line feed."""
    assert lines == "" or lines.endswith("\n")
    return [_point(line) for line in lines.split("\n")[:-1]]


def numbers(line: Line) -> dict[str, float]:
    """Its fields as numbers; fails where one is not a float."""
    assert not any(re.fullmatch(r"-?\d+[iu]", text) for text in line.fields.values())
    return {name: float(text) for name, text in line.fields.items()}


def _point(line: str) -> Line:
    head, rest = re.split(r"(?<!\\) ", line, maxsplit=1)
    body, time = rest.rsplit(" ", 1)
    name, *tags = _split(head, ",")
    return Line(re.sub(r"\\([, ])", r"\1", name), dict(_pair(tag) for tag in tags), dict(_fields(body)), int(time))


def _split(text: str, mark: str) -> list[str]:
    """At each mark without a backslash before it; a backslash before anything else is itself, as the server reads it."""
    return re.split(rf"(?<!\\){mark}", text)


def _plain(text: str) -> str:
    return re.sub(r"\\([, =])", r"\1", text)


def _pair(text: str) -> tuple[str, str]:
    key, value = _split(text, "=")
    return _plain(key), _plain(value)


def _fields(body: str) -> list[tuple[str, str]]:
    pattern = re.compile(r'(.*?)(?<!\\)=("(?:[^"\\]|\\.)*"|[^,"]*)(?:,|$)', re.DOTALL)
    fields, at = [], 0
    while at < len(body):
        found = pattern.match(body, at)
        assert found, f"no field at {body[at:]!r}"
        value = found[2]
        text = re.sub(r"\\([\"\\])", r"\1", value[1:-1]) if value.startswith('"') else value
        fields.append((_plain(found[1]), text))
        at = found.end()
    return fields
