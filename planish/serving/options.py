"""What a server was asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Of `planish serve`. Sizes are bytes, times seconds; `max_batch` and `max_rows` count images.

    `versions`: how many of the newest versions of a model are served (all if None). `shared`: a folder of this server's
    own, in which its processes share what they have compiled (None if there is one process).
    """

    folder: str
    allow_code: bool = False
    versions: int | None = None
    poll_seconds: float = 2.0
    max_batch: int = 64
    max_delay: float = 0.0
    max_rows: int = 4096
    max_queue: int = 256
    max_body: int = 32 << 20
    max_pixels: int = 25_000_000
    timeout: float = 30.0
    scale: float = 1.0
    cors: tuple[str, ...] = ()
    token: bytes | None = None
    shared: str | None = None
