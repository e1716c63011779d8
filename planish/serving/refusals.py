"""Requests that are not answered: with what status, and the reason that the client is told."""

from __future__ import annotations

BAD_REQUEST, NOT_FOUND, TOO_LARGE, TOO_MANY, INTERNAL, NOT_IMPLEMENTED, UNAVAILABLE, TOO_LATE = (
    *(400, 404, 413, 429, 500, 501, 503, 504),
)
"""The statuses of HTTP that refusals have."""


class RefusedError(Exception):
    """`status` is that of HTTP; the message is what the client is told. `retry_seconds`: when it may try again."""

    def __init__(self, message: str, status: int = BAD_REQUEST, retry_seconds: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_seconds = retry_seconds
