"""Functional models as Keras users write them: `library` is the module planish, or keras. Needs neither.

`MODELS` maps a name to a function of the library that builds a model. What Keras says about each is in facts.json,
which record.py wrote.
"""

MODELS = {}


def model(function):
    MODELS[function.__name__] = function
    return function


@model
def residual(keras):
    layers = keras.layers
    inputs = keras.Input((8, 9, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    shortcut = layers.Activation("relu")(x)
    x = layers.Conv2D(4, 3, padding="same")(shortcut)
    x = layers.Add()([x, shortcut])
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="classes")(x), name="residual")


@model
def inception(keras):
    """The branches are of different lengths, and made in another order than that in which they are joined."""
    layers = keras.layers
    inputs = keras.Input((7, 7, 2))
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    long = layers.Conv2D(2, 1, activation="relu")(inputs)
    long = layers.Conv2D(3, 3, padding="same", activation="relu")(long)
    long = layers.Conv2D(3, 3, padding="same", activation="relu")(long)
    short = layers.Conv2D(4, 1)(inputs)
    pooled = layers.Conv2D(1, 1)(pooled)
    x = layers.concatenate([short, long, pooled])
    x = layers.Flatten()(x)
    return keras.Model(inputs=inputs, outputs=layers.Dense(5)(x))


@model
def two_in_two_out(keras):
    layers = keras.layers
    image, extra = keras.Input((6, 6, 1), name="image"), keras.Input((4,), name="extra")
    x = layers.Flatten()(layers.Conv2D(2, 3)(image))
    x = layers.Concatenate()([x, extra])
    x = layers.Dense(8, activation="tanh")(x)
    digit = layers.Dense(3, activation="softmax", name="digit")(x)
    size = layers.Dense(1, name="size")(layers.Dropout(0.25)(x))
    return keras.Model([image, extra], [digit, size], name="both")


@model
def dictionaries(keras):
    """Inputs and outputs are dictionaries, whose keys are not the names of the layers."""
    layers = keras.Input, keras.layers
    Input, layers = layers  # noqa: N806
    inputs = {"z": Input((3,), name="z"), "a": Input((2,), name="a")}
    x = layers.Concatenate()([inputs["z"], inputs["a"]])
    outputs = {"second": layers.Dense(2, name="two")(x), "first": layers.Dense(1, name="one")(x)}
    return keras.Model(inputs, outputs)


@model
def siamese(keras):
    """One tower for both images, a model in the model; its layers are shared."""
    layers = keras.layers
    tower = keras.Sequential(
        [keras.Input((5, 5, 1)), layers.Conv2D(2, 2, activation="relu"), layers.Flatten(), layers.Dense(3)],
        name="tower",
    )
    left, right = keras.Input((5, 5, 1), name="left"), keras.Input((5, 5, 1), name="right")
    one, other = tower(left), tower(right)
    apart = layers.Subtract()([one, other])
    together = layers.Dot(axes=1, normalize=True)([one, other])
    x = layers.Concatenate()([apart * apart, together])
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(x), name="siamese")


@model
def nested(keras):
    """Models in models, three deep: functional in functional in a Sequential."""
    layers = keras.layers
    deep_input = keras.Input((4, 4, 2))
    deep = keras.Model(deep_input, layers.Conv2D(2, 1)(deep_input) + deep_input, name="deep")
    middle_input = keras.Input((4, 4, 2))
    x = layers.Activation("relu")(deep(middle_input))
    middle = keras.Model(middle_input, layers.Multiply()([deep(x), x]), name="middle")
    return keras.Sequential(
        [keras.Input((6, 6, 2)), layers.Conv2D(2, 3), middle, layers.Flatten(), layers.Dense(2)], name="outer"
    )


@model
def shared_twice(keras):
    """A layer that is called on its own result, and joined with it."""
    layers = keras.layers
    inputs = keras.Input((6,))
    dense = layers.Dense(6, activation="tanh", name="shared")
    once = dense(inputs)
    twice = dense(once)
    return keras.Model(inputs, layers.Average()([inputs, once, twice]))


@model
def operators(keras):
    layers = keras.layers
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(3, 3, padding="same")(inputs)
    y = x * 0.5 + inputs
    y = 1 - y
    y = y / 2
    y = -y + x**2
    y = y[:, 1:, ::2, :]
    y = abs(y)
    y = layers.Flatten()(y)
    return keras.Model(inputs, layers.Dense(2)(y))


@model
def every_merge(keras):
    layers = keras.layers
    a, b = keras.Input((4, 3), name="a"), keras.Input((4, 3), name="b")
    merged = [
        kind()([a, b])
        for kind in (
            layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum,
        )
    ]  # fmt: skip
    x = layers.Concatenate(axis=1)(merged)
    x = layers.Concatenate(axis=-1)([x, x])
    dotted = layers.Dot(axes=(1, 1))([a, b])
    return keras.Model([a, b], [layers.Flatten()(x), layers.Flatten(name="dotted")(dotted)])


@model
def every_merge_function(keras):
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    merged = [
        layers.add([a, b]), layers.subtract([a, b]), layers.multiply([a, b]), layers.average([a, b]),
        layers.maximum([a, b]), layers.minimum([a, b]), layers.dot([a, b], axes=-1),
    ]  # fmt: skip
    return keras.Model([a, b], layers.concatenate(merged, axis=1, name="all"))


@model
def frozen_part(keras):
    """A head on a body that does not learn, whose own output is an inner layer's."""
    layers = keras.layers
    body_input = keras.Input((7, 7, 1))
    x = layers.Conv2D(3, 3, name="first")(body_input)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(2, 3, name="second")(x)
    whole = keras.Model(body_input, layers.Flatten()(x), name="whole")
    body = keras.Model(whole.input, whole.get_layer("norm").output, name="body")
    body.trainable = False
    inputs = keras.Input((7, 7, 1))
    x = body(inputs, training=False)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, layers.Dense(2)(x), name="transfer")


@model
def features(keras):
    """All maps of a Sequential model."""
    layers = keras.layers
    whole = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Conv2D(3, 2), layers.Flatten(),
    ])  # fmt: skip
    return keras.Model(whole.inputs, [layer.output for layer in whole.layers], name="features")


@model
def input_as_output(keras):
    layers = keras.layers
    inputs = keras.Input((3,), name="given")
    return keras.Model(inputs, [inputs, layers.Dense(2, name="made")(inputs)])


@model
def nested_structure(keras):
    """Inputs in a list of a tensor and a dictionary, outputs in a tuple in a dictionary."""
    layers = keras.layers
    a, b, c = (keras.Input((2,), name=name) for name in "abc")
    x = layers.Concatenate()([c, a, b])
    outputs = {"pair": (layers.Dense(1, name="p")(x), layers.Dense(2, name="q")(x)), "single": layers.Dense(3)(x)}
    return keras.Model([a, {"c": c, "b": b}], outputs)


@model
def several_outputs_of_a_model(keras):
    """A model with two inputs and two outputs, used twice as a layer."""
    layers = keras.layers
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    dense = layers.Dense(3, name="inner")
    pair = keras.Model([a, b], [dense(a) + b, dense(b)], name="pair")
    p, q = keras.Input((3,), name="p"), keras.Input((3,), name="q")
    x, y = pair([p, q])
    x, y = pair([y, x])
    return keras.Model({"p": p, "q": q}, layers.Subtract()([x, y]), name="pairs")


@model
def unequal_depths(keras):
    """Order of layers by depth: inputs far from and near to the output."""
    layers = keras.layers
    late, early = keras.Input((2,), name="late"), keras.Input((5,), name="early")
    x = layers.Dense(4, name="d1")(early)
    side = layers.Dense(2, name="side")(early)
    x = layers.Dense(3, name="d2")(x)
    x = layers.Dense(2, name="d3")(x)
    x = layers.Add(name="joined")([x, late])
    return keras.Model([late, early], [layers.Add(name="last")([x, side]), side], name="depths")
