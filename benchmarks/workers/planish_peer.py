"""planish."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from keras_like import KerasLike

import planish


class Peer(KerasLike):
    def __init__(self, values, threads):
        planish.set_num_threads(threads)
        super().__init__(planish, values)
