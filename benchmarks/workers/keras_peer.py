"""Keras, with the backend that the environment names."""

import os

if os.environ.get("KERAS_BACKEND") == "tensorflow":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras_like import KerasLike


def limit(threads):
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)


class Peer(KerasLike):
    def __init__(self, net, values):
        super().__init__(keras, net, values)
