"""A peer's process: `python serve.py NAME THREADS DATA-or-empty`. Requests and answers are lines of JSON.

Each peer is a module of this folder with `limit(threads)`, and a class `Peer(net, weights)` that has what its library
can do of `predict(x, batch)`, `one(x)`, `one_call(x)` and `fit(x, y, batch, shuffle)`, which gives the mean loss. Those
that train have `reset(optimizer)`, which takes the starting weights again, and `weights()`.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from nets import NETS, images, weights

CHECKED_STEPS, CHECKED_BATCH = 3, 8
WARM_UP_STEPS = 4


def limit(threads):
    """No library gets more processors than the others, whatever its own setting says."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Server:
    def __init__(self, name, threads, data):
        limit(threads)
        self.module = importlib.import_module(name)
        self.module.limit(threads)
        self.data = Path(data) if data else None

    def abilities(self):
        return [name for name in ("predict", "one", "one_call", "fit") if hasattr(self.module.Peer, name)]

    def choose(self, net, count):
        """Builds a net of `nets.py`, and loads so many images for it."""
        self.net = NETS[net]
        self.peer, self.checked = self.module.Peer(self.net, weights(self.net)), None
        self.x, self.y = images(self.net, count, self.data)

    def peak(self):
        """The most bytes of memory that the process has used."""
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    def predictions(self, count, batch):
        return np.asarray(self.peer.predict(self.x[:count], batch)).astype(float).tolist()

    def trained(self, file, draw):
        """The losses of some steps, without shuffling and dropout; the weights after one of SGD go to a file."""
        if self.checked is None:
            self.checked = self.module.Peer(self.net.without_dropout(), weights(self.net))
        peer, size = self.checked, CHECKED_BATCH
        x, y = images(self.net, CHECKED_STEPS * size, self.data, draw)
        losses = {}
        for optimizer in ("adam", "sgd"):
            peer.reset(optimizer)
            losses[optimizer] = []
            for start in range(0, len(x), size):
                rows = slice(start, start + size)
                losses[optimizer].append(float(peer.fit(x[rows], y[rows], size, shuffle=False)))
                if (optimizer, start) == ("sgd", 0):
                    np.savez(file, *peer.weights())
        return losses

    def warm_up(self, batch):
        """Compiles what an epoch needs, for its last and smaller batch, too; then the seconds of an image, roughly."""
        count = min(len(self.x), WARM_UP_STEPS * batch + len(self.x) % batch)
        for _ in range(2):
            start = time.perf_counter()
            self.peer.fit(self.x[:count], self.y[:count], batch)
        return (time.perf_counter() - start) / count

    def seconds(self, task, batch, count=None, at_least=0.0):
        """For the first `count` images: the mean of as many runs as `at_least` so many seconds take."""
        x, y = self.x[:count], self.y[:count]
        start, runs = time.perf_counter(), 0
        while not runs or time.perf_counter() - start < at_least:
            if task == "predict":
                self.peer.predict(x, batch)
            else:
                self.peer.fit(x, y, batch)
            runs += 1
        return (time.perf_counter() - start) / runs

    def latency(self, task, count, most_seconds):
        """The median of at most `count` single images, in seconds; at least one, and none after `most_seconds`."""
        call, image, times = getattr(self.peer, task), self.x[:1].copy(), []
        while len(times) < count and sum(times) < most_seconds:
            start = time.perf_counter()
            call(image)
            times.append(time.perf_counter() - start)
        return statistics.median(times)


def main(name, threads, data):
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries that print do no harm
    server = Server(name, int(threads), data)
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(server, request.pop("do"))(**request)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
