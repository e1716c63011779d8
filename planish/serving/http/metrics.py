"""What is measured, for Prometheus: requests, how long they take, batches, queues; for each model and version."""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_OF_A_MODEL = ("model", "version")

CONTENT_TYPE = (b"content-type", CONTENT_TYPE_LATEST.encode())


class Metrics:
    """Of this process; where several serve, `folder` has the numbers of all (PROMETHEUS_MULTIPROC_DIR)."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "planish_requests", "Requests answered.", (*_OF_A_MODEL, "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "planish_request_seconds",
            "From the end of a request's head to its answer.",
            (*_OF_A_MODEL, "method"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._rows = Histogram(
            "planish_batch_images", "Images computed together.", _OF_A_MODEL, buckets=_ROWS, registry=registry
        )
        self._joined = Histogram(
            "planish_batch_requests", "Requests computed together.", _OF_A_MODEL, buckets=_ROWS, registry=registry
        )
        self._computing = Histogram(
            "planish_compute_seconds",
            "What the model took for a batch.",
            _OF_A_MODEL,
            buckets=_SECONDS,
            registry=registry,
        )
        self._waiting = Gauge(
            "planish_unanswered_requests",
            "Requests that wait for a model or are being computed.",
            _OF_A_MODEL,
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._children: dict[tuple[str, ...], tuple[Any, Any]] = {}

    def answered(self, model: str, version: str, method: str, status: int, seconds: float) -> None:
        """A request; `model` and `version` are empty if there is no such model, so that strangers make no names."""
        key = (model, version, method, str(status))
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = self._requests.labels(*key), self._seconds.labels(*key[:3])
        counter, histogram = children
        counter.inc()
        histogram.observe(seconds)

    def watch(self, model: str, version: int) -> VersionWatch:
        """What a model's batches are told to."""
        key = (model, str(version))
        rows, joined, computing = (each.labels(*key) for each in (self._rows, self._joined, self._computing))
        return VersionWatch(rows, joined, computing, self._waiting.labels(*key))

    def text(self) -> bytes:
        """In the format that Prometheus reads."""
        if self._folder is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def close(self) -> None:
        """Takes what this process has at the moment out of the sums of all."""
        if self._folder is not None:
            mark_process_dead(os.getpid(), self._folder)  # type: ignore[no-untyped-call]


class VersionWatch:
    """See `planish.serving.batching.Watch`."""

    def __init__(self, rows: Histogram, joined: Histogram, computing: Histogram, waiting: Gauge) -> None:
        self._rows, self._joined, self._computing, self._waiting = rows, joined, computing, waiting

    def computed(self, requests: int, rows: int, seconds: float) -> None:
        """On the thread that computes."""
        self._rows.observe(rows)
        self._joined.observe(requests)
        self._computing.observe(seconds)

    def waiting(self, requests: int) -> None:
        """Requests that are not answered yet."""
        self._waiting.set(requests)
