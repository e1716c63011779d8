"""Subclasses of Model as Keras users write them."""

import numpy as np

from tests.keras.own.programs import array, numbered, program, raised, rows, shapes


def mlp(keras, **changes):
    class MLP(keras.Model):
        def __init__(self, hidden=4, classes=3, **kwargs):
            super().__init__(**kwargs)
            self.hidden, self.classes = hidden, classes
            self.dense1 = keras.layers.Dense(hidden, activation="relu")
            self.dense2 = keras.layers.Dense(classes)
            self.dropout = keras.layers.Dropout(0.5)

        def call(self, inputs, training=None):
            x = self.dense1(inputs)
            return self.dense2(self.dropout(x, training=training))

        def get_config(self):
            return {"hidden": self.hidden, "classes": self.classes}

    return type("MLP", (MLP,), changes) if changes else MLP


def printed(model):
    """The summary's names of layers, and its totals."""
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line), line_length=120)
    text = "\n".join(lines).split("\n")
    rows = [line.strip("│ ").split("│")[0].strip() for line in text if line.startswith("│")]
    return rows + [line.strip() for line in text if "params" in line]


@program
def built_by_data(keras):
    model = mlp(keras)()
    before = [model.built, len(model.weights), [type(each).__name__ for each in model.layers]]
    y = array(model(rows(2, 5)))
    return before, model.built, shapes(model.weights), list(y.shape)


@program
def built_by_a_shape(keras):
    model = mlp(keras)()
    model.build((None, 5))
    built = model.built
    model(rows(2, 5))  # Keras makes the weights only now
    return built, shapes(model.weights), array(numbered(model)(rows(2, 5)))


@program
def summary_before_and_after(keras):
    model = mlp(keras)(name="net")
    before = printed(model)
    model(rows(1, 5))
    return before, printed(model)


@program
def trained_on_arrays(keras):
    model = mlp(keras, call=lambda self, x, training=None: self.dense2(self.dense1(x)))()
    model(rows(1, 5))
    numbered(model)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(rows(8, 5), np.arange(8) % 3, batch_size=4, epochs=2, shuffle=False, verbose=0)
    return history.history, model.get_weights()


@program
def trained_before_it_is_built(keras):
    model = mlp(keras)()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(rows(8, 5), np.arange(8) % 3, batch_size=4, verbose=0)
    return sorted(history.history), model.built, list(model.predict(rows(3, 5), verbose=0).shape)


@program
def training_decides_what_call_does(keras):
    model = mlp(keras, call=lambda self, x, training=None: x * 2.0 if training else x + 1.0)()
    model.compile("sgd", "mse")
    x = np.full((4, 2), 3.0)
    return model.evaluate(x, x, verbose=0), array(model(x)), array(model(x, training=True)), model.predict(x, verbose=0)


@program
def a_list_of_inputs(keras):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = keras.layers.Dense(2), keras.layers.Dense(2)

        def call(self, inputs):
            a, b = inputs
            return self.left(a) + self.right(b)

    model = Two()
    model([rows(2, 3), rows(2, 4)])
    return shapes(model.weights), array(numbered(model)([rows(2, 3), rows(2, 4)]))


@program
def a_dictionary_of_inputs(keras):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = keras.layers.Dense(2), keras.layers.Dense(2)

        def call(self, inputs):
            return {"sum": self.left(inputs["a"]) + self.right(inputs["b"]), "left": self.left(inputs["a"])}

    model = Two()
    data = {"a": rows(2, 3), "b": rows(2, 4)}
    model(data)
    return shapes(model.weights), {name: array(each) for name, each in numbered(model)(data).items()}


@program
def built_by_a_list_of_shapes(keras):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = keras.layers.Dense(2), keras.layers.Dense(2)

        def call(self, inputs):
            a, b = inputs
            return [self.left(a), self.right(b)]

    model = Two()
    model.build([(None, 3), (None, 4)])
    model([rows(2, 3), rows(2, 4)])  # Keras makes the weights only now
    return shapes(model.weights), [array(each) for each in numbered(model)([rows(2, 3), rows(2, 4)])]


@program
def layers_in_lists_and_dictionaries(keras):
    class Stack(keras.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [keras.layers.Dense(3, name=f"block_{number}") for number in range(2)]
            self.heads = {"b": keras.layers.Dense(2, name="head_b"), "a": keras.layers.Dense(1, name="head_a")}

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return {name: head(x) for name, head in self.heads.items()}

    model = Stack()
    model(rows(2, 4))
    return [each.name for each in model.layers], [each.path.split("/")[-2] for each in model.weights]


@program
def a_subclass_in_a_functional_model(keras):
    x = keras.Input((5,))
    inner = mlp(keras)(name="inner")
    model = keras.Model(x, keras.layers.Dense(2, name="head")(inner(x)))
    numbered(model)
    return [each.name for each in model.layers], shapes(model.weights), array(model(rows(2, 5)))


@program
def a_subclass_in_a_sequential_model(keras):
    model = keras.Sequential([keras.Input((5,)), mlp(keras)(name="inner"), keras.layers.Dense(2)])
    numbered(model)
    return (
        shapes(model.weights),
        [each.path.removeprefix("sequential/") for each in model.weights][:2],
        model.predict(rows(2, 5), verbose=0),
    )


@program
def a_subclass_in_a_subclass(keras):
    class Encoder(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.proj = keras.layers.Dense(4, activation="relu")
            self.mean, self.log_var = keras.layers.Dense(2), keras.layers.Dense(2)

        def call(self, inputs):
            x = self.proj(inputs)
            return self.mean(x), self.log_var(x)

    class Whole(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.encoder = Encoder()
            self.decoder = mlp(keras)(classes=5)

        def call(self, inputs):
            mean, log_var = self.encoder(inputs)
            return self.decoder(mean + keras.ops.exp(0.5 * log_var))

    model = Whole()
    model(rows(2, 5))
    return [each.path.removeprefix("whole/") for each in model.weights], array(numbered(model)(rows(2, 5)))


@program
def a_functional_model_in_a_subclass(keras):
    class Own(keras.Model):
        def __init__(self, **kwargs):
            x = keras.Input((4,), name="image")
            super().__init__(inputs=x, outputs=keras.layers.Dense(3, name="top")(x), **kwargs)

        def twice(self, x):
            return 2 * array(self(x))

    model = numbered(Own(name="own"))
    return (
        [each.name for each in model.layers],
        model.twice(rows(2, 4)),
        [each.name for each in model.inputs],
        list(model.output_shape),
    )


@program
def symbolic_input_of_a_subclass(keras):
    model = mlp(keras)()
    y = model(keras.Input((5,)))
    return list(y.shape), model.built, list(model.output.shape), list(model.input.shape)


@program
def input_and_output_of_a_subclass_that_was_built(keras):
    model = mlp(keras)()
    model.build((None, 5))
    return model.built, raised(lambda: model.input)


@program
def input_and_output_of_a_subclass_that_was_not_called(keras):
    model = mlp(keras)()
    return raised(lambda: model.input), raised(lambda: model.output), raised(lambda: model.inputs)


@program
def finding_layers(keras):
    model = mlp(keras)()
    return (
        [each.name for each in model.layers],
        model.get_layer("dense_1") is model.dense2,
        model.get_layer(index=0) is model.dense1,
        raised(lambda: model.get_layer("none")),
    )
