"""A network of another library, before it is planish's: operators in ONNX's words, channels first, in the order in
which they are computed.

Readers of ONNX files and of PyTorch modules make one; `convert.building` and `planish.structure` read it. Operators
mean what version 18 of ONNX's operator set says: whoever reads an older file, or another library, writes it in these
words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Port:
    """An input of the network. `shape` begins with the batch axis; None stands for an extent that is not fixed."""

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """One operator. `inputs` names values, and constants; None is an optional one that is not given. `settings` are
    ONNX's attributes, as far as they are given: numbers, strings, tuples of them, arrays.

    `name` is what its users call it: a node's name, or the path of a module, "features.0". `called` is what their
    library calls its kind: "Conv", "Conv2d", "view".
    """

    kind: str
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    called: str = ""


@dataclass(frozen=True, eq=False)
class ForeignGraph:
    """The whole network. `constants` are its weights, and what the operators read besides."""

    library: str
    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[str, ...]
    operations: tuple[Operation, ...]
    constants: Mapping[str, np.ndarray[Any, Any]]
