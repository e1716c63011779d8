"""The data set that comes with planish: a balanced tenth of MNIST, for a first run without a network.

The images are MNIST's (Yann LeCun, Corinna Cortes, Christopher Burges), under CC BY-SA 3.0: see digits-LICENSE.txt
beside this file. `tools/make_digits.py` chose them.
"""

from __future__ import annotations

import io
from importlib import resources

from planish.datasets import npz_file
from planish.datasets.splits import Splits

FILE = resources.files("planish.datasets") / "digits.npz"
"""In a folder, or in a zip that planish is imported from."""


def load_data() -> Splits:
    """((x_train, y_train), (x_test, y_test)): uint8 images [6000 and 1000, 28, 28], uint8 labels 0-9 [n].

    600 images of each digit to train with and 100 to test with, in MNIST's order.

    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    >>> x_train.shape[1:], x_train.dtype.name
    ((28, 28), 'uint8')
    """
    return npz_file.read_from(io.BytesIO(FILE.read_bytes()), FILE.name)
