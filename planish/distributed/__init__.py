"""Predictions over the workers of a Dask cluster, or of this machine: `planish.distributed.predict`.

Dask is imported when something is computed, and nothing else of planish needs it: `pip install 'planish[dask]'`.
"""

from __future__ import annotations

from planish.distributed.images import images
from planish.distributed.predicting import predict

__all__ = ["images", "predict"]
