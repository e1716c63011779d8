"""What planish and Keras share: the same program with a different import."""

from __future__ import annotations

from nets import Conv, Dense, Dropout, Pool


class KerasLike:
    def __init__(self, library, net, values):
        self.library = library
        self.values = values
        self.model = library.Sequential([library.Input(net.shape), *_layers(library.layers, net)])
        self.reset()

    def reset(self, optimizer="adam"):
        """The starting weights, and an optimizer without memory."""
        optimizers = self.library.optimizers
        rule = optimizers.Adam(0.001) if optimizer == "adam" else optimizers.SGD(0.05)
        self.model.compile(rule, "sparse_categorical_crossentropy")
        self.model.set_weights(self.values)

    def weights(self):
        return self.model.get_weights()

    def predict(self, x, batch):
        return self.model.predict(x, batch_size=batch, verbose=0)

    def one(self, x):
        return self.model.predict_on_batch(x)

    def one_call(self, x):
        return self.model.predict(x, verbose=0)

    def fit(self, x, y, batch, shuffle=True):
        """The mean loss of an epoch."""
        return self.model.fit(x, y, batch_size=batch, epochs=1, verbose=0, shuffle=shuffle).history["loss"][0]


def _layers(layers, net):
    made = [_layer(layers, layer) for layer in net.layers]
    return [*made, layers.Activation("softmax")]


def _layer(layers, layer):
    match layer:
        case Conv(filters, kernel, stride, padding):
            return layers.Conv2D(filters, kernel, strides=stride, padding=padding)
        case Pool("max", size):
            return layers.MaxPooling2D(size)
        case Pool("average", size):
            return layers.AveragePooling2D(size)
        case Dense(units):
            return layers.Dense(units)
        case Dropout(rate):
            return layers.Dropout(rate)
    if layer.kind in ("relu", "tanh"):
        return layers.Activation(layer.kind)
    plain = {"flatten": "Flatten", "batch_norm": "BatchNormalization", "global_average": "GlobalAveragePooling2D"}
    return getattr(layers, plain[layer.kind])()
