"""What a connector says when its peer is at fault."""

from __future__ import annotations


class ConnectorError(Exception):
    """The other side failed: unreachable, refused, or answered nonsense. One line, for people.

    ``retryable`` is True if the same call may succeed later without anybody changing anything.
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class NoAnswerError(ConnectorError):
    """What was sent has arrived, but whoever should act on it has not answered in time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)
