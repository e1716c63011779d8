"""Other ways from the feature map to the Dense layer: built, and counted like the model itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planish.layers import Dense, Flatten, GlobalAveragePooling2D, Layer, MaxPooling2D
from planish.structure.mirrored_maps import AdaptivePool, Pool
from planish.structure.mirrored_rows import Joined, Product
from planish.structure.sources import Shape, built
from planish.structure.steps import Step, steps_of


@dataclass(frozen=True, slots=True)
class Alternative:
    """A model that differs from the user's in one respect. `change` says where, as one would type it.

    `features` is what its first Dense gets; the other counts are those of the whole model, as in `Step`.
    """

    change: str
    features: int
    parameters: int
    multiply_adds: int
    activation_nbytes: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A Flatten and the Dense after it."""

    flatten: Step
    dense: Step

    @property
    def features(self) -> int:
        return self.flatten.output_shape[-1]

    @property
    def parameters(self) -> int:
        """Those of the Dense: Flatten has none."""
        return self.dense.parameters


def pair_in(layers: Sequence[Layer], steps: Sequence[Step]) -> Pair | None:
    """The first Flatten that is followed by a Dense; None if there is none. One step per layer."""
    places = _places(layers)
    return None if places is None else Pair(steps[places[0]], steps[places[1]])


def alternatives_to(layers: Sequence[Layer], steps: Sequence[Step]) -> tuple[Alternative, ...]:
    """What one might do instead of this Flatten -> Dense, as far as it makes sense. One step per layer."""
    places = _places(layers)
    if places is None:
        return ()
    flatten, dense = places
    before, after = list(layers[:flatten]), list(layers[flatten + 1 :])
    made = list(_other_maps(layers[flatten], steps[flatten].input_shape, before, after))
    units = layers[dense].units  # type: ignore[attr-defined]
    if units > 1 and any(isinstance(layer, (Dense, Product)) for layer in layers[dense + 1 :]):
        smaller = layers[dense].unbuilt_copy()
        smaller.units = units // 2
        kind = "nn.LazyLinear" if isinstance(smaller, Product) else "Dense"
        change = f"{kind}({units // 2}) for {kind}({units})"
        made.append((change, [*layers[:dense], smaller, *layers[dense + 1 :]]))
    counted = (_counted(change, each, layers[dense].name, steps[0].input_shape) for change, each in made)
    return tuple(each for each in counted if each is not None)


def _places(layers: Sequence[Layer]) -> tuple[int, int] | None:
    """Where the first Flatten is, and where the first Dense after it."""
    flattens = [place for place, layer in enumerate(layers) if isinstance(layer, Flatten)]
    if not flattens:
        return None
    first = flattens[0]
    dense = [place for place in range(first, len(layers)) if isinstance(layers[place], (Dense, Product))]
    return (first, dense[0]) if dense else None


def _other_maps(
    flatten: Layer, shape: Shape, before: list[Layer], after: list[Layer]
) -> Iterator[tuple[str, list[Layer]]]:
    """Changes in front of the Dense, for maps that have rows and columns."""
    data_format = str(flatten.data_format)  # type: ignore[attr-defined]
    size = shape[1:] if data_format == "channels_first" else shape[:2]
    if len(shape) != 3 or max(size) == 1:
        return
    if isinstance(flatten, Joined):
        everything = AdaptivePool("AdaptiveAvgPool2d", "one_pixel", largest=False, size=(1, 1))
        yield "nn.AdaptiveAvgPool2d(1) before nn.Flatten()", [*before, everything, flatten, *after]
        halved = Pool(
            "MaxPool2d",
            "one_more_pooling",
            largest=True,
            window=(2, 2),
            strides=(2, 2),
            padding=(0, 0),
            dilation=(1, 1),
            ceil=False,
        )
        if min(size) > 1:
            yield "nn.MaxPool2d(2) before nn.Flatten()", [*before, halved, flatten, *after]
        return
    average = GlobalAveragePooling2D(data_format, name="one_pixel")
    yield "GlobalAveragePooling2D() for Flatten()", [*before, average, *after]
    if min(size) > 1:
        pool = MaxPooling2D(2, data_format=data_format, name="one_more_pooling")
        yield "MaxPooling2D(2) before Flatten()", [*before, pool, flatten, *after]


def _counted(change: str, layers: Sequence[Layer], dense: str, shape: Shape) -> Alternative | None:
    """The counts of the changed model, which is built for it; None if later layers cannot take the change."""
    fresh = [layer.unbuilt_copy() for layer in layers]
    for layer in fresh:
        if isinstance(layer, Product):
            layer.features = None  # the module's own number is for the map as it was
    try:
        steps = steps_of(built(fresh, shape, "alternative"))
    except ValueError:  # a Reshape, for example, that needs just as many numbers as before
        return None
    features = next(step.input_shape[-1] for step in steps if step.name == dense)
    return Alternative(
        change,
        features,
        sum(step.parameters for step in steps),
        sum(step.multiply_adds for step in steps),
        sum(step.activation_nbytes for step in steps),
    )
