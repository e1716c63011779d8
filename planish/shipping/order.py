"""What `build` was asked for, as the user gave it: each kind of file checks what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from planish.shipping.to_ship import ToShip


@dataclass(frozen=True, slots=True)
class Order:
    """The arguments of `shipping.build`. `model` gives what is shipped, and says what cannot be shipped: it is called
    once everything else is known to make sense."""

    model: Callable[[], ToShip]
    path: Any
    targets: str | Sequence[str] | None
    batch: Any
    dtypes: Any
    prefix: Any = None
    form: Any = None
