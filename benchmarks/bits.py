"""The same bits with any number of threads, whatever else runs: `python benchmarks/bits.py --data mnist.npz`.

Trains in fresh processes, with shuffling and dropout, and compares SHA-256 sums of all weights, of the history and of
predictions. Exits with 1 if they differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from nets import BLOG, NETS, Dense, Dropout, Net, images
from own import busy_processes, model_of
from report import machine_line, save, table


def with_dropout(net: Net) -> Net:
    """The net with dropout in front of its dense layers, if it has none."""
    if any(isinstance(layer, Dropout) for layer in net.layers):
        return net
    layers = [
        part for layer in net.layers for part in ((Dropout(0.4), layer) if isinstance(layer, Dense) else (layer,))
    ]
    return replace(net, layers=tuple(layers))


def digest(name: str, count: int, threads: int, data: Path | None) -> str:
    """Trains an epoch in this process."""
    import planish

    net = with_dropout(NETS[name])
    planish.set_num_threads(threads)
    planish.utils.set_random_seed(11)
    model = model_of(net)
    x, y = images(net, count, data)
    history = model.fit(x, y, batch_size=32, verbose=0).history
    parts = [*model.get_weights(), model.predict(x[:500], verbose=0)]
    found = hashlib.sha256(b"".join(part.tobytes() for part in parts) + repr(sorted(history.items())).encode())
    return found.hexdigest()


def in_a_fresh_process(name: str, count: int, threads: int, data: Path | None) -> str:
    task = json.dumps([name, count, threads, str(data) if data else None])
    done = subprocess.run([sys.executable, __file__, "--inside", task], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=[BLOG.name, "vgg", "lenet"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 3, 4, 8])
    parser.add_argument("--images", type=int, help="of an epoch (default: see nets.py)")
    parser.add_argument("--data", type=Path, help="mnist.npz in Keras's form; random images without it")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        name, count, threads, data = json.loads(arguments.inside)
        print(digest(name, count, threads, Path(data) if data else None))
        return 0
    rows, sums = [], {}
    for name in arguments.models:
        count = arguments.images or NETS[name].images
        for busy in (0, 1):
            for threads in arguments.threads:
                with busy_processes(busy):
                    found = in_a_fresh_process(name, count, threads, arguments.data)
                sums.setdefault(name, []).append(found)
                rows.append([name, f"{count:,}", str(threads), str(busy), found[:16]])
    print(table(["net", "images", "threads", "busy processes", "SHA-256 begins"], rows))
    differ = [name for name, found in sums.items() if len(set(found)) > 1]
    print(f"\n{'They differ: ' + ', '.join(differ) if differ else 'All the same for each net'}. {machine_line()}")
    save(arguments.json, sums=sums, threads=arguments.threads)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
