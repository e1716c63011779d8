"""Random programs: lines of Python that make a functional model of layers and operations, one value a line."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import planish
from planish import ops

HEADER = "import numpy as np\nimport planish as keras\nfrom planish import ops\n"


class Program(NamedTuple):
    """Lines that make values, each `name = ...`; the first ones are the inputs. `outputs` are names."""

    lines: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def text(self) -> str:
        """The whole of it, to be run and to be reported."""
        model = f"model = keras.Model([{', '.join(self.inputs)}], [{', '.join(self.outputs)}])"
        return "\n".join([HEADER.rstrip(), "keras.utils.set_random_seed(1)", *self.lines, model, ""])


def run(program: Program) -> Any:
    """The model."""
    names: dict[str, Any] = {}
    exec(compile(program.text(), "<fuzz>", "exec"), names)
    return names["model"]


class Value(NamedTuple):
    """`exact`: made of an input by moves alone, so that comparing and sorting cannot depend on how sums are rounded."""

    name: str
    tensor: Any
    exact: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape[1:])


class Writer:
    """Writes one program, line by line; a line that is refused with a ValueError is left out."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.names: dict[str, Any] = {"keras": planish, "ops": ops}
        exec("import numpy as np", self.names)
        self.lines: list[str] = []
        self.values: list[Value] = []

    def write(self, expression: str, exact: bool = False) -> None:
        name = f"t{len(self.lines)}"
        try:
            made = eval(expression, self.names)
        except (ValueError, NotImplementedError):
            return
        if not hasattr(made, "shape") or made.shape[:1] != (None,) or self._too_large(made):
            return
        self.names[name] = made
        self.lines.append(f"{name} = {expression}")
        self.values.append(Value(name, made, exact))

    def _too_large(self, tensor: Any) -> bool:
        size = 1
        for extent in tensor.shape[1:]:
            size *= extent
        return size > 20_000

    def pick(self, rank: int | None = None, exact: bool = False) -> Value | None:
        """One of the later values, rather; none if nothing is as asked."""
        able = [v for v in self.values if (rank is None or len(v.shape) == rank) and (v.exact or not exact)]
        return self.dice.choice(able[-6:] if self.dice.random() < 0.7 else able) if able else None

    def axis(self, value: Value) -> int:
        """An axis that is not the batch's, from either end."""
        axis = self.dice.randrange(1, len(value.shape) + 1)
        return axis if self.dice.random() < 0.5 else axis - len(value.shape) - 1


Rule = Callable[[Writer], None]


def unary(w: Writer) -> None:
    v = w.pick()
    function = w.dice.choice(
        ["tanh", "sigmoid", "square", "abs", "relu", "sin", "silu", "softplus", "negative", "gelu"]
    )
    if v:
        w.write(f"ops.{function}({v.name})")


def binary(w: Writer) -> None:
    a, b = w.pick(), w.pick()
    if a and b:
        operator = w.dice.choice(["+", "-", "*"])
        w.write(f"{a.name} {operator} {b.name}")
        w.write(f"ops.{w.dice.choice(['maximum', 'minimum'])}({a.name}, {b.name})", a.exact and b.exact)


def with_number(w: Writer) -> None:
    v = w.pick()
    if v:
        number = w.dice.choice(["0.5", "-1", "2", "1.5"])
        w.write(w.dice.choice(["{v} * {n}", "{n} - {v}", "{v} + {n}", "{v} / {n}"]).format(v=v.name, n=number))


def with_table(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        table = [round(w.dice.uniform(-1, 1), 2) for _ in range(v.shape[-1])]
        w.write(f"{v.name} * np.array({table}, np.float32)")


def reduction(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        function = w.dice.choice(["sum", "mean", "max", "min", "var", "logsumexp", "prod"])
        axes: Any = w.axis(v)
        if w.dice.random() < 0.4:
            count = w.dice.randint(1, len(v.shape))
            axes = tuple(w.dice.sample(range(1, len(v.shape) + 1), count))
        w.write(f"ops.{function}(ops.tanh({v.name}), axis={axes}, keepdims={w.dice.random() < 0.5})")


def batch_statistics(w: Writer) -> None:
    v = w.pick()
    if v:
        function = w.dice.choice(["mean", "sum", "max", "min", "var"])
        w.write(f"{v.name} - ops.{function}(ops.sigmoid({v.name}), axis=0, keepdims=True)")


def sliced(w: Writer) -> None:
    v = w.pick()
    if not v or not v.shape:
        return
    parts = []
    for extent in v.shape:
        start = w.dice.randrange(extent) if extent else 0
        parts.append(w.dice.choice([":", f"{start}:", "::2", "::-1", f":{start + 1}", str(start), "-1:", "None"]))
    w.write(f"{v.name}[:, {', '.join(parts)}]", v.exact)


def gathered(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        axis = w.axis(v)
        extent = v.tensor.shape[axis]
        places = [w.dice.randrange(-extent, extent) for _ in range(w.dice.randint(1, 5))] if extent else []
        w.write(f"ops.take({v.name}, {places}, axis={axis})", v.exact)


def matmul(w: Writer) -> None:
    v, other = w.pick(), w.pick()
    if v and len(v.shape) >= 2:
        turned = f"ops.swapaxes({v.name}, -1, -2)"
        w.write(f"ops.matmul({v.name}, {turned}) / {max(v.shape[-1], 1)}")
        if other:
            w.write(f"ops.matmul({turned}, {other.name})")
    if v and other and v.shape:
        w.write(f"ops.einsum('b...i,b...i->b...', {v.name}, {other.name})")


def joined(w: Writer) -> None:
    a, b = w.pick(), w.pick()
    if a and b and a.shape:
        axis = w.axis(a)
        w.write(f"ops.concatenate([{a.name}, {b.name}, {a.name}], axis={axis})", a.exact and b.exact)
        w.write(f"ops.stack([{a.name}, {b.name}], axis={axis})", a.exact and b.exact)


def moved(w: Writer) -> None:
    v = w.pick()
    if not v or not v.shape:
        return
    axes = list(range(1, len(v.shape) + 1))
    w.dice.shuffle(axes)
    axis = w.axis(v)
    w.write(
        w.dice.choice(
            [
                f"ops.transpose({v.name}, {(0, *axes)})",
                f"ops.reshape({v.name}, (-1, {int(_size(v))}))",
                f"ops.flip({v.name}, axis={axis})",
                f"ops.roll({v.name}, {w.dice.randint(-3, 3)}, axis={axis})",
                f"ops.expand_dims({v.name}, {axis})",
                f"ops.repeat({v.name}, 2, axis={axis})",
                f"ops.split({v.name}, [1], axis={axis})[{w.dice.randint(0, 1)}]",
                f"ops.tile({v.name}, {(1, *[w.dice.randint(1, 2) for _ in v.shape])})",
                f"ops.pad({v.name}, {((0, 0), *[(w.dice.randint(0, 2), w.dice.randint(0, 1)) for _ in v.shape])})",
            ]
        ),
        v.exact,
    )


def _size(value: Value) -> int:
    size = 1
    for extent in value.shape:
        size *= extent
    return size


def resized(w: Writer) -> None:
    v = w.pick(3)
    if v:
        size = (w.dice.randint(1, 9), w.dice.randint(1, 9))
        way = w.dice.choice(["nearest", "bilinear"])
        w.write(f"ops.image.resize({v.name}, {size}, interpolation='{way}')", v.exact and way == "nearest")


def ordered(w: Writer) -> None:
    v = w.pick(exact=True)
    if v and v.shape:
        w.write(f"ops.top_k({v.name}, {w.dice.randint(1, max(v.shape[-1], 1))})[{w.dice.randint(0, 1)}] * 1.0")
        w.write(f"ops.sort({v.name}, axis={w.axis(v)})")
        w.write(f"ops.cast(ops.argmax({v.name}, axis={w.axis(v)}), 'float32')")
        w.write(f"ops.where({v.name} > 0, {v.name}, 0.1 * {v.name})")


def scanned(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        w.write(f"ops.cumsum({v.name}, axis={w.axis(v)}) * 0.1")


def softmaxed(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        w.write(f"ops.{w.dice.choice(['softmax', 'log_softmax'])}({v.name}, axis={w.axis(v)})")


def merged(w: Writer) -> None:
    a, b = w.pick(), w.pick()
    if a and b:
        kind = w.dice.choice(["Add", "Average", "Maximum", "Multiply", "Concatenate", "Dot"])
        arguments = "axes=-1" if kind == "Dot" else f"axis={w.axis(a)}" if kind == "Concatenate" and a.shape else ""
        w.write(f"keras.layers.{kind}({arguments})([{a.name}, {b.name}])")


def map_layer(w: Writer) -> None:
    v = w.pick(3)
    if v:
        layer = w.dice.choice(
            [
                f"Conv2D({w.dice.randint(1, 5)}, {w.dice.randint(1, 3)}, strides=2, padding='same')",
                f"Conv2D({w.dice.randint(1, 5)}, 3, padding='same')",
                "Conv2D(3, 2, activation='relu')",
                "MaxPooling2D(2, padding='same')",
                "AveragePooling2D(2, padding='same')",
                "GlobalAveragePooling2D()",
                "GlobalMaxPooling2D()",
            ]
        )
        w.write(f"keras.layers.{layer}({v.name})")


def any_layer(w: Writer) -> None:
    v = w.pick()
    if v and v.shape:
        layer, called = w.dice.choice(
            [
                (f"Dense({w.dice.randint(1, 6)}, activation='tanh')", ""),
                ("BatchNormalization()", ""),
                ("Flatten()", ""),
                ("Dropout(0.4)", ""),
                ("BatchNormalization()", ", training=True"),
                ("Activation('elu')", ""),
            ]
        )
        w.write(f"keras.layers.{layer}({v.name}{called})")


def of_whole_numbers(w: Writer) -> None:
    v = next((v for v in w.values if "int" in str(v.tensor.dtype)), None)
    if v:
        w.write(f"ops.one_hot({v.name}, 5)")
        w.write(f"ops.take(np.linspace(-1, 1, 10).reshape(5, 2).astype('float32'), {v.name}, axis=0)")
        w.write(f"ops.cast({v.name}, 'float32') * 0.3")


RULES: tuple[Rule, ...] = (
    unary, binary, with_number, with_table, reduction, batch_statistics, sliced, gathered, matmul, joined, moved,
    resized, ordered, scanned, softmaxed, merged, map_layer, any_layer, of_whole_numbers,
)  # fmt: skip

_INPUTS = ("(5, 7, 3)", "(6,)", "(1,)", "(3, 4)", "(9, 1, 2)", "(4, 4, 1)", "(2, 3, 4, 2)")


def random_program(seed: int) -> Program:
    """The program of a seed: one to three inputs, up to 14 operations, one to five outputs, which may repeat."""
    w = Writer(seed)
    for _ in range(w.dice.choice([1, 1, 2, 3])):
        w.write(f"keras.Input({w.dice.choice(_INPUTS)})", exact=True)
    if w.dice.random() < 0.3:
        w.write(f"keras.Input({w.dice.choice(['(3,)', '(1,)', '(4, 2)'])}, dtype='int32')", exact=True)
    inputs = tuple(value.name for value in w.values)
    for _ in range(w.dice.randint(2, 14)):
        w.dice.choice(RULES)(w)
    return Program(tuple(w.lines), inputs, _outputs(w))


def _outputs(w: Writer) -> tuple[str, ...]:
    chosen = [w.values[-1].name, *(w.dice.choice(w.values).name for _ in range(w.dice.choice([0, 1, 3, 4])))]
    return tuple(chosen)
