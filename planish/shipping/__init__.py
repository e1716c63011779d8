"""Compiled models as files, for machines that have no compiler: `model.build("model.plan")`."""

from planish.shipping.building import build as build
