"""Where the program keeps for a user what it can make anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """``wanbiao`` in the folder of the user's caches, as freedesktop.org has it; None = the user has no such folder.

    >>> str(cache_folder({"XDG_CACHE_HOME": "/caches"}))
    '/caches/wanbiao'
    >>> str(cache_folder({"XDG_CACHE_HOME": "not/absolute", "HOME": "/people/li"}))
    '/people/li/.cache/wanbiao'
    >>> cache_folder({}) is None
    True
    """
    for variable, below in (("XDG_CACHE_HOME", ""), ("HOME", ".cache")):
        folder = Path(environ.get(variable, ""))
        if folder.is_absolute():
            return folder / below / "wanbiao"
    return None
