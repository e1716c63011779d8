"""Data sets: `load_data()` of each gives ((x_train, y_train), (x_test, y_test)), arrays of uint8 as Keras gives them.

`digits` comes with planish. The others are read where Keras keeps them (~/.keras/datasets, or datasets in $KERAS_HOME),
or from a given path, or downloaded to where Keras would.
"""

from typing import TYPE_CHECKING

from planish import absent
from planish.datasets import cifar10, cifar100, digits, fashion_mnist, mnist

__all__ = ["cifar10", "cifar100", "digits", "fashion_mnist", "mnist"]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("datasets")
