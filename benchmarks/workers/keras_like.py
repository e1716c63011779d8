"""What planish and Keras share: the same program with a different import."""

from __future__ import annotations

from nets import Border, Branches, Conv, Dense, Depthwise, Dropout, Pool

MERGED = {"add": "Add", "multiply": "Multiply", "concat": "Concatenate"}


class KerasLike:
    def __init__(self, library, net, values):
        self.library = library
        self.values = values
        self.model, self.weighted = _model(library, net)
        self.reset()

    def reset(self, optimizer="adam"):
        """The starting weights, and an optimizer without memory."""
        optimizers = self.library.optimizers
        rule = optimizers.Adam(0.001) if optimizer == "adam" else optimizers.SGD(0.05)
        self.model.compile(rule, "sparse_categorical_crossentropy")
        values = iter(self.values)
        for layer in self.weighted:
            layer.set_weights([next(values) for _ in layer.weights])

    def weights(self):
        return [value for layer in self.weighted for value in layer.get_weights()]

    def predict(self, x, batch):
        return self.model.predict(x, batch_size=batch, verbose=0)

    def one(self, x):
        return self.model.predict_on_batch(x)

    def one_call(self, x):
        return self.model.predict(x, verbose=0)

    def fit(self, x, y, batch, shuffle=True):
        """The mean loss of an epoch."""
        return self.model.fit(x, y, batch_size=batch, epochs=1, verbose=0, shuffle=shuffle).history["loss"][0]


def _model(library, net):
    """A Sequential model if it can be one; and the layers that have weights, in the order of the description."""
    made = []
    if net.is_chain():
        made = [_layer(library.layers, layer) for layer in net.layers]
        model = library.Sequential([library.Input(net.shape), *made, library.layers.Activation("softmax")])
    else:
        inputs = library.Input(net.shape)
        x = _through(library.layers, net.layers, inputs, made)
        model = library.Model(inputs, library.layers.Activation("softmax")(x), name=net.name)
    return model, [layer for layer in made if layer.weights]


def _through(layers, description, x, made):
    """x after the described layers, which are added to `made`."""
    for layer in description:
        if isinstance(layer, Branches):
            ends = [_through(layers, branch, x, made) for branch in layer.branches]
            x = getattr(layers, MERGED[layer.kind])()(ends)
        else:
            made.append(_layer(layers, layer))
            x = made[-1](x)
    return x


def _layer(layers, layer):
    match layer:
        case Conv(filters, kernel, stride, padding):
            return layers.Conv2D(filters, kernel, strides=stride, padding=padding)
        case Depthwise(kernel, stride, padding):
            return layers.DepthwiseConv2D(kernel, strides=stride, padding=padding)
        case Pool("max", size):
            return layers.MaxPooling2D(size, layer.apart)
        case Pool("average", size):
            return layers.AveragePooling2D(size, layer.apart)
        case Border(width):
            return layers.ZeroPadding2D(width)
        case Dense(units):
            return layers.Dense(units)
        case Dropout(rate):
            return layers.Dropout(rate)
    if layer.kind in ("relu", "swish", "sigmoid", "tanh"):
        return layers.Activation(layer.kind)
    if layer.kind == "relu6":
        return layers.ReLU(max_value=6.0)
    if layer.kind == "global_average_kept":
        return layers.GlobalAveragePooling2D(keepdims=True)
    plain = {"flatten": "Flatten", "batch_norm": "BatchNormalization", "global_average": "GlobalAveragePooling2D"}
    return getattr(layers, plain[layer.kind])()
