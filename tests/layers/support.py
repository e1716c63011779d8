"""What tests of layers share."""

import json

import numpy as np
import pytest


def again(layer):
    """The layer that its configuration describes, through JSON as in a file."""
    config = json.loads(json.dumps(layer.get_config()))
    return type(layer).from_config(config)


def images(*shape, seed=0):
    """Normally distributed float32 numbers of the shape (batch axis first)."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def error_of(mistake, kind=ValueError):
    """The lines of the message that a call raises."""
    with pytest.raises(kind) as caught:
        mistake()
    return str(caught.value).splitlines()
