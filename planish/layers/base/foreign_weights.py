"""What to do about arrays that do not have the shapes of a layer's weights, or of a model's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from planish.errors import number_of

if TYPE_CHECKING:
    from planish.layers.base.weight_owner import WeightOwner
    from planish.variable import Variable

Shape = tuple[int, ...]

_TURNS = {2: ".T", 4: ".transpose(2, 3, 1, 0)"}
"""What turns a kernel of PyTorch's into one of planish's, by the number of its axes."""


def listed(shapes: Sequence[Shape], names: Sequence[str] = ()) -> str:
    """ "2 arrays: kernel (784, 10), bias (10,)"."""
    count = number_of(len(shapes), "array")
    named = [f"{name} {shape}" for name, shape in zip(names, shapes, strict=True)] if names else map(str, shapes)
    return f"{count}: {', '.join(named)}" if shapes else count


def layer_remedy(layer: WeightOwner, shapes: Sequence[Shape]) -> str:
    """The remedy for arrays of `shapes`, which are not those of the layer's weights."""
    names, expected = [variable.name for variable in layer.weights], [variable.shape for variable in layer.weights]
    if not layer.built:
        return "build it first: build(input_shape)"
    if not names:
        return "leave it out: the layer has no weights"
    turned = from_pytorch(expected, shapes, names)
    if turned:
        return f"for PyTorch's arrays: set_weights([{', '.join(turned)}])" + _other_order(layer, turned)
    if sorted(shapes) == sorted(expected):
        return f"set_weights([{', '.join(names)}]), the order of get_weights()"
    absent = left_out(expected, shapes)
    if absent:
        return f"set_weights([{', '.join(names)}]): {' and '.join(names[place] for place in absent)} missing"
    superfluous = left_out(shapes, expected)
    if superfluous:
        return f"leave out {' and '.join(f'weights[{place}]' for place in superfluous)}"
    return "the weights of a layer that was built with the same arguments, for the same input"


def from_pytorch(expected: Sequence[Shape], shapes: Sequence[Shape], names: Sequence[str]) -> list[str]:
    """The code that makes weights from PyTorch's arrays, whose first axis is the outputs'; [] if they are not such.

    `names` are the names of the arrays.
    """
    if len(shapes) != len(expected):
        return []
    turned = []
    for here, got, name in zip(expected, shapes, names, strict=True):
        if here == got:
            turned.append(name)
        elif (turn := _TURNS.get(len(here))) and got == _of_pytorch(here):
            turned.append(name + turn)
        else:
            return []
    return turned


def _of_pytorch(shape: Shape) -> Shape:
    """PyTorch's shape of the weight: outputs, inputs, and then rows and columns if there are any."""
    return (shape[-1], shape[-2], *shape[:-2])


def _other_order(layer: WeightOwner, turned: Sequence[str]) -> str:
    """The rows of a kernel behind the Flatten of a map are in another order, which the shapes do not show."""
    links = layer._build_links
    behind = len(links) > 1 and links[-1].kind == "Flatten" and len(links[-2].shape) == 4
    kernels = [code for code in turned if code.endswith(".T")]
    if not behind or not kernels:
        return ""
    return (
        f"\nwhere rows behind Flatten are in another order: {kernels[0]}[model.flatten_map().permutation(inverse=True)]"
    )


def left_out(whole: Sequence[Shape], part: Sequence[Shape]) -> list[int]:
    """Indices of `whole` that are not in `part`, if nothing else distinguishes the two; else none."""
    places, rest = [], list(part)
    for place, shape in enumerate(whole):
        if rest and rest[0] == shape:
            rest.pop(0)
        else:
            places.append(place)
    return [] if rest else places


def paths(variables: Sequence[Variable]) -> list[str]:
    """The variables' names as their user knows them."""
    return [f"'{variable.path}'" for variable in variables]
