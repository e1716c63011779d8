"""A function of `planish.ops` is one definition with three uses, under Keras's name."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import planish
from planish import ops, primitives, symbolic
from planish.evaluation import evaluate
from planish.graph.node import Node
from planish.layers import Dense, Input, Layer
from planish.ops.operation import operations
from planish.symbolic import Record, Spec, SymbolicTensor
from planish.variable import Weight
from tests.rows import failures

KERAS = json.loads((Path(__file__).parent.parent / "keras" / "operations.json").read_text(encoding="utf-8"))
MADE = [*operations()]
ROOMS = {"keras.src.ops.image": "image.", "keras.src.activations.activations": "activations."}


def key_of(operation):
    return ROOMS.get(operation.module, "") + operation.name


def test_it_is_saved_under_the_name_that_keras_gives_it():
    def check(operation):
        module, class_name, settings, values = KERAS[key_of(operation)]
        assert (operation.module, operation.class_name) == (module, class_name)
        assert ops.operation_named(module, class_name) is operation
        assert [*operation.settings] == [name for name in settings if name != "rms_scaling"]
        assert [*operation.values] == values

    assert failures(MADE, check, told=key_of) == {}


def test_it_says_what_it_does():
    def check(operation):
        text = operation.function.__doc__.partition(">>>")[0]
        assert text.rstrip().endswith(".")
        assert operation.function.__name__ == operation.name

    assert failures(MADE, check, told=key_of) == {}


def test_what_keras_calls_a_function_is_not_an_operation():
    functions = {name for name, found in KERAS.items() if found is None}
    assert not functions & set(map(key_of, MADE))


def test_names_that_nobody_has():
    assert ops.operation_named("keras.src.ops.numpy", "Nothing") is None


def test_arrays_are_computed_at_once():
    result = ops.add([1.0, 2.0], np.array([3.0, 4.0], np.float32))
    assert isinstance(result, np.ndarray)
    assert type(result.numpy()) is np.ndarray
    np.testing.assert_array_equal(result, [4, 6])


def test_single_results_have_a_numpy_value():
    assert ops.sum([1.0, 2.0]).numpy() == 3
    assert ops.any([True]).numpy()
    assert ops.max(np.array([1, 2], np.uint8)).numpy() == 2
    assert bool(ops.all([True, False])) is False


def test_variables_are_arrays_outside_a_trace():
    variable = Weight("w", "w", (2,), initializer=np.ones)
    result = ops.reshape(variable, (2, 1))
    variable.assign([5.0, 5.0])
    np.testing.assert_array_equal(result, [[1], [1]])


def test_variables_are_leaves_inside_a_trace():
    class Scaled(Layer):
        def create_weights(self, shape):
            self.scale = self.add_weight("scale", (1,), "ones")

        def call(self, x, context):
            self.doubled = ops.multiply(self.scale, 2.0)
            return ops.multiply(x, self.doubled)

    layer = Scaled()
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(layer(x), 2 * x)
    assert isinstance(layer.doubled, Node)
    layer.scale.assign([3.0])
    np.testing.assert_array_equal(layer(x), 6 * x)


def test_nodes_make_nodes_wherever_they_are_among_the_arguments():
    x = primitives.input_("x", (3,))
    assert isinstance(ops.add(1.0, x), Node)
    assert isinstance(ops.add(x1=x, x2=np.ones(3)), Node)
    assert isinstance(ops.concatenate([x, x], axis=1), Node)
    assert isinstance(ops.where(ops.greater(x, 0.0), x, 0.0), Node)


def test_symbolic_tensors_are_given_to_what_makes_models_of_them(monkeypatch):
    calls = []
    monkeypatch.setattr(symbolic, "_apply", [lambda *call: calls.append(call) or "made"])
    x = SymbolicTensor(Spec((None, 3), "float32", "x"), Dense(1), Record((), {}, None))
    assert ops.add(x, 1.0) == "made"
    assert ops.concatenate([x, x], axis=-1) == "made"
    (added, joined) = calls
    assert added[0] is ops.operation_named("keras.src.ops.numpy", "Add")
    assert added[1:] == ((x, 1.0), {})
    assert (joined[1], joined[2]) == (([x, x],), {"axis": -1})


@pytest.mark.parametrize(
    ("use", "error", "text"),
    [
        (lambda x: ops.add(1.0), TypeError, "ops.add: missing a required argument: 'x2'\n  expected: add(x1, x2)"),
        (lambda x: ops.add("a", 1.0), TypeError, "operations take nodes, arrays and numbers"),
        (lambda x: ops.add(np.ones(2), np.ones(3)), ValueError, "ops.add: operands could not be broadcast"),
        (lambda x: ops.sum(np.ones(2), axis=3), ValueError, "ops.sum: axis 3 is out of bounds"),
        (lambda x: ops.reshape(np.ones(6), (4, 2)), ValueError, "ops.reshape: cannot reshape array of size 6"),
        (lambda x: ops.median(x), ValueError, "ops.median cannot be compiled\n  rule:     planish has no code"),
        (lambda x: ops.transpose(x), ValueError, "ops.transpose: the batch axis stays in front"),
        (lambda x: ops.flip(x, axis=0), ValueError, "ops.flip cannot be compiled along the batch axis"),
        (lambda x: ops.sum(x, axis=5), ValueError, "ops.sum: axis 5 is not an axis of the value\n  expected: -3 to 2"),
        (lambda x: ops.concatenate([x, x], axis=0), ValueError, "ops.concatenate cannot be compiled along the batch"),
        (lambda x: ops.add(x, ops.sum(x, axis=1)), ValueError, "the batch axis would meet another axis"),
        (lambda x: ops.cond(x, lambda: 1, lambda: 2), ValueError, "ops.cond: the condition is computed later"),
        (lambda x: ops.convert_to_numpy(x), ValueError, "ops.convert_to_numpy: a value that is computed later"),
        (lambda x: ops.einsum("ij,jk", x, x), ValueError, "ops.einsum: these subscripts do not fit"),
        (lambda x: ops.one_hot(x, 3, sparse=True), ValueError, "ops: planish has no sparse arrays"),
        (lambda x: ops.reshape(x, (3, 4)), ValueError, "ops.reshape: the batch axis stays in front"),
        (lambda x: ops.matmul(x, np.ones((7, 2))), ValueError, "ops.matmul: the rows of the first are not as long"),
    ],
)
def test_mistakes(use, error, text):
    with pytest.raises(error) as caught:
        use(primitives.input_("x", (3, 4)))
    assert str(caught.value).startswith(text)


def test_shapes_of_nodes_are_understood_again():
    x = primitives.input_("x", (3, 4))
    images, rows, columns = ops.shape(x)
    assert isinstance(images, Node)
    assert (rows, columns) == (3, 4)
    assert ops.reshape(x, (images, 12)).shape == (12,)
    assert ops.reshape(x, (images, rows * columns)).shape == (12,)
    assert ops.broadcast_to(ops.expand_dims(x, 1), (images, 2, 3, 4)).shape == (2, 3, 4)
    assert ops.shape(np.ones((2, 3))) == (2, 3)
    assert ops.ndim(x) == 3


def test_signatures_are_kept():
    assert list(inspect.signature(ops.clip).parameters) == ["x", "x_min", "x_max"]


def test_loops_and_decisions_of_arrays():
    assert ops.cond(True, lambda: 1, lambda: 2) == 1
    assert ops.switch(5, [lambda x: x, lambda x: -x], 3) == -3
    assert ops.while_loop(lambda i: i < 5, lambda i: i + 2, 0) == 6
    assert ops.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 0), maximum_iterations=3) == (3, 3)
    assert ops.fori_loop(1, 4, lambda i, value: value * i, 1) == 6
    np.testing.assert_array_equal(ops.map(lambda x: x * 2, np.arange(3)), [0, 2, 4])
    both = ops.vectorized_map(lambda pair: pair["a"] + pair["b"], {"a": np.arange(3), "b": np.ones(3)})
    np.testing.assert_array_equal(both, [1, 2, 3])


def test_loops_over_nodes_are_unrolled():
    x = primitives.input_("x", (3,))
    assert isinstance(ops.fori_loop(0, 3, lambda i, value: ops.multiply(value, x), x), Node)


@pytest.mark.parametrize("room", [ops.numpy, ops.nn, ops.image, ops.linalg])
def test_rooms_have_the_same_functions(room):
    for name in room.__all__:
        if hasattr(ops, name):
            assert getattr(ops, name) is getattr(room, name)


def test_a_layer_of_operations_is_trained():
    class Standardized(Layer):
        def call(self, inputs):
            mean, variance = ops.moments(inputs, axes=[-1], keepdims=True)
            return ops.multiply(ops.subtract(inputs, mean), ops.rsqrt(variance + 1e-3))

    x = np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32)
    model = planish.Sequential([Input((6,)), Standardized(), Dense(3, activation="softmax")])
    model.compile("adam", lambda y, p: ops.sparse_categorical_crossentropy(y, p))
    before = model.get_weights()[0]
    model.fit(x, np.arange(8) % 3, verbose=0)
    assert (model.get_weights()[0] != before).all()


def test_symbolic_tensors_become_a_model():
    x = Input((4,))
    y = Dense(3)(x)
    outer = ops.einsum("bi,bj->bij", y, y * 2.0)
    model = planish.Model(x, ops.concatenate([ops.softmax(y, axis=-1), ops.sum(outer, axis=1)], axis=-1))
    images = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    logits = model.layers[1](images)
    expected = [ops.softmax(logits), 2 * logits * ops.sum(logits, axis=1, keepdims=True)]
    np.testing.assert_allclose(model.predict(images, verbose=0), np.concatenate(expected, 1), rtol=1e-4, atol=1e-5)


def test_a_class_that_cannot_be_leaves_the_loss_of_another_one_alone():
    logits = np.array([[-np.inf, 0.0]], np.float32)
    for value in (
        ops.sparse_categorical_crossentropy([1], logits, from_logits=True),
        evaluate(lambda node: ops.sparse_categorical_crossentropy(np.array([1]), node, from_logits=True), logits),
    ):
        np.testing.assert_array_equal(value, [0.0])


def test_numbers_of_python_are_as_exact_on_nodes_as_on_arrays():
    x = np.array([0.25, -3.0])
    np.testing.assert_array_equal(evaluate(lambda node: ops.multiply(node, 0.1), x), ops.multiply(x, 0.1))
