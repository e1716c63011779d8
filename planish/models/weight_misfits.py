"""The error about weights of another model: which one differs, and which images it would fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planish.errors import explain
from planish.layers.base.chain import Link, origin, times
from planish.layers.base.foreign_weights import from_pytorch, left_out, listed, paths
from planish.layers.base.layer import Layer
from planish.layers.base.lineage import image_format
from planish.models.data.shape_walk import inner_layers, links_before
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.models.model import Model

Shape = tuple[int, ...]

_LARGEST_IMAGE = 512


def mistake(model: Model, shapes: Sequence[Shape]) -> ValueError:
    """The error of `model.set_weights` for arrays that do not match the model's weights."""
    expected = [variable.shape for variable in model.weights]
    parts: dict[str, Any] = {"expected": listed(expected, paths(model.weights)), "received": listed(shapes)}
    remedy = _remedy(model, expected, shapes) if model.built else "build it first: build(input_shape)"
    if remedy is not None:
        parts["remedy"] = remedy
    else:
        place = next(place for place, shape in enumerate(expected) if shape != shapes[place])
        variable = model.weights[place]
        parts = {
            "expected": f"weights[{place}] of shape {variable.shape}, '{variable.path}'",
            "received": f"weights[{place}] of shape {shapes[place]}",
            **explanation(model, variable, shapes[place]),
        }
    return ValueError(explain(layer=model.label, what="set_weights got arrays that do not match the weights", **parts))


def _remedy(model: Model, expected: list[Shape], shapes: Sequence[Shape]) -> str | None:
    """Where the arrays belong; None if one of them is of another shape."""
    fitting = [layer.name for layer in model.layers if layer.weights and _shapes(layer) == list(shapes)]
    if fitting:
        return "\nor ".join(f"model.get_layer({name!r}).set_weights(weights)" for name in fitting)
    if sorted(shapes) == sorted(expected):
        return "the order of model.get_weights()"
    if len(shapes) == len(expected):
        if not from_pytorch(expected, shapes, [""] * len(shapes)):
            return None
        return (
            "for PyTorch's arrays: set_weights([w.transpose(2, 3, 1, 0) if w.ndim == 4 else w.T for w in weights])\n"
            "where rows behind Flatten are in another order: kernel.T[model.flatten_map().permutation(inverse=True)]"
        )
    missing = [model.weights[place] for place in left_out(expected, shapes)]
    if missing:
        return f"all of model.get_weights(): {', '.join(paths(missing))} missing"
    superfluous = left_out(shapes, expected)
    if superfluous:
        return f"leave out {' and '.join(f'weights[{place}]' for place in superfluous)}"
    return "the weights of a model of the same layers, such as Sequential.from_config(model.get_config())"


def explanation(model: Model, variable: Variable, shape: Shape) -> dict[str, Any]:
    """Rule, chain and remedy for an array of `shape` where `variable` of the model has another shape."""
    layer = next(layer for layer in inner_layers(model) if any(own is variable for own in layer.weights))
    links = links_before(model, layer)
    chain = [*links, layer.label] if links else []
    if links and layer.class_name == "Dense" and variable.name == "kernel" and len(shape) == 2:
        return {"chain": chain, **_dense(model, layer, links, shape)}
    if links and layer.class_name == "Conv2D" and variable.name == "kernel" and len(shape) == 4:
        return {"chain": chain, "remedy": _conv2d_remedy(layer, variable.shape, shape, links)}
    return {"chain": chain, "remedy": f"{layer.label} as in the model that the weights come from"}


def _dense(model: Model, layer: Layer, links: list[Link], shape: Shape) -> dict[str, Any]:
    features, built = shape[0], links[-1].shape[-1]
    if features == built:
        return {"remedy": f"the number of units of the weights: Dense({shape[1]}) for {layer.label}"}
    source = origin(links)
    rule = f"{layer.label} has {built:,} features" + (f" ({source})" if source else "")
    if len(links) == 1:
        return {"rule": rule, "remedy": f"the model for such vectors: Input(({features},))"}
    if links[-1].kind != "Flatten":
        return {"rule": rule, "remedy": f"{links[-1].label} as in the model that the weights come from"}
    found = _image_sizes(model, layer, links[0].shape[1:], features)
    if not found:
        return {"rule": rule, "remedy": "the layers before it as in the model that the weights come from"}
    first, last = found[0], found[-1]
    images, maps = times((None, *first)), times(links_before(model, layer, first)[-2].shape)
    source = f"{images} images" if len(found) == 1 else f"images of {images} to {times((None, *last))}"
    flattened = f"Flatten of {maps}, from {source}" if maps != images else f"Flatten of {maps}"
    roundest = max(found, key=lambda images: images[1] & -images[1])
    return {
        "rule": f"{rule};\n{features:,} would be {flattened}",
        "remedy": f"the model for such images: Input({roundest})",
    }


def _image_sizes(model: Model, layer: Layer, images: Sequence[int | None], features: int) -> list[Shape]:
    """The square images for which Flatten before the layer gives so many features; none if there are none.

    The number of features does not fall as images grow.
    """
    if len(images) not in (2, 3):
        return []
    first = image_format([*inner_layers(model)]) == "channels_first"
    known = [1 if extent is None else extent for extent in images]

    def sized(size: int) -> Shape:
        return (known[0], size, size) if first and len(known) == 3 else (size, size, *known[2:])

    def count(size: int) -> int:
        links = links_before(model, layer, sized(size))
        return (links[-1].shape[-1] or 0) if links else 0

    low, high = 1, _LARGEST_IMAGE + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count(middle) >= features else (middle + 1, high)
    found = []
    while low <= _LARGEST_IMAGE and count(low) == features:
        found.append(sized(low))
        low += 1
    return found


def _conv2d_remedy(layer: Layer, here: Shape, got: Shape, links: list[Link]) -> str:
    if (*here[:2], here[3]) == (*got[:2], got[3]) and len(links) == 1:
        images = links[0].shape[1:]
        first = image_format([layer]) == "channels_first"
        return f"the model for such images: Input({(got[2], *images[1:]) if first else (*images[:2], got[2])})"
    if here[2] == got[2]:
        return (
            f"the same layer as in the model that the weights come from: Conv2D({got[3]}, {got[:2]}) for {layer.label}"
        )
    return (
        f"the layers before {layer.label} as in the model that the weights come from: it gets {got[2]} channels there"
    )


def _shapes(layer: Layer) -> list[Shape]:
    return [variable.shape for variable in layer.weights]
