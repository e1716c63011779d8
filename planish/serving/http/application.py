"""The application of ASGI: which address is answered by whom."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from planish.serving.http.guard import TokenGuard
from planish.serving.http.page import Explain, Page
from planish.serving.http.server_endpoints import Description, Health, Measured
from planish.serving.http.service import Service
from planish.serving.http.tf_serving import TensorFlowServing
from planish.serving.http.v2 import OpenInference
from planish.serving.options import Options


def make(options: Options) -> Starlette:
    """The application, which loads its models when it starts."""
    return application(Service(options))


def application(service: Service) -> Starlette:
    """The application of a service, which tests look into."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        if service.options.shared is not None:  # another process listens until this one is ready
            await service.repository.refresh()
        watching = asyncio.create_task(service.repository.watch())
        try:
            yield {"service": service}
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            await service.close()

    return Starlette(
        routes=_routes(service),
        middleware=_middleware(service.options),
        exception_handlers={HTTPException: _refused},
        lifespan=lifespan,
    )


def _routes(service: Service) -> list[BaseRoute]:
    serving, inference, explain = TensorFlowServing(service), OpenInference(service), Explain(service)
    return [
        Route("/v1/{rest:path}", serving),
        Route("/v2", inference),
        Route("/v2/{rest:path}", inference),
        Route("/", Page(service)),
        Route("/explain", explain),
        Route("/explain/{rest:path}", explain),
        Route("/health", Health(service)),
        Route("/metrics", Measured(service)),
        Route("/openapi.json", Description(service)),
    ]


def _middleware(options: Options) -> list[Middleware]:
    """The outermost first: what asks whether it may ask (CORS) comes without a token."""
    found = []
    if options.cors:
        cross = Middleware(
            CORSMiddleware,
            allow_origins=options.cors,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Inference-Header-Content-Length"],
        )
        found.append(cross)
    if options.token is not None:
        found.append(Middleware(TokenGuard, token=options.token))
    return found


def _refused(request: Request, error: Exception) -> Response:
    """What no route knows."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": f"there is nothing at {request.url.path[:200]}"}, status)
