"""The library of incidents: scenario files that are shipped, found by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from stations.schema import nearest

INCIDENTS: Final = Path(__file__).parent / "incidents"
"""Scenarios that are shipped; each can be named by its stem, or by the first part of it."""


class UnknownIncidentError(LookupError):
    """No incident has that name; ``str()`` says what there is, with the nearest name."""


def shipped() -> list[Path]:
    """The files of all shipped incidents, by name."""
    return sorted(INCIDENTS.glob("*.toml"))


def find_incident(name: str) -> Path:
    """The file of a shipped incident.

    Parameters
    ----------
    name : its stem or the first part of that, in any case.

    Raises
    ------
    UnknownIncidentError : there is none, or more than one.

    Examples
    --------
    >>> find_incident("I01").stem
    'i01_sayano_shushenskaya'
    >>> find_incident("duvha")
    Traceback (most recent call last):
        ...
    replay.library.UnknownIncidentError: duvha: no such incident; expected one of wanbiao incidents; nearest: "i02_duvha"
    """
    wanted, paths = name.casefold().removesuffix(".toml"), shipped()
    fitting = [one for one in paths if one.stem == wanted or one.stem.startswith(wanted + "_")]
    if len(fitting) == 1:
        return fitting[0]
    near = nearest(wanted, [one.stem for one in paths])
    hint = f'; nearest: "{near}"' if near else ""
    raise UnknownIncidentError(f"{name}: no such incident; expected one of wanbiao incidents{hint}")
