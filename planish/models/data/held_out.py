"""`validation_split`: rows that are held out of training."""

from __future__ import annotations

import math

from planish.errors import explain, number_of
from planish.models.data.in_memory import Arrays


def split_off(data: Arrays, fraction: float) -> tuple[Arrays, Arrays]:
    """(training, validation): the last `fraction` of the rows is for validation. Views, nothing is copied."""
    if not 0 < fraction < 1:
        raise ValueError(explain(what="`validation_split` is not a fraction", expected="0 to 1", received=fraction))
    cut = math.floor(len(data) * (1.0 - fraction))
    if cut in (0, len(data)):
        raise ValueError(
            explain(
                what=f"{number_of(len(data), 'image is', 'images are')} too few for validation_split={fraction}",
                expected="at least one image to train on and one to validate on",
                received=f"{cut} and {len(data) - cut}",
                remedy="validation_split=0.5, or validation_data=(x_val, y_val)"
                if len(data) > 1
                else "validation_data=(x_val, y_val), or more images",
            )
        )
    return data.rows(0, cut), data.rows(cut, len(data))
