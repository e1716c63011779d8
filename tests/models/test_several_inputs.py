"""Models of several inputs and outputs: data in every structure, streams, threads, and what is refused."""

import re

import numpy as np
import pytest

import planish
from planish import Input, Model, Sequential
from planish.layers import Concatenate, Conv2D, Dense, Flatten, GlobalAveragePooling2D
from planish_runtime.threads import get_num_threads, set_num_threads

COUNT = 37


def two_by_two(**compiled):
    """From 'image' and 'extra' to 'kind' and 'size'."""
    image, extra = Input((5, 7, 2), name="image"), Input((3,), name="extra")
    x = Concatenate(name="both")([Flatten(name="flat")(Conv2D(3, 3, activation="relu", name="conv")(image)), extra])
    outputs = [Dense(4, activation="softmax", name="kind")(x), Dense(1, name="size")(x)]
    model = Model([image, extra], outputs)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=w.shape).astype(np.float32) / 4 for w in model.get_weights()])
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"], **compiled)
    return model


@pytest.fixture
def data():
    random = np.random.default_rng(2)
    return {
        "image": random.normal(size=(COUNT, 5, 7, 2)).astype(np.float32),
        "extra": random.normal(size=(COUNT, 3)),
        "kind": random.integers(0, 4, COUNT),
        "size": random.normal(size=(COUNT, 1)),
    }


def x_of(data):
    return [data["image"], data["extra"]]


def y_of(data):
    return [data["kind"], data["size"]]


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        lambda x: dict(zip(["image", "extra"], x, strict=True)),
        lambda x: {"extra": x[1], "image": x[0], "something else": np.zeros(3)},
        lambda x: [x[0][::-1][::-1], np.asfortranarray(x[1])],
        lambda x: [x[0].astype(">f4"), x[1].astype(np.float32)],
        lambda x: [x[0], x[1].tolist()],
    ],
    ids=["list", "tuple", "names", "more names", "other layouts", "other byte order", "plain lists"],
)
def test_predictions_are_the_same_in_every_form(data, form):
    model = two_by_two()
    expected = model.predict(x_of(data), verbose=0)
    assert [y.shape for y in expected] == [(COUNT, 4), (COUNT, 1)]
    for found in (model.predict(form(x_of(data)), verbose=0), model.predict_on_batch(form(x_of(data)))):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_outputs_come_in_the_structure_of_the_model(data):
    image, extra = Input((5, 7, 2), name="image"), Input((3,), name="extra")
    pooled = GlobalAveragePooling2D()(image)
    model = Model({"b": image, "a": [extra]}, (pooled, {"twice": [extra + extra, pooled * 2.0]}))
    first, rest = model.predict({"b": data["image"], "a": [data["extra"]]}, verbose=0)
    np.testing.assert_allclose(first, data["image"].mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(rest["twice"][0], 2 * data["extra"], rtol=1e-6)
    np.testing.assert_array_equal(rest["twice"][1], 2 * first)


def test_the_interpreter_trains_to_the_same_weights(data):
    weights = []
    for eager in (False, True):
        model = two_by_two(run_eagerly=eager, metrics=[["accuracy"], ["mae"]])
        history = model.fit(x_of(data), y_of(data), batch_size=8, epochs=2, shuffle=False, verbose=0).history
        weights.append((model.get_weights(), history))
    for a, b in zip(weights[0][0], weights[1][0], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert weights[0][1].keys() == weights[1][1].keys()
    assert "size_mae" in weights[0][1]


def test_the_loss_is_the_sum_of_those_of_the_outputs(data):
    model = two_by_two(loss_weights=[0.5, 3.0])
    history = model.fit(x_of(data), y_of(data), batch_size=8, verbose=0).history
    np.testing.assert_allclose(
        history["loss"][0], 0.5 * history["kind_loss"][0] + 3 * history["size_loss"][0], rtol=1e-5
    )


def test_the_same_bits_on_any_number_of_threads(data):
    before, found = get_num_threads(), []
    more = {name: np.concatenate([array] * 10) for name, array in data.items()}
    try:
        for threads in (1, 3):
            set_num_threads(threads)
            planish.utils.set_random_seed(3)
            model = two_by_two()
            model.fit(x_of(more), y_of(more), batch_size=300, epochs=2, verbose=0)
            found.append([*model.get_weights(), *model.predict(x_of(more), verbose=0)])
    finally:
        set_num_threads(before)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


class Batches(planish.utils.Sequence):
    def __init__(self, data, named):
        super().__init__()
        self.data, self.named = data, named

    def __len__(self):
        return 5

    def __getitem__(self, place):
        rows = {name: array[8 * place : 8 * place + 8] for name, array in self.data.items()}
        if self.named:
            return {"image": rows["image"], "extra": rows["extra"]}, {"kind": rows["kind"], "size": rows["size"]}
        return tuple(x_of(rows)), tuple(y_of(rows))


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("generator", [False, True])
def test_batches_that_come_one_by_one_train_as_arrays_do(data, named, generator):
    expected = two_by_two()
    expected.fit(x_of(data), y_of(data), batch_size=8, shuffle=False, verbose=0)
    model, source = two_by_two(), Batches(data, named)
    batches = (source[place] for place in range(5)) if generator else source
    model.fit(batches, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(
        model.evaluate(source, verbose=0), model.evaluate(x_of(data), y_of(data), batch_size=8, verbose=0), rtol=1e-5
    )
    found = model.predict(source, verbose=0)
    np.testing.assert_array_equal(found[1], model.predict(x_of(data), verbose=0)[1])


def test_callbacks_watch_the_loss_of_one_output(data):
    model = two_by_two()
    stop = planish.callbacks.EarlyStopping("val_size_loss", min_delta=1e9)
    given = (x_of(data), y_of(data))
    history = model.fit(*given, validation_data=given, epochs=5, callbacks=[stop], verbose=0)
    assert len(history.history["val_size_loss"]) == 2


def test_steps_per_execution_changes_nothing(data):
    found = []
    for steps in (1, 3):
        model = two_by_two(steps_per_execution=steps)
        watch = planish.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
        model.fit(x_of(data), y_of(data), batch_size=8, shuffle=False, verbose=0, callbacks=[watch])
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_targets_for_the_outputs_that_have_a_loss_are_enough(data):
    model = two_by_two()
    model.compile("sgd", [None, "mse"])
    assert list(model.fit(x_of(data), [data["size"]], verbose=0).history) == ["loss"]
    assert list(model.fit(x_of(data), {"size": data["size"]}, verbose=0).history) == ["loss"]


def test_a_subclass_without_names_reports_its_losses_by_their_own():
    class Heads(Model):
        def __init__(self):
            super().__init__()
            self.p, self.q = Dense(2), Dense(1)

        def call(self, x):
            return [self.p(x["a"]), self.q(x["b"])]

    model = Heads()
    model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mae", "mse"]])
    x = {"a": np.ones((5, 3)), "b": np.ones((5, 2))}
    history = model.fit(x, [np.zeros((5, 2)), np.zeros((5, 1))], verbose=0).history
    assert list(history) == ["loss", "mae", "mae_1", "mae_loss", "mse", "mse_loss"]  # as in Keras


def test_the_losses_of_nested_outputs_are_named_by_their_places():
    x = Input((3,))
    p, q, w = (Dense(2, name=name)(x) for name in "pqw")
    zeros = np.zeros((5, 2))
    in_lists, in_keys = Model(x, [p, [q, w]]), Model(x, {"k": [p, q], "l": w})
    for model, y, names in (
        (in_lists, [zeros, [zeros, zeros]], ["1/q_loss", "1/w_loss", "loss", "p_loss"]),
        (in_keys, {"k": [zeros, zeros], "l": zeros}, ["k/p_loss", "k/q_loss", "l_loss", "loss"]),
    ):
        model.compile("sgd", "mse")
        assert list(model.fit(np.ones((5, 3)), y, verbose=0).history) == names  # as in Keras


def mistake(text, call):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_mistakes_in_data(data):
    model = two_by_two()
    x, y = x_of(data), y_of(data)
    mistake("`x` does not match the model's 2 inputs", lambda: model.predict(x[0], verbose=0))
    mistake("received: a list of 3", lambda: model.predict([*x, x[0]], verbose=0))
    mistake("received: the keys 'image', 'extras'", lambda: model.predict({"image": x[0], "extras": x[1]}, verbose=0))
    mistake("`x[0]` and `x[1]` differ in length", lambda: model.predict([x[0], x[1][:-1]], verbose=0))
    mistake("`x[0]` and `y[1]` differ in length", lambda: model.fit(x, [y[0], y[1][:-1]], verbose=0))
    mistake("`y` does not match the model's 2 outputs", lambda: model.fit(x, y[0], verbose=0))
    mistake("unknown output in `y` 'sizes'", lambda: model.fit(x, {"kind": y[0], "sizes": y[1]}, verbose=0))
    mistake("there are no targets for the output 'size'", lambda: model.fit(x, {"kind": y[0]}, verbose=0))
    mistake("`class_weight` needs a model with one output", lambda: model.fit(x, y, class_weight={0: 1}, verbose=0))
    bad = x[1].copy()
    bad[3, 1] = np.nan
    mistake("the first is x['extra'][3, 1] = nan", lambda: model.fit({"image": x[0], "extra": bad}, y, verbose=0))


def test_mistakes_in_compile():
    model = two_by_two()
    mistake("did you mean 'size'?", lambda: model.compile("sgd", {"kind": "mse", "sise": "mse"}))
    mistake("`loss` does not match the model's 2 outputs", lambda: model.compile("sgd", ["mse", "mse", "mse"]))
    mistake("`loss_weights` does not match", lambda: model.compile("sgd", "mse", loss_weights=[1.0, 2.0, 3.0]))
    mistake("unknown output in compile's `metrics`", lambda: model.compile("sgd", "mse", metrics={"other": ["mae"]}))
    mistake("does not match the model's 2 outputs", lambda: model.compile("sgd", "mse", metrics=["mae"]))


def test_a_sequential_model_takes_one_input_only():
    model = Sequential([Input((3,)), Dense(2)])
    mistake("`loss` has 2 items", lambda: model.compile("sgd", ["mse", "mae"]))
