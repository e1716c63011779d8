"""planish."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from keras_like import KerasLike

import planish


def limit(threads):
    planish.set_num_threads(threads)


class Peer(KerasLike):
    def __init__(self, net, values):
        super().__init__(planish, net, values)
