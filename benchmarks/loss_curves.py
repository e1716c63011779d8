"""The losses of ResNet-20's steps, planish beside Keras: `python benchmarks/loss_curves.py [--data cifar.npz]`.

The model is written as Keras's users write it (workers/curve.py), starts from the same weights everywhere, and trains
for an epoch on the same images in the same order. Rounding grows from step to step; how much is seen by Keras on JAX
beside Keras on TensorFlow, which compute the same, too. Exits with 1 if planish's curve, smoothed over 10 steps, is
farther from that of Keras on TensorFlow than 1.5 times as far as Keras on JAX's, or 0.02 where JAX was left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from peers import HERE, KINDS, interpreter
from report import machine_line, save, table

SMOOTHED, FARTHER, FAR = 10, 1.5, 0.02


def images(count: int, size: int, data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """float32 [count, size, size, 3] in [0, 1] and labels: of a file in Keras's form, or a stand-in.

    The stand-in has ten classes of coloured waves, shifted at random and under noise, so that a network has to learn
    what a convolution is good for.
    """
    if data is not None:
        with np.load(data) as arrays:
            return (arrays["x_train"][:count] / np.float32(255)).astype(np.float32), arrays["y_train"][:count].ravel()
    random = np.random.default_rng(11)
    labels = random.integers(0, 10, count)
    axis = np.arange(size, dtype=np.float32) * (2 * np.pi / size)
    waves = random.integers(1, 5, (10, 3, 2))  # of each class and colour: waves down and across
    shifts = random.uniform(0, 2 * np.pi, (count, 1, 2))
    phases = waves[labels][..., None] * axis + shifts[..., None]
    made = np.sin(phases[:, :, 0, :, None] + phases[:, :, 1, None, :]).transpose(0, 2, 3, 1)
    noisy = 0.5 + 0.15 * made + 0.25 * random.standard_normal(made.shape)
    return np.clip(noisy, 0, 1).astype(np.float32), labels


def curve(name: str, python: str, folder: Path, batch: int, threads: int) -> dict[str, np.ndarray]:
    """Trains in a process of its own."""
    library = "planish" if name == "planish" else "keras"
    environment = {**os.environ, **dict(KINDS[name].variables)}
    command = [python, str(HERE / "workers" / "curve.py"), library, str(folder), str(batch), str(threads)]
    subprocess.run(command, env=environment, check=True)
    written = {"planish": "planish", "keras-tf": "keras-tensorflow"}.get(name, name)
    with np.load(folder / f"{written}.npz") as found:
        return dict(found)


def smooth(losses: np.ndarray) -> np.ndarray:
    """Means over windows of steps."""
    return np.convolve(losses, np.full(SMOOTHED, 1 / SMOOTHED), "valid") if len(losses) >= SMOOTHED else losses


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(smooth(one) - smooth(other)).max())


def distances(curves: dict[str, dict[str, np.ndarray]]) -> dict[str, float]:
    """How far each is from Keras on TensorFlow, where that took part."""
    if "keras-tf" not in curves:
        return {}
    middle = curves["keras-tf"]["losses"]
    return {name: apart(middle, found["losses"]) for name, found in curves.items() if name != "keras-tf"}


def unsmoothed(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> tuple[float, float]:
    """The largest and the mean distance between the losses of the same step."""
    steps = np.abs(one["losses"] - other["losses"])
    return float(steps.max()), float(steps.mean())


def lines(curves: dict[str, dict[str, np.ndarray]]) -> str:
    """The losses at some steps, and over the epoch."""
    steps = len(curves["planish"]["losses"])
    shown = sorted({0, 1, 2, *np.linspace(0, steps - 1, 12).astype(int).tolist()})
    rows = [[f"step {step + 1}", *(f"{found['losses'][step]:.4f}" for found in curves.values())] for step in shown]
    rows.append(["loss of the epoch", *(f"{found['loss'][0]:.4f}" for found in curves.values())])
    rows.append(["accuracy of the epoch", *(f"{found['accuracy'][0]:.4f}" for found in curves.values())])
    return table(["", *curves], rows)


def plot(file: Path, curves: dict[str, dict[str, np.ndarray]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    for (name, found), colour, width in zip(
        curves.items(), ("#c2410c", "#2563eb", "#0d9488"), (1.2, 3, 2), strict=False
    ):
        order = 3 if name == "planish" else 2
        axes.plot(found["losses"], color=colour, linewidth=width, alpha=0.8, label=name, zorder=order)
    axes.set(xlabel="step", ylabel="loss", title="ResNet-20, an epoch from the same start")
    axes.legend()
    figure.savefig(file)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, help="cifar10.npz in Keras's form (x_train, y_train); a stand-in without it"
    )
    parser.add_argument("--images", type=int, default=6_400)
    parser.add_argument("--size", type=int, default=32, help="rows and columns of the stand-in; ResNet wants 32")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=["planish", "keras-tf", "keras-jax"])
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="where the curves go (SVG or PNG)")
    arguments = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in arguments.peer)
    x, y = images(arguments.images, arguments.size, arguments.data)
    curves = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        np.savez(folder / "data.npz", x=x, y=y)
        for name in ["planish", *(name for name in arguments.only or ["keras-tf", "keras-jax"] if name != "planish")]:
            python = sys.executable if name == "planish" else given.get(name) or interpreter(name)
            curves[name] = curve(name, python, folder, arguments.batch, arguments.threads)
    print(f"ResNet-20, {len(x):,} images, batch {arguments.batch}\n\n{lines(curves)}")
    far = distances(curves)
    for name, distance in far.items():
        largest, mean = unsmoothed(curves[name], curves["keras-tf"])
        print(f"{name}: at most {distance:.4f} from Keras on TensorFlow, smoothed over {SMOOTHED} steps; "
              f"step by step at most {largest:.4f}, {mean:.4f} on average")  # fmt: skip
    print(machine_line())
    numbers = {name: {key: value.tolist() for key, value in found.items()} for name, found in curves.items()}
    save(arguments.json, curves=numbers, apart=far)
    if arguments.picture:
        plot(arguments.picture, curves)
    return 1 if far.get("planish", 0) > max(FAR, FARTHER * far.get("keras-jax", 0)) else 0


if __name__ == "__main__":
    sys.exit(main())
