"""Minima along axes of an image: y[kept] = the smallest of x[kept, reduced] (see `codegen.pieces.reducing`)."""

from planish.codegen.pieces.reducing import OF_IMAGE

KERNEL = OF_IMAGE
