"""Keras's `config`: the defaults that all layers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import absent
from planish.dtype_policies import dtype_policy as dtype_policy
from planish.dtype_policies import floatx as floatx
from planish.dtype_policies import set_dtype_policy as set_dtype_policy
from planish.dtype_policies import set_floatx as set_floatx
from planish.errors import explain, unknown_name
from planish.output import disable_interactive_logging as disable_interactive_logging
from planish.output import enable_interactive_logging as enable_interactive_logging
from planish.output import is_interactive_logging_enabled as is_interactive_logging_enabled
from planish.tracebacks import disable_traceback_filtering as disable_traceback_filtering
from planish.tracebacks import enable_traceback_filtering as enable_traceback_filtering
from planish.tracebacks import is_traceback_filtering_enabled as is_traceback_filtering_enabled

DATA_FORMATS = ("channels_last", "channels_first")
_data_format = "channels_last"


def backend() -> str:
    """The name of what computes: 'planish'."""
    return "planish"


def epsilon() -> float:
    """The small number that keeps logarithms and divisions finite."""
    return 1e-7


def set_epsilon(value: float) -> None:
    """ValueError for anything but 1e-7: losses are compiled with it."""
    _require("set_epsilon", value, epsilon(), "an epsilon of its own for each layer and optimizer: epsilon=...")


def _require(function: str, value: object, only: object, remedy: str) -> None:
    if value != only:
        raise ValueError(
            explain(what=f"{function}: planish has only one value", expected=only, received=repr(value), remedy=remedy)
        )


def image_data_format() -> str:
    """'channels_last' or 'channels_first': the data format of layers and images for which none is given."""
    return _data_format


def set_image_data_format(data_format: str) -> None:
    """Changes what `image_data_format` says, for everything that is made from then on. ValueError for other names."""
    global _data_format
    if str(data_format).lower() not in DATA_FORMATS:
        raise ValueError(unknown_name("data format", data_format, DATA_FORMATS))
    _data_format = str(data_format).lower()


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("config")
