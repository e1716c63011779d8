"""A peer's process: `python serve.py NAME THREADS DATA-or-empty`. Requests and answers are lines of JSON.

Each peer is a module of this folder with a class `Peer(weights, threads)` that has `predict(x, batch)` and, where the
library has them, `one(x)`, `one_call(x)` and `fit(x, y, batch)`; `reset()` takes the starting weights again.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from blog_model import images, weights


def limit(threads):
    """Nobody gets more processors than the others, whatever their own setting says."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Server:
    def __init__(self, name, threads, data):
        self.peer = importlib.import_module(name).Peer(weights(), threads)
        self.data = Path(data) if data else None
        self.x, self.y = images(64, self.data)

    def abilities(self):
        return [name for name in ("predict", "one", "one_call", "fit") if hasattr(self.peer, name)]

    def load(self, count):
        self.x, self.y = images(count, self.data)

    def predictions(self, count, batch):
        return np.asarray(self.peer.predict(self.x[:count], batch)).astype(float).tolist()

    def trained(self):
        """Predictions after two steps of 32 images, in order."""
        self.peer.reset()
        self.peer.fit(self.x[:64], self.y[:64], 32, shuffle=False)
        return np.asarray(self.peer.predict(self.x[:16], 16)).astype(float).tolist()

    def seconds(self, task, batch):
        start = time.perf_counter()
        if task == "predict":
            self.peer.predict(self.x, batch)
        else:
            self.peer.fit(self.x, self.y, batch)
        return time.perf_counter() - start

    def latency(self, task, count):
        """The median of single images, in seconds."""
        call, image, times = getattr(self.peer, task), self.x[:1].copy(), []
        for _ in range(count):
            start = time.perf_counter()
            call(image)
            times.append(time.perf_counter() - start)
        return statistics.median(times)


def main(name, threads, data):
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries that print do not disturb
    limit(int(threads))
    server = Server(name, int(threads), data)
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(server, request.pop("do"))(**request)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
