"""All calls whose results were recorded with real Keras (`record.py`). Needs NumPy only."""

from tests.ops import array_cases, elementwise_cases, product_cases, shape_cases

CASES = [*elementwise_cases.CASES, *array_cases.CASES, *shape_cases.CASES, *product_cases.CASES]
