"""Means along axes of an image: y[kept] = sum of x[kept, reduced] / count (see `codegen.pieces.reducing`)."""

from planish.codegen.pieces.reducing import OF_IMAGE

KERNEL = OF_IMAGE
