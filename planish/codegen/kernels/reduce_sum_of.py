"""Sums of an expression along axes of an image: y[kept] = sum of e(x, ...)[kept, reduced]
(see `codegen.pieces.reducing`)."""

from planish.codegen.pieces.reducing import OF_IMAGE

KERNEL = OF_IMAGE
