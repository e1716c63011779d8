"""A model that nobody refers to is gone at once: its memory does not wait for the garbage collector."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import planish
from planish.callbacks import EarlyStopping
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import Sequential

X, Y = np.random.default_rng(0).random((60, 8, 8, 1), np.float32), np.arange(60) % 5


def model():
    layers = [Conv2D(4, 3), BatchNormalization(), MaxPooling2D(), Flatten(), Dropout(0.2), Dense(5, "softmax")]
    made = Sequential([Input((8, 8, 1)), *layers])
    made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def batches():
    for start in range(0, 60, 20):
        yield X[start : start + 20], Y[start : start + 20]


def fitted(tmp_path, **options):
    made = model()
    made.fit(X, Y, verbose=0, **options)
    return made


def fitted_to_batches(tmp_path):
    made = model()
    made.fit(batches(), verbose=0)
    made.evaluate(X, Y, verbose=0)
    made.predict(X, verbose=0)
    return made


def loaded(tmp_path):
    fitted(tmp_path).save(tmp_path / "m.keras")
    return planish.models.load_model(tmp_path / "m.keras")


def looked_at(tmp_path):
    made = fitted(tmp_path)
    made.activations(X[:2])
    made.gradients(X[:2])
    made.flatten_map()
    made.summary(print_fn=lambda line: None)
    return made


def refused(tmp_path):
    made = fitted(tmp_path)
    with pytest.raises(ValueError, match="differ in length"):
        made.fit(X, Y[:3])
    with pytest.raises(ValueError, match="shape"):
        made.predict(X[:, :5], verbose=0)
    return made


def changed(tmp_path):
    made = fitted(tmp_path)
    made.pop()
    made.add(Dense(3))
    made.predict(X, verbose=0)
    return made


def shared(tmp_path):
    """Layers that are called on what they gave, by themselves, by turns, and through a model inside."""
    x, other = Input((6,)), Input((6,))
    first, second = Dense(6), Dense(6)
    inner = planish.Model(x, first(x))
    crossed = first(second(other))
    y = inner(second(first(first(second(first(x))))))
    return planish.Model([x, other], planish.layers.add([y, crossed]))


USES = {
    "built": lambda tmp_path: model(),
    "without an input": lambda tmp_path: Sequential([Flatten(), Dense(2)]),
    "trained": fitted,
    "validated": lambda tmp_path: fitted(tmp_path, validation_split=0.5, callbacks=[EarlyStopping("loss")]),
    "trained on batches": fitted_to_batches,
    "loaded": loaded,
    "copied": lambda tmp_path: pickle.loads(pickle.dumps(copy.deepcopy(fitted(tmp_path)))),
    "inside of another": lambda tmp_path: Sequential([Input((8, 8, 1)), fitted(tmp_path)]),
    "looked at": looked_at,
    "refused": refused,
    "changed": changed,
}


@pytest.mark.parametrize("use", USES)
def test_a_model_goes_with_its_last_reference(use, tmp_path):
    used = USES[use](tmp_path)
    used.predict(X, verbose=0)
    programs = [predictor._executable for predictor in used._programs.predictors.values()]
    optimizer = [] if used.optimizer is None else [used.optimizer, *used.optimizer.variables]
    whole = [used, *used.layers, *used.weights, *programs, *optimizer]
    left = [weakref.ref(part) for part in whole if part is not None]
    gc.collect()
    gc.disable()
    try:
        del used, programs, optimizer, whole
        assert [part() for part in left if part() is not None] == []
    finally:
        gc.enable()


def test_a_model_goes_whose_layers_were_called_on_what_they_gave(tmp_path):
    used = shared(tmp_path)
    used.predict([np.ones((2, 6))] * 2, verbose=0)
    left = [weakref.ref(part) for part in [used, *used.layers, *used.weights]]
    gc.collect()
    gc.disable()
    try:
        del used
        assert [part() for part in left if part() is not None] == []
    finally:
        gc.enable()


def test_a_layer_knows_its_first_call_and_those_of_which_something_is_left():
    x, layer = Input((6,)), Dense(6)
    layer(x)
    kept = layer(layer.output)
    layer(kept)
    assert [call.outputs[0] for call in layer.calls] == [layer.output, kept]


def test_a_record_of_training_knows_its_model_while_there_is_one():
    made = model()
    history = made.fit(X, Y, verbose=0)
    assert history.model is made
    assert made.history is history
    other = copy.deepcopy(made)
    assert other.history.model is other
    assert pickle.loads(pickle.dumps(history)).history == history.history
    del made
    assert history.model is None
    assert len(history.history["loss"]) == 1


def test_the_ends_of_a_layer():
    made = model()
    first, last = made.layers[0], made.layers[-1]
    assert first.output.layer is first
    assert first.input.call.inputs == []
    assert first.output.call.inputs == [first.input]
    assert last.output.layer is made.output.layer is last
    assert made.inputs[0].shape == (None, 8, 8, 1)
    with pytest.raises(AttributeError, match="has no input: it was never called"):
        Dense(3).input  # noqa: B018
    with pytest.raises(AttributeError, match="has no output: it was never called"):
        Dense(3).output  # noqa: B018
    assert Input((3,)).layer.output.shape == (None, 3)


def test_a_layer_keeps_its_last_call_unless_it_leads_back_to_the_layer():
    first, layer, other = Input((6,)), Dense(6), Dense(6)
    layer(first)
    layer(Input((6,), name="last"))
    assert [call.inputs[0].name for call in layer.calls] == [first.name, "last"]
    layer(other(layer.output))
    assert [call.inputs[0].name for call in layer.calls] == [first.name]


def test_whether_a_call_leads_back_is_seen_through_models_and_what_layers_keep():
    layer, other = Dense(6), Dense(6)
    layer(Input((6,)))
    around = Sequential([Input((6,)), layer])
    layer(around(Input((6,))))
    assert len(layer.calls) == 2
    beside = other(Input((6,)))
    other(layer.output)
    layer(beside)
    assert len(layer.calls) == 2
