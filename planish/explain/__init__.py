"""A report on a model and one image: what every layer makes of it, as one HTML page that needs nothing else."""

from planish.explain.report import Report, report

__all__ = ["Report", "report"]
