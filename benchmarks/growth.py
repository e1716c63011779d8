"""How time grows: per image with their number, and with the channels of a net: `python benchmarks/growth.py`.

Exits with 1 if an image of the largest set takes more than 1.25 times as long as one of 10,000, or if doubling the
channels of a wide net takes more than 4 times 1.25 as long.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from nets import BLOG, GLOBAL_AVERAGE, NETS, RELU, Conv, Dense, Net, Pool, images
from own import epoch_seconds, model_of
from report import machine_line, save, table

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
CHANNELS = (8, 16, 32, 64, 128, 256)
WIDE = 32  # from so many channels on, time should grow with their square
MORE = 1.25
_ROWS_AT_ONCE = 10_000


def wide_net(channels: int) -> Net:
    """Convolutions from channels to channels, and what makes a classifier of them."""
    layers = (
        Conv(channels, 3),
        RELU,
        Conv(channels, 3),
        RELU,
        Pool(),
        Conv(channels, 3),
        RELU,
        GLOBAL_AVERAGE,
        Dense(10),
    )
    return Net(f"{channels} channels", (16, 16, 3), layers, 256)


def mapped_images(net: Net, count: int, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Random uint8 images in a file that is mapped into memory, and labels."""
    file, random = folder / f"{count}.npy", np.random.default_rng(0)
    array = np.lib.format.open_memmap(file, "w+", np.uint8, (count, *net.shape))
    for start in range(0, count, _ROWS_AT_ONCE):
        rows = array[start : start + _ROWS_AT_ONCE]
        rows[...] = np.frombuffer(random.bytes(rows.size), np.uint8).reshape(rows.shape)
    array.flush()
    return np.load(file, mmap_mode="r"), random.integers(0, 10, count)


def by_count(net: Net, counts: list[int], rounds: int) -> dict[int, float]:
    """Microseconds per image in an epoch of this many images."""
    model, found = model_of(net, pixels=True), {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            x, y = mapped_images(net, count, Path(folder))
            model.fit(x[:1000], y[:1000], verbose=0)
            found[count] = 1e6 / count * statistics.median(epoch_seconds(model, x, y, 32) for _ in range(rounds))
            del x  # some systems do not remove files in use
    return found


def by_channels(widths: list[int], rounds: int, count: int) -> dict[int, float]:
    """Microseconds per image in nets of this many channels."""
    found = {}
    for channels in widths:
        net = wide_net(channels)
        model = model_of(net)
        x, y = images(net, count)
        model.fit(x[:64], y[:64], verbose=0)
        found[channels] = 1e6 / count * statistics.median(epoch_seconds(model, x, y, 32) for _ in range(rounds))
    return found


def missed(counts: dict[int, float], widths: dict[int, float]) -> list[str]:
    """Where time grows faster than it should."""
    base = min(counts, key=lambda count: abs(count - 10_000))
    wrong = [f"{count:,} images" for count in counts if count > base and counts[count] > MORE * counts[base]]
    steps = [(a, b) for a, b in itertools.pairwise(sorted(widths)) if a >= WIDE]
    return wrong + [f"{b} channels" for a, b in steps if widths[b] / widths[a] > MORE * (b / a) ** 2]


def plot(file: Path, counts: dict[int, float], widths: dict[int, float]) -> None:
    """Both curves, logarithmic, with their expected shapes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(list(counts), list(counts.values()), "o-", color="#c2410c")
    left.set(xscale="log", xlabel="images in the training set", ylabel="µs per image", title="flat")
    left.set_ylim(0, 1.3 * max(counts.values()))
    right.plot(list(widths), list(widths.values()), "o-", color="#c2410c", label="measured")
    last = max(widths)
    square = [widths[last] * (channels / last) ** 2 for channels in widths]
    right.plot(list(widths), square, "--", color="#64748b", label="channels squared")
    right.set(xscale="log", yscale="log", xlabel="channels", ylabel="µs per image", title="square of the channels")
    right.legend()
    figure.savefig(file)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--model", choices=[name for name, net in NETS.items() if net.shape == BLOG.shape], default="blog"
    )
    parser.add_argument("--counts", nargs="+", type=int, default=list(COUNTS))
    parser.add_argument("--channels", nargs="+", type=int, default=list(CHANNELS))
    parser.add_argument("--images", type=int, default=512, help="of an epoch of the wide nets (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="where the plot goes (SVG or PNG)")
    arguments = parser.parse_args()
    counts = by_count(NETS[arguments.model], arguments.counts, arguments.rounds)
    widths = by_channels(arguments.channels, arguments.rounds, arguments.images)
    print(
        table(["images, mapped uint8", "µs per image"], [[f"{n:,}", f"{t:.2f}"] for n, t in counts.items()]), end="\n\n"
    )
    rows = [[str(c), f"{t:.1f}", f"{1e3 * t / c**2:.2f}"] for c, t in widths.items()]
    print(table(["channels", "µs per image", "ns per image and channel squared"], rows))
    wrong = missed(counts, widths)
    print(f"\n{'Grows too fast: ' + ', '.join(wrong) if wrong else 'Grows as it should'}. {machine_line()}")
    save(arguments.json, counts=counts, channels=widths)
    if arguments.picture:
        plot(arguments.picture, counts, widths)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
