"""Sums over the batch: y[kept] = sum of x[image, kept, reduced] (see `codegen.pieces.reducing`)."""

from planish.codegen.pieces.reducing import OF_BATCH

KERNEL = OF_BATCH
