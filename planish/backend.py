"""The few functions of Keras's `backend` that programs still call."""

from planish.utils import clear_session

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]


def epsilon() -> float:
    """The small number that keeps logarithms and divisions finite."""
    return 1e-7


def floatx() -> str:
    """The type of weights and computations."""
    return "float32"


def image_data_format() -> str:
    """The data format of layers that are given none."""
    return "channels_last"
