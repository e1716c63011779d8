"""Two threads with one model."""

import threading

import numpy as np

import planish
from planish.layers import Dense

X = np.random.default_rng(0).random((5, 3), np.float32)


class Slow(planish.Model):
    """Takes its time to be traced: until another thread has predicted, or waits for this one."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(2)
        self.begun, self.other_done = threading.Event(), threading.Event()

    def call(self, x):
        self.begun.set()
        self.other_done.wait(0.2)
        return self.dense(x)


def test_a_thread_waits_for_another_that_builds_the_model():
    model, other = Slow(), []

    def predict():
        model.begun.wait()
        try:
            other.append(model.predict(X, verbose=0))
        finally:
            model.other_done.set()

    thread = threading.Thread(target=predict)
    thread.start()
    own = model.predict(X, verbose=0)
    thread.join()
    assert np.array_equal(own, other[0])
    assert len(model.weights) == 2
