"""The blocks of code in the documents, and the lines in them that a reader would type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from tests.wanbiao.documents import ROOT
from wanbiao.cli import cli

PAGES = sorted(
    path for pattern in ("*.md", "docs/*.md", "docs/zh/*.md", "stations/catalogue/*.md") for path in ROOT.glob(pattern)
)
"""What people read; decision records tell of the past and stay as they were."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("wanbiao", "make", "curl", "export", "head")
"""What may be typed."""
NAMED = re.compile(r"# (\S+\.toml)\n")
"""The first line of a block that is a file of that name."""


class Block(NamedTuple):
    """A fenced block: its language, its text, and the line on which it begins."""

    language: str
    text: str
    line: int


class Typed(NamedTuple):
    """One command: the variables set before it, its words; ``answer`` is what the page shows of it, None = nothing."""

    environ: dict[str, str]
    words: tuple[str, ...]
    answer: str | None = None


def blocks(page: Path) -> Iterator[Block]:
    """Every block of a page."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(found[1], found[2], text[: found.start()].count("\n") + 1)


def typed(block: Block) -> Iterator[Typed]:
    """What is typed in a block: all of ``sh``; in ``text`` what stands after ``$ ``, or begins like a command.

    >>> list(typed(Block("text", "$ A=1 wanbiao worker\\nwanbiao: no\\n", 1)))
    [Typed(environ={'A': '1'}, words=('wanbiao', 'worker'), answer='wanbiao: no\\n')]
    """
    text = block.text.replace("\\\n", " ")
    if block.language == "sh":
        for line in text.splitlines():
            yield from _split(line)
    elif block.language == "text" and text.startswith("$ "):
        for session in text.removeprefix("$ ").split("\n$ "):
            line, _, answer = session.partition("\n")
            (one,) = _split(line)
            yield one._replace(answer=answer)
    elif block.language == "text":
        for line in text.splitlines():
            if re.match(r"(wanbiao|curl) |WANBIAO_\w+=", line):
                yield from _split(line)


def _split(line: str) -> Iterator[Typed]:
    """The commands of one line, which `&&` may join; nothing else of a shell but variables before a command."""
    words: list[str] = []
    for word in [*shlex.split(line, comments=True), "&&"]:
        if word != "&&":
            words.append(word)
            continue
        environ = {}
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            environ[name] = value
        if words:
            yield Typed(environ, (words[0].removeprefix(".venv/bin/"), *words[1:]))
        words = []


def resolved(words: tuple[str, ...]) -> tuple[str, click.Context]:
    """Which command some words after ``wanbiao`` call, and its context with options read and checked.

    Raises
    ------
    click.UsageError : there is no such command, option or value.
    """
    context, rest, name = click.Context(cli), list(words), "wanbiao"
    found: click.Command = cli
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        sub = found.get_command(context, rest[0])
        if sub is None:
            raise click.UsageError(f"no command {rest[0]!r} of {name}")
        name, found = f"{name} {rest.pop(0)}", sub
    return name, found.make_context(name, rest, parent=context)


def files(page: Path) -> dict[str, str]:
    """The files that a page shows: TOML whose first line is a comment with the name."""
    return {
        named[1]: block.text
        for block in blocks(page)
        if block.language == "toml" and (named := NAMED.match(block.text)) is not None
    }
