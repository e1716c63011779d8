"""What the callbacks that set the learning rate share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish.errors import explain

if TYPE_CHECKING:
    from planish.models.model import Model


def require_settable_rate(owner: object, model: Model) -> None:
    """TypeError if the learning rate of the model's optimizer follows a schedule."""
    optimizer = model.optimizer
    if getattr(optimizer, "follows_schedule", False):
        raise TypeError(
            explain(
                what=f"{type(owner).__name__} cannot set the learning rate: it follows a schedule",
                expected=f"an optimizer that was made with a number: {type(optimizer).__name__}(0.001)",
                received=f"{type(optimizer).__name__} with a schedule",
                remedy="make the optimizer with a number, or leave the callback out",
            )
        )
