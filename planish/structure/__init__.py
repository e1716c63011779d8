"""What models of planish, Keras and PyTorch consist of, before any number is computed: shapes, sizes and costs."""

from planish.structure.features import FlatFeatures, flat_features
from planish.structure.maps import flatten_map
from planish.structure.overview import Shapes, shapes

__all__ = ["FlatFeatures", "Shapes", "flat_features", "flatten_map", "shapes"]
