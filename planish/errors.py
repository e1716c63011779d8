"""Messages about mistakes. Their form is the runtime's (`planish_runtime/errors.py`); what only models need is here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish_runtime.errors import Explanation as Explanation
from planish_runtime.errors import explain as explain
from planish_runtime.errors import nearest_names as nearest_names
from planish_runtime.errors import number_of as number_of
from planish_runtime.errors import plural_if as plural_if
from planish_runtime.errors import unknown_name as unknown_name


class TooSmall(Explanation):
    """The text of an error about an extent that is smaller than what is done with it needs."""

    __slots__ = ()


def is_too_small(error: BaseException) -> bool:
    """Whether a larger extent would do: where one only stands in for a size that comes with the data, there are."""
    return bool(error.args) and isinstance(error.args[0], TooSmall)


def is_explained(error: BaseException) -> bool:
    """Whether an error says what its user did wrong, so that the line that raised it adds nothing."""
    return bool(error.args) and isinstance(error.args[0], Explanation)


class ExplainedError(ValueError):
    """A mistake that keeps the parts of its text, for a caller that knows more about it and can explain it better."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(explain(**parts))
        self._parts = parts

    def told_with(self, **more: Any) -> ValueError:
        """The same with these parts as well (or instead): an error of the plain kind."""
        return ValueError(explain(**{**self._parts, **more}))

    def __reduce__(self) -> tuple[Callable[..., ValueError], tuple[str]]:
        """In another process it is its text: exceptions are pickled with positional arguments."""
        return ValueError, (str(self),)


def no_tensorflow(what: str) -> str:
    """The message about `what` ("a symbolic tensor") where a function of TensorFlow was to take it."""
    return explain(
        what=f"TensorFlow's functions cannot take {what}",
        rule="planish compiles what layers compute, and TensorFlow's functions are not planish's",
        expected="operators, and planish.ops, whose functions are called as keras.ops are",
        remedy="from planish import ops\n"
        "ops.mean(x, axis=-1) for tf.reduce_mean, ops.concatenate([x, y]) for tf.concat, ops.reshape(x, shape)",
    )


def kind_with_article(value: object) -> str:
    """What a value is, for messages: "a list", "an int"."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
