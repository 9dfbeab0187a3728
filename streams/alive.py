"""A file whose age tells a supervisor that a program gets on with its work; how old is too old is for the supervisor to say."""

from __future__ import annotations

import logging
from pathlib import Path

logger = logging.getLogger(__name__)


class AliveFile:
    """Touched at each step forward, so that it ages when there is none: dead, hung, or held up by a service that is away.

    Parameters
    ----------
    path : the file; empty = none, and `touch` does nothing.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._is_told = False

    def touch(self) -> None:
        """Make the file new. A disk that refuses is logged once and stops nothing: the file ages, which says enough."""
        if self._path is None:
            return
        try:
            self._path.touch()
        except OSError as error:
            if not self._is_told:
                logger.warning("alive file %s cannot be touched: %s", self._path, error.strerror)
            self._is_told = True
