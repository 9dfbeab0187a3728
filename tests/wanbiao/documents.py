"""What the documents must say, made from the code: `test_documents` compares."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_args, get_type_hints

import click
import pytest

from wanbiao import checks, settings
from wanbiao.cli import cli
from wanbiao.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRETS = [settings.PREFIX + name.upper() for name in settings.SECRETS]


def settings_table() -> str:
    """The table of ``docs/settings.md``: variable, default, what its check expects, docstring."""
    meanings = _docstrings()
    hints = get_type_hints(Settings, include_extras=True)
    rows = ["| variable | default | expected | meaning |", "|---|---|---|---|"]
    for setting in fields(Settings):
        with pytest.raises(checks.WrongError) as wrong:
            get_args(hints[setting.name])[1]("\0")
        default = " `worker-<host>` " if setting.default is MISSING else _shown(setting.default)
        variable = settings.PREFIX + setting.name.upper()
        rows.append(f"| `{variable}` |{default}| {wrong.value.expected} | {meanings[setting.name]} |")
        if variable in SECRETS:
            rows.append(f"| `{variable}_FILE` | | a file with one secret | Instead of `{variable}`. |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    text = f"{default:g}" if isinstance(default, float) else str(default)
    return " " if default in ("", None) else f" `{text}` "


def _docstrings() -> dict[str, str]:
    """The docstring under each field of the dataclass, on one line."""
    tree = ast.parse(inspect.getsource(Settings))
    (class_,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    found = {}
    for field, text in zip(class_.body, class_.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            assert isinstance(text.value, ast.Constant)
            found[field.target.id] = re.sub(r"\s+", " ", str(text.value.value)).replace("``", "`")
    return found


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group) and command.invoke_without_command:
            yield f"wanbiao {name}", command
        if isinstance(command, click.Group):
            yield from ((f"wanbiao {name} {sub}", command.commands[sub]) for sub in sorted(command.commands))
        else:
            yield f"wanbiao {name}", command


def options(command: click.Command) -> set[str]:
    """Names of options and arguments of a command, as its document lists them."""
    return {
        parameter.human_readable_name.upper() if isinstance(parameter, click.Argument) else max(parameter.opts, key=len)
        for parameter in command.params
    }


def documented() -> dict[str, set[str]]:
    """Commands in ``docs/cli.md`` with the options in their tables."""
    found: dict[str, set[str]] = {}
    for section in re.split(r"^## ", (ROOT / "docs" / "cli.md").read_text(), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        if title.startswith("`"):
            found[title.strip("` ")] = set(re.findall(r"^\| `(--[a-z-]+|[A-Z_]+)", body, re.MULTILINE))
    return found
