"""What the documents say of commands, options and settings is what the code says, both ways."""

from __future__ import annotations

import ast

import click
import pytest

from tests.wanbiao.documents import ROOT, SECRETS, commands, documented, options, settings_table
from wanbiao import settings
from wanbiao.cli import COMMANDS, cli

ALL = dict(commands())


def test_the_table_of_settings_is_the_dataclass() -> None:
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text()


def test_settings_that_are_passed_over_are_named() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in settings.IGNORED if f"`{name}`" not in text] == []


def test_every_command_is_documented_and_no_other() -> None:
    assert set(documented()) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_documented_and_no_other(name: str) -> None:
    assert documented()[name] == options(ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_an_example_and_says_what_each_option_is(name: str) -> None:
    command = ALL[name]
    assert command.help is not None
    assert "Example:" in command.help
    assert f"{name.removesuffix(' ')}" in command.help.split("Example:")[1]
    undescribed = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undescribed == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_that_of_the_command(name: str) -> None:
    """It stands in the list of commands, which imports none of them."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.short_help == COMMANDS[name]


def test_every_setting_that_the_commands_read_exists() -> None:
    """A name in a help text that is no setting would send people looking."""
    known = {settings.PREFIX + name.upper() for name in settings.Settings.__dataclass_fields__}
    known |= {f"{name}_FILE" for name in SECRETS}
    for path in (ROOT / "wanbiao" / "commands").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = {word.strip('().,;:=`"').split("=")[0] for word in node.value.split() if "WANBIAO_" in word}
                assert {word for word in words if word.startswith("WANBIAO_")} <= known, path.name
