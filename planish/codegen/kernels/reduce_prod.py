"""Products along axes of an image: y[kept] = product of x[kept, reduced] (see `codegen.pieces.reducing`)."""

from planish.codegen.pieces.reducing import OF_IMAGE

KERNEL = OF_IMAGE
