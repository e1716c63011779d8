"""What planish and Keras share: the same program, with another import."""

from __future__ import annotations


class KerasLike:
    def __init__(self, library, values):
        layers = library.layers
        self.values = values
        self.model = library.Sequential([
            library.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ])  # fmt: skip
        self.library = library
        self.reset()

    def reset(self):
        self.model.compile(self.library.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
        self.model.set_weights(self.values)

    def predict(self, x, batch):
        return self.model.predict(x, batch_size=batch, verbose=0)

    def one(self, x):
        return self.model.predict_on_batch(x)

    def one_call(self, x):
        return self.model.predict(x, verbose=0)

    def fit(self, x, y, batch, shuffle=True):
        self.model.fit(x, y, batch_size=batch, epochs=1, verbose=0, shuffle=shuffle)
