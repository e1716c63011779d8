"""Functions as layers: compiled, with arguments, told about training; in files by name, and never read as code."""

import copy
import json

import numpy as np
import pytest

import planish as keras
from planish import Input, Model, Sequential, ops
from planish.layers import Dense, Dropout, Lambda
from planish.optimizers import SGD

from .support import compiled_as_interpreted, error_of, images

X = images(4, 5, 3)


def doubled(x, by=2.0):
    return x * by


def test_operations_and_operators():
    layer = Lambda(lambda x: ops.relu(x) + 0.5 * ops.mean(x, axis=1, keepdims=True))
    expected = np.maximum(X, 0) + 0.5 * X.mean(1, keepdims=True)
    np.testing.assert_allclose(layer(X), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 5, 3)) == (None, 5, 3)
    assert layer.compute_output_shape((None, None, 3)) == (None, None, 3)


@pytest.mark.parametrize("function", [doubled, lambda x: ops.max(x, axis=1), lambda x: x[:, ::2], ops.sigmoid])
def test_compiled(function):
    compiled_as_interpreted(Lambda(function), 4, 5, 3)


def test_arguments():
    layer = Lambda(doubled, arguments={"by": 3.0})
    np.testing.assert_array_equal(layer(X), 3 * X)
    assert layer.get_config()["arguments"] == {"by": 3.0}


def test_several_inputs_and_outputs():
    a, b = Input((5, 3)), Input((5, 3))
    y = Lambda(lambda both: {"sum": both[0] + both[1], "first": both[0]})([a, b])
    assert y["sum"].shape == (None, 5, 3)
    found = Model([a, b], y).predict([X, 2 * X], verbose=0)
    np.testing.assert_allclose(found["sum"], 3 * X, rtol=1e-6)
    np.testing.assert_array_equal(found["first"], X)


def test_a_function_that_asks_is_told_about_training():
    layer = Lambda(lambda x, training=None: x * 10.0 if training else x)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=True), 10 * X)
    model = Sequential([Input((3,)), Dense(1, kernel_initializer="ones"), layer])
    model.compile(SGD(0.0), "mae")
    loss = model.train_on_batch(np.ones((2, 3)), np.zeros((2, 1)))
    assert float(np.ravel(loss)[0]) == 30
    assert (model.predict(np.ones((2, 3)), verbose=0) == 3).all()


def test_the_shape_that_is_said_is_compared():
    assert Lambda(doubled, output_shape=(5, 3))(X).shape == (4, 5, 3)
    assert Lambda(doubled, output_shape=(None, 3))(X).shape == (4, 5, 3)
    assert Lambda(doubled, output_shape=lambda shape: shape)(Input((5, 3))).shape == (None, 5, 3)
    assert error_of(lambda: Lambda(doubled, output_shape=(3,))(X)) == [
        "Lambda 'lambda_3': the function does not give the shape that output_shape says",
        "  expected: (None, 3)",
        "  received: (None, 5, 3)",
        "  remedy:   leave output_shape out: the shape follows from the function",
    ]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((3,), "function"),
        ((None,), "function"),
        ((doubled, 3), "output_shape"),
        ((doubled, None, None, [1]), "arguments"),
    ],
)
def test_wrong_arguments(arguments, name):
    with pytest.raises(ValueError, match=f"Lambda 'lambda': argument '{name}' is wrong"):
        Lambda(*arguments)


def test_mistakes_in_the_function_say_whose_they_are():
    with pytest.raises(ValueError, match=r"^Lambda 'thirds': "):
        Lambda(lambda x: ops.reshape(x, (-1, 7)), name="thirds")(X)
    with pytest.raises(TypeError, match=r"^Lambda 'lambda': call did not return a node"):
        Lambda(lambda x: "x")(X)


def test_a_named_function_goes_by_its_name():
    layer = Lambda(doubled, name="twice")
    config = layer.get_config()
    assert config["function"] == {
        "module": "builtins", "class_name": "function", "config": "doubled", "registered_name": "function",
    }  # fmt: skip
    read = json.loads(json.dumps(config))
    np.testing.assert_array_equal(Lambda.from_config(read, custom_objects={"doubled": doubled})(X), 2 * X)
    with pytest.raises(ValueError, match=r"custom_objects=\{'doubled': doubled\}"):
        Lambda.from_config(read)
    np.testing.assert_array_equal(Lambda.from_config(Lambda(ops.relu).get_config())(X), np.maximum(X, 0))


def test_code_is_written_as_keras_does_and_never_run():
    layer = Lambda(lambda x, by=3.0: x * by, name="thrice")
    read = json.loads(json.dumps(layer.get_config()))
    assert read["function"]["class_name"] == "__lambda__"
    assert set(read["function"]["config"]) == {"code", "defaults", "closure"}
    assert read["function"]["config"]["defaults"] == [3.0]
    for safe_mode in (None, True, False):
        with pytest.raises(ValueError, match="the configuration holds code, which is never run") as caught:
            Lambda.from_config(read, safe_mode=safe_mode)
    assert "safe_mode=False" in str(caught.value)


@pytest.mark.parametrize("old", [["4wAAAA==", None, None], {"class_name": "__lambda__", "config": {"code": "4wAA"}}])
def test_code_of_keras_2(old):
    config = {"name": "a", "function": old, "function_type": "lambda", "module": "__main__", "output_shape": None}
    with pytest.raises(ValueError, match="holds code, which is never run"):
        Lambda.from_config(config)


def test_a_name_of_keras_2():
    config = {"name": "a", "function": "doubled", "function_type": "function", "module": "__main__", "arguments": {}}
    np.testing.assert_array_equal(Lambda.from_config(config, {"doubled": doubled})(X), 2 * X)


def test_a_model_with_a_lambda_is_copied_and_cloned():
    factor = 4.0
    model = Sequential([Input((5, 3)), Lambda(lambda x: x * factor), Dropout(0.0)])
    for other in (keras.models.clone_model(model), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict(X, verbose=0), 4 * X)


def test_files(tmp_path):
    model = Sequential([Input((5, 3)), Lambda(doubled, name="twice"), Dense(2)])
    model.save(tmp_path / "named.keras")
    other = keras.models.load_model(tmp_path / "named.keras", custom_objects={"doubled": doubled})
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ValueError, match=r"named.keras' holds a model that planish cannot make:\n'doubled' of"):
        keras.models.load_model(tmp_path / "named.keras")


@pytest.mark.parametrize("safe_mode", [True, False])
def test_a_file_with_code(tmp_path, safe_mode):
    def made():
        return Sequential([Input((5, 3)), Lambda(lambda x: x * 2.0, name="twice"), Dense(2)])

    model, path = made(), tmp_path / "code.keras"
    model.save(path)
    lines = error_of(lambda: keras.models.load_model(path, safe_mode=safe_mode))
    assert lines[0] == f"{str(path)!r} holds code, which is never run"
    assert "  received: Lambda 'twice'" in lines
    assert any("model.load_weights(" in line for line in lines)
    other = made()
    other.load_weights(path)  # what the message says
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
