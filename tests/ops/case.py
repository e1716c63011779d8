"""A call of a function of `keras.ops`, with what becomes of its arrays when it is compiled."""

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """`nodes` has a letter for each array among the arguments and settings, in order: "b" one value for each image, "u"
    a value that all images share, "-" an array as it is. None: the call cannot be compiled.
    """

    name: str
    arguments: tuple[Any, ...]
    settings: dict[str, Any]
    nodes: str | None

    @property
    def key(self) -> str:
        told = [*map(_told, self.arguments), *(f"{name}={_told(value)}" for name, value in self.settings.items())]
        return f"{self.name}({', '.join(told)})" + (f" {self.nodes}" if self.nodes else "")


def _told(value: Any) -> str:
    if isinstance(value, np.ndarray):
        sum_ = int(np.nan_to_num(np.abs(value.astype(float)), posinf=1.0).sum() * 1000) % 9973
        return f"{value.dtype}[{','.join(map(str, value.shape))}]#{sum_}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_told, value))}]"
    return repr(value)


def words(text: str) -> list[str]:
    return text.split()


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def case(name: str, *arguments: Any, nodes: str | None = "", **settings: Any) -> Case:
    """`nodes` "" stands for "b" for every array of floats, and "-" for the others."""
    if nodes == "":
        flat = [*arguments, *settings.values()]
        flat = [item for value in flat for item in (value if isinstance(value, list | tuple) else [value])]
        nodes = "".join("b" if item.dtype.kind == "f" else "-" for item in flat if is_array(item))
    return Case(name, arguments, settings, nodes)
