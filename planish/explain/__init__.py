"""A report on a model and one image: what every layer makes of the image, as one self-contained HTML page."""

from planish.explain.report import Report, report

__all__ = ["Report", "report"]
