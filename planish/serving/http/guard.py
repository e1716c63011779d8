"""Who may ask: those who have the token."""

from __future__ import annotations

import hashlib
import hmac
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from planish import regular_file
from planish.errors import explain
from planish.serving.http import answers
from planish.serving.refusals import RefusedError

_UNAUTHORIZED = 401
_OPEN = ("/", "/health", "/v2/health/live", "/v2/health/ready")
"""What tells nothing of models: the page, which asks for the token itself, and what those who watch servers look at."""

_TOKEN = re.compile(rb"[\x21-\x7e]{16,4096}")
_MOST_NBYTES = 1 << 14


def read_token(path: str) -> bytes:
    """The token in a file, without white space around it. ValueError if it is none that a header can have, or is too
    short; OSError."""
    with regular_file.opened(path, "a token") as file:
        token = file.read(_MOST_NBYTES).strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError(
            explain(
                what=f"{path!r} does not have a token",
                expected="16 or more printable characters without spaces",
                remedy="python -c 'import secrets; print(secrets.token_urlsafe())' > " + path,
            )
        )
    return token


class TokenGuard:
    """Lets requests with `Authorization: Bearer TOKEN` through. How long it takes to compare tells nothing."""

    def __init__(self, app: ASGIApp, token: bytes) -> None:
        self._app = app
        self._digest = hashlib.sha256(token).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN and not self._is_allowed(scope):
            refused = RefusedError("a bearer token is needed, and it is missing or another one", _UNAUTHORIZED)
            await answers.refuse(send, refused, [(b"www-authenticate", b"Bearer")])
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        same = hmac.compare_digest(hashlib.sha256(token.strip()).digest(), self._digest)
        return bool(same and scheme.lower() == b"bearer")
