"""The model on paper in docs/scale.md: images a second of a training run on many machines, from a few measured times.

    python benchmarks/scaling.py

A step of n images on N nodes takes, in seconds,

    fixed + blocks * per_image * ceil(n / N) + exchange(N) + (1 - 1/N) * n * results / bandwidth
    exchange(N) = 2 log2(N) message + (1 - 1/N) nbytes (2 / bandwidth + 1 / adding)

since every message is sent while the other way is used, too, and halves of the bucket are added (see `_in_halves` in
`planish/distribution/communicator.py`). Nodes beyond a power of two send their bucket to another one, and get it back.
"""

from __future__ import annotations

import math
from typing import NamedTuple

NODES, BATCHES = (1, 2, 4, 8, 16, 32, 64, 100), (128, 1024, 8192)
RESULTS = 44  # bytes an image that every rank gets: ten scores, from which metrics are counted, and the loss
MESSAGE, ADDING = 30e-6, 8e9  # a small message between two machines by TCP; bytes added in a second
NETWORKS = {"10 GbE": 1.17e9, "25 GbE": 2.9e9}


class Net(NamedTuple):
    """Seconds of a step that do not depend on the images, seconds an image, what blocks make of that, and the bytes of
    the gradients: measured on two cores."""

    name: str
    fixed: float
    per_image: float
    blocks: float
    nbytes: int


NETS = (Net("the blog's model", 97e-6, 12.6e-6, 1.05, 4 * 54_410), Net("ResNet-20", 300e-6, 2.63e-3, 1.0, 4 * 272_474))


def exchange(nodes: int, nbytes: int, bandwidth: float) -> float:
    if nodes == 1:
        return 0.0
    power = 1 << (nodes.bit_length() - 1)
    halved = (1 - 1 / power) * nbytes * (2 / bandwidth + 1 / ADDING)
    beyond = 2 * (MESSAGE + nbytes / bandwidth) + nbytes / ADDING if nodes > power else 0.0
    return 2 * math.log2(power) * MESSAGE + halved + beyond


def images_a_second(net: Net, batch: int, nodes: int, bandwidth: float) -> float:
    blocks = net.blocks if nodes > 1 else 1.0
    seconds = net.fixed + blocks * net.per_image * math.ceil(batch / nodes) + exchange(nodes, net.nbytes, bandwidth)
    return batch / (seconds + (1 - 1 / nodes) * batch * RESULTS / bandwidth)


def main() -> None:
    for net in NETS:
        print(f"| {net.name} | batch | {' | '.join(map(str, NODES))} |")
        print("| --- " * (len(NODES) + 2) + "|")
        for network, bandwidth in NETWORKS.items():
            for batch in BATCHES:
                rates = (images_a_second(net, batch, nodes, bandwidth) for nodes in NODES)
                print(f"| {network} | {batch:,} | {' | '.join(f'{rate:,.0f}' for rate in rates)} |")
        print()


if __name__ == "__main__":
    main()
