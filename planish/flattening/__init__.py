"""Everything about turning images into rows of numbers."""

from planish.flattening.flatten import flatten

__all__ = ["flatten"]
