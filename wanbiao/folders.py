"""Where the program keeps what it has for a user, by the XDG base directories of freedesktop.org."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Of what can be made anew; None = the user has no such folder.

    >>> str(cache_folder({"XDG_CACHE_HOME": "/caches"}))
    '/caches/wanbiao'
    >>> str(cache_folder({"XDG_CACHE_HOME": "not/absolute", "HOME": "/people/li"}))
    '/people/li/.cache/wanbiao'
    >>> cache_folder({}) is None
    True
    """
    return _ours(environ, "XDG_CACHE_HOME", ".cache")


def state_folder(environ: Mapping[str, str]) -> Path | None:
    """Of what is to survive a restart; None = the user has no such folder.

    >>> str(state_folder({"HOME": "/people/li"}))
    '/people/li/.local/state/wanbiao'
    """
    return _ours(environ, "XDG_STATE_HOME", ".local/state")


def _ours(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    for name, below in ((variable, ""), ("HOME", below_home)):
        folder = Path(environ.get(name, ""))
        if folder.is_absolute():  # the standard tells to ignore any other
            return folder / below / "wanbiao"
    return None
