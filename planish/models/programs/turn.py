"""Lets one run at a time train a model, since all runs write to the same weights."""

from __future__ import annotations

from planish.errors import explain
from planish_runtime import forking

_INSIDE_OF_ITSELF = explain(
    what="a model was trained in the middle of its own training steps: from on_train_progress, or a signal handler",
    rule="its steps have to end before others can begin, so these would wait for themselves for ever",
    remedy="train from a hook that runs between steps: on_train_batch_end or on_epoch_end\n"
    "or train a copy of the model: copy.deepcopy(model)",
)


class Turn(forking.Lock):
    """Other threads wait for their turn. The thread that has it is refused: it would wait for itself.

    with turn.lock:
        turn.refuse_inside()
        try:
            turn.taken = True
            ...
        finally:
            turn.taken = False
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken = False

    def refuse_inside(self) -> None:
        """RuntimeError if this thread has it; nothing if another one has."""
        if self.lock.acquire(blocking=False):
            inside = self.taken
            self.lock.release()
            if inside:
                raise RuntimeError(_INSIDE_OF_ITSELF)

    def after_fork(self) -> None:
        if forking.is_lost(self.lock):
            self.taken = False
        super().after_fork()
