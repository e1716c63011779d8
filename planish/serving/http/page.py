"""The page at `/`, which shows what a model makes of an image, and what it asks the server for."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from planish.serving.explaining import Explainer, can_be_shown
from planish.serving.http import answers
from planish.serving.http.service import Endpoint, Service, Visit, raw_path
from planish.serving.refusals import NOT_FOUND, TOO_MANY, RefusedError
from planish.serving.repository import Served

_PATH = re.compile(r"/explain/([^/:]+)(/report)?")
_MOST_WAITING = 4
_PARTS = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


class Page(Endpoint):
    """The page itself: one document, which asks nobody but this server."""

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        visit.method = "page"
        html, policy = _document()
        headers = [answers.HTML, (b"content-security-policy", policy), (b"referrer-policy", b"no-referrer")]
        await answers.respond(visit.send, html, headers=headers)


@cache
def _document() -> tuple[bytes, bytes]:
    """The page, and the policy that lets its own style and script run, and nothing else."""
    text = (files("planish.serving.http") / "page.html").read_text(encoding="utf-8")
    own = {kind: _digest(part) for kind, part in _PARTS.findall(text)}
    policy = (
        f"default-src 'none'; style-src 'sha256-{own['style']}'; script-src 'sha256-{own['script']}'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy.encode()


def _digest(part: str) -> str:
    return base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()


class Explain(Endpoint):
    """`GET /explain` lists the models that can be shown; `POST /explain/NAME` gets an encoded image, and tells what the
    model makes of it; `POST /explain/NAME/report` gives the whole report."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._explainers: WeakKeyDictionary[Served, Explainer] = WeakKeyDictionary()
        self._waiting = 0

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        visit.method = "explain"
        path = raw_path(visit.scope)
        if visit.scope["method"] == "GET" and path == "/explain":
            await answers.respond_json(visit.send, {"models": self._models()})
            return
        found = _PATH.fullmatch(path)
        if found is None or visit.scope["method"] != "POST":
            raise RefusedError("POST an image to /explain/NAME", NOT_FOUND)
        await self._explain(visit, unquote(found[1]), whole=found[2] is not None)

    def _models(self) -> list[str]:
        repository = self.service.repository
        return [name for name in repository.names() if can_be_shown(repository.find(name))]

    async def _explain(self, visit: Visit, name: str, *, whole: bool) -> None:
        served = self.service.repository.find(name)
        visit.model, visit.version = served.name, str(served.version)
        if self._waiting >= _MOST_WAITING:
            raise RefusedError("others wait for explanations already", TOO_MANY, 1)
        self._waiting += 1
        try:
            with served.used():
                body = await self.service.body(visit.scope, visit.receive)
                explainer = self._explainer(served)
                if whole:
                    page = await self.service.apart(explainer.report, body)
                    await answers.respond(visit.send, page.encode(), headers=[answers.HTML])
                    return
                found: dict[str, Any] = await self.service.apart(explainer.shown, body)
            await answers.respond_json(visit.send, found)
        finally:
            self._waiting -= 1

    def _explainer(self, served: Served) -> Explainer:
        found = self._explainers.get(served)
        if found is None:
            found = self._explainers[served] = Explainer(served)
        return found
