"""Everything about turning feature maps into rows of numbers: which number is which, and what it saw."""

from planish.flattening.flatten import flatten
from planish.flattening.flatten_map import FlattenMap
from planish.flattening.unflatten import unflatten
from planish.flattening.window import Window

__all__ = ["FlattenMap", "Window", "flatten", "unflatten"]
