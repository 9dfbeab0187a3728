"""What `docker-compose.yml` says: anchors resolved, variables filled in from their defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
IMAGE = "wanbiao:"
"""Start of the image that is built here: services with it run our commands."""
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+):-([^}]*)\})")


def composition() -> dict[str, Any]:
    """The file as plain objects."""
    plain: dict[str, Any] = _filled(YAML(typ="safe", pure=True).load(FILE))
    return plain


def our_services() -> dict[str, dict[str, Any]]:
    """Services that run ``wanbiao``, in the order of the file."""
    return {name: one for name, one in composition()["services"].items() if one["image"].startswith(IMAGE)}


def settings_of(service: Mapping[str, Any]) -> dict[str, str]:
    """The settings that a service is given."""
    return {name: value for name, value in service["environment"].items() if name.startswith("WANBIAO_")}


def _filled(value: Any) -> Any:
    """``${NAME:-default}`` becomes the default, ``$$`` a dollar.

    >>> _filled({"a": ["${LEVEL:-info}", "$$(date)"]})
    {'a': ['info', '$(date)']}
    """
    if isinstance(value, dict):
        return {key: _filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one) for one in value]
    return _VARIABLE.sub(lambda match: match[1] or match[3], value) if isinstance(value, str) else value
