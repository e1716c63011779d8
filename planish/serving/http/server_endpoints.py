"""What is asked of the server itself: whether it lives, what it has measured, how it is spoken to."""

from __future__ import annotations

from planish.serving.http import answers, openapi
from planish.serving.http.metrics import CONTENT_TYPE
from planish.serving.http.service import Endpoint, Visit
from planish.serving.refusals import UNAVAILABLE


class Health(Endpoint):
    """200 if requests should be sent here, 503 while models are loaded and while the server ends."""

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        visit.method = "health"
        service = self.service
        status = "draining" if service.draining else "ready" if service.repository.ready else "loading"
        found = {"status": status, "models": service.repository.names() if service.options.token is None else None}
        await answers.respond_json(visit.send, found, 200 if service.is_ready else UNAVAILABLE)


class Measured(Endpoint):
    """Metrics in Prometheus's format."""

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        visit.method = "metrics"
        await answers.respond(visit.send, self.service.metrics.text(), headers=[CONTENT_TYPE])


class Description(Endpoint):
    """The OpenAPI document, with the models that are served now."""

    async def answer(self, visit: Visit) -> None:
        """See `Endpoint`."""
        visit.method = "openapi"
        await answers.respond_json(visit.send, openapi.document(self.service))
