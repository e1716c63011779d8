"""What all metrics share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from planish import initializers, naming
from planish.absent.attributes import Told
from planish.constructors import Constructed
from planish.errors import explain
from planish.metrics import recording
from planish.metrics.state import State
from planish.tensor import tensor


class Metric(Constructed, Told):
    """Base of all metrics: `update_state` takes any number of rows, `result` reads, `reset_state` starts over.

    Subclasses make what they remember with `add_variable`: float64 sums, so that the grouping of rows changes at most
    the last digits of a result.

    >>> metric = keras.metrics.Mean(name="seconds")
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    2.0
    """

    keras_kinds: tuple[str, ...] = ("Metric",)
    _direction: str | None = None
    """'up' or 'down': which way is better. Callbacks read it."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        recording.prepare(cls)

    @property
    def by_batch(self) -> bool:
        """Whether it has to see one batch at a time, as it does in Keras: a metric of the user's own may do anything
        with its rows. Others see as many at once as there are."""
        return type(self).__module__.partition(".")[0] != "planish"

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        self.name = name or naming.automatic_name(type(self).__name__)
        if dtype not in (None, "float32", "float64"):
            raise ValueError(
                explain(
                    what=f"metric '{self.name}': `dtype` is not supported",
                    rule="metrics are computed in float64",
                    expected="None or 'float32'",
                    received=repr(dtype),
                )
            )
        self.dtype = "float32"
        self._variables: list[State] = []

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: str | None = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> State:
        """A float64 array that `reset_state` sets to zero. `dtype` and `aggregation` change nothing."""
        self.require_init()
        start: Callable[..., Any] = np.zeros if initializer is None else initializers.get(initializer)
        state = State(shape, name or f"variable_{len(self._variables)}", start)
        self._variables.append(state)
        return state

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = None, dtype: str | None = None, name: str | None = None
    ) -> State:
        """`add_variable` under its older name; the name may come first, as in Keras 2."""
        if isinstance(shape, str):
            name, shape = shape, ()
        return self.add_variable(shape, initializer, dtype, name=name)

    def require_init(self) -> None:
        """TypeError for a subclass that does not call `super().__init__()`."""
        if "_variables" not in vars(self):
            raise TypeError(
                explain(
                    what=f"metric {type(self).__name__}: `super().__init__()` was not called",
                    remedy="super().__init__(name=name) in the first line of __init__",
                )
            )

    @property
    def variables(self) -> list[State]:
        """Its own, then those of the metrics that are its attributes, or in lists that are."""
        values = [item for value in vars(self).values() for item in (value if isinstance(value, list) else [value])]
        inner = [metric for metric in values if isinstance(metric, Metric)]
        return [*self._variables, *(state for metric in inner for state in metric.variables)]

    def update_state(self, *arguments: Any, **named: Any) -> None:
        raise NotImplementedError(f"metric {type(self).__name__} defines no update_state(...)")

    def result(self) -> Any:
        raise NotImplementedError(f"metric {type(self).__name__} defines no result()")

    def reset_state(self) -> None:
        for state in self.variables:
            state.reset()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Updates, and gives the result of all rows so far."""
        self.update_state(*arguments, **named)
        return tensor(self.result())

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Metric:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
