"""Writes what real Keras and PyTorch say about gradients of the first model of `introspected.py` to a JSON file.

Run by hand, where the library is installed: `KERAS_BACKEND=jax python tests/models/looking/record_gradients.py keras`,
and the same with `torch`. Every seventh number is kept: enough to tell any wrong axis, order or factor.
"""

import json
import sys
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("recorded_gradients.json")
CLASSES = [1, 0, 2]


def seeded(shapes, seed=3):
    """Weights as `introspected.with_seeded_weights` makes them; no moving variances here."""
    random = np.random.default_rng(seed)
    return [(random.standard_normal(shape) * 0.3).astype(np.float32) for shape in shapes]


def seeded_images(*shape, seed=5):
    return np.random.default_rng(seed).standard_normal((3, *shape)).astype(np.float32)


def keras_gradients():
    """Of the logits of `CLASSES` and of the cross-entropy, at the images and at the second convolution's output."""
    import jax
    import keras
    from keras import layers

    front = keras.Sequential(
        [
            layers.Input((13, 11, 2)),
            layers.Conv2D(5, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(7, 3, activation="relu", padding="same"),
        ]
    )
    back = keras.Sequential(
        [layers.Input((5, 4, 7)), layers.Flatten(), layers.Dense(9, activation="relu"), layers.Dense(4)]
    )
    weights = seeded([w.shape for w in [*front.weights, *back.weights]])
    front.set_weights(weights[: len(front.weights)])
    back.set_weights(weights[len(front.weights) :])
    x = seeded_images(13, 11, 2)
    labels = np.array(CLASSES)

    def logit(maps):
        return back(maps)[np.arange(3), labels].sum()

    def loss(maps):
        return keras.losses.sparse_categorical_crossentropy(labels, jax.nn.softmax(back(maps))).sum()

    maps = front(x)
    return {
        "logit at images": jax.grad(lambda images: logit(front(images)))(x),
        "logit at second": jax.grad(logit)(maps),
        "loss at images": jax.grad(lambda images: loss(front(images)))(x),
        "loss at second": jax.grad(loss)(maps),
    }


def torch_gradients():
    """The same by PyTorch: its maps have channels first, so weights, images and gradients are turned."""
    import torch
    from torch import nn

    front = nn.Sequential(nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 7, 3, padding=1), nn.ReLU())
    hidden, scores = nn.Linear(140, 9), nn.Linear(9, 4)
    weights = seeded([(3, 3, 2, 5), (5,), (3, 3, 5, 7), (7,), (140, 9), (9,), (9, 4), (4,)])
    for module, (kernel, bias) in zip(
        (front[0], front[3], hidden, scores), zip(weights[::2], weights[1::2], strict=True), strict=True
    ):
        turned = kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
        module.weight.data = torch.tensor(np.ascontiguousarray(turned))
        module.bias.data = torch.tensor(bias)
    x = torch.tensor(seeded_images(13, 11, 2).transpose(0, 3, 1, 2).copy(), requires_grad=True)
    maps = front(x)
    outputs = scores(torch.relu(hidden(maps.permute(0, 2, 3, 1).flatten(1))))
    labels = torch.tensor(CLASSES)
    results = {}
    for name, total in (
        ("logit", outputs[torch.arange(3), labels].sum()),
        ("loss", nn.functional.cross_entropy(outputs, labels, reduction="sum")),
    ):
        at_images, at_second = torch.autograd.grad(total, [x, maps], retain_graph=True)
        results[f"{name} at images"] = at_images.permute(0, 2, 3, 1).numpy()
        results[f"{name} at second"] = at_second.permute(0, 2, 3, 1).numpy()
    return results


if __name__ == "__main__":
    recorded = json.loads(PATH.read_text()) if PATH.exists() else {}
    library = sys.argv[1]
    found = {"keras": keras_gradients, "torch": torch_gradients}[library]()
    recorded[library] = {name: [float(f"{v:.7g}") for v in np.ravel(array)[::7]] for name, array in found.items()}
    PATH.write_text(json.dumps(recorded) + "\n")
