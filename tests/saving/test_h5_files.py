"""Whole models in `.h5` files, as Keras before 3 wrote them: what is written here is read here; see test_versions.py
for files of Keras, and parity/compare_files.py for Keras on planish's."""

import json
import warnings

import h5py
import numpy as np
import pytest

import planish
from planish import layers
from planish.callbacks import ModelCheckpoint
from planish.models import Model, Sequential, load_model
from planish.optimizers.schedules import ExponentialDecay
from planish.saving.weights_store import WeightsReader

OPTIMIZERS = [
    "adam", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "ftrl", "lion", "adamw",
    planish.optimizers.SGD(0.01, momentum=0.9, nesterov=True), planish.optimizers.Adam(0.01, amsgrad=True),
    planish.optimizers.Adam(ExponentialDecay(0.01, 2, 0.5)),
    planish.optimizers.RMSprop(0.01, momentum=0.5, centered=True), planish.optimizers.Adam(use_ema=True),
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_training_goes_on_with_the_same_bits(trained, model, images, tmp_path, optimizer):
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    trained(model, images).save(tmp_path / "model.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = load_model(tmp_path / "model.h5")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    for each in (model, loaded):
        each.train_on_batch(*images)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def network():
    inner = Sequential([layers.Input((4, 4, 2)), layers.Conv2D(2, 1, name="narrow"), layers.BatchNormalization()])
    x = layers.Input((4, 4, 2), name="here")
    ends = layers.PReLU()(x), layers.GroupNormalization(2)(x)
    fork = Model(x, list(ends), name="fork")
    a, b = layers.Input((6, 6, 1), name="a"), layers.Input((6, 6, 1), name="b")
    shared = layers.Conv2D(2, 3, name="shared")
    first, second = shared(a), shared(b)
    total = layers.Add()([inner(first), second, *fork(inner(second)), *fork(first)])
    flat = layers.Flatten()(inner(total))
    inner.trainable = False
    return Model([a, b], [layers.Dense(3, name="scores")(flat), fork(total)[1], inner(second)])


def test_networks_with_shared_layers_and_models_inside(tmp_path):
    model, random = network(), np.random.default_rng(0)
    model.set_weights([random.uniform(0.1, 0.9, each.shape) for each in model.get_weights()])
    images = [random.random((3, 6, 6, 1), dtype=np.float32) for _ in range(2)]
    model.save(tmp_path / "model.h5")
    for path in (tmp_path / "model.h5", tmp_path / "again.h5"):
        loaded = load_model(path)
        assert loaded.get_config() == model.get_config()
        for ours, theirs in zip(model.predict(images), loaded.predict(images), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        loaded.save(tmp_path / "again.h5")


def test_a_heap_of_texts_may_be_as_large_as_its_place_in_the_file(tmp_path):
    """Its version, 1, is in front of its size, and the number of its first text behind it: together they look like a
    reference to a text of one byte."""
    path = tmp_path / "texts.h5"

    def written(letters):
        with h5py.File(path, "w") as file:
            file["numbers"] = np.zeros(5000, np.uint8)
            file.attrs["text"] = "a" * letters
        contents = path.read_bytes()
        place = contents.rindex(b"GCOL")
        return place, int.from_bytes(contents[place + 8 : place + 16], "little")

    place, _ = written(5000)
    assert written(place - 32) == (place, place)
    with WeightsReader(path.read_bytes(), "texts.h5") as reader:
        assert reader.text("", "text") == "a" * (place - 32)


def test_the_names_of_classes_are_kept(model, tmp_path):
    model.notes["class_names"] = ["a", "b", "c"]
    model.save(tmp_path / "model.hdf5")
    assert load_model(tmp_path / "model.hdf5").notes == {"class_names": ["a", "b", "c"]}


def test_without_its_optimizer_or_without_compiling(h5, model, tmp_path):
    assert not load_model(h5, compile=False).compiled
    model.save(tmp_path / "plain.h5", include_optimizer=False)
    assert not load_model(tmp_path / "plain.h5").compiled


def test_classes_and_functions_of_ones_own(tmp_path):
    class Doubled(layers.Layer):
        def call(self, x):
            return x * 2.0

    def halved(x):
        return x / 2.0

    def cubed(true, predicted):
        return planish.ops.mean((true - predicted) ** 3, axis=-1)

    model = Sequential([layers.Input((3,)), Doubled(), layers.Dense(2, activation=halved)])
    model.compile("sgd", cubed)
    model.save(tmp_path / "model.h5")
    own = {"Doubled": Doubled, "halved": halved, "cubed": cubed}
    loaded, x = load_model(tmp_path / "model.h5", custom_objects=own), np.ones((2, 3))
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.loss is cubed
    with pytest.raises(ValueError, match="Doubled"):
        load_model(tmp_path / "model.h5")


def test_operations_are_refused_with_a_way_out(tmp_path):
    x = layers.Input((3,))
    with pytest.raises(ValueError, match=r"cannot hold the operation Add 'add\w*'") as caught:
        Model(x, layers.Dense(3)(x) + 1.0).save(tmp_path / "model.h5")
    assert "save('model.keras')" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_operations_in_files_of_keras_3_are_read(tmp_path):
    """Keras itself does not read them."""
    x = layers.Input((3,), name="x")
    model = Model(x, planish.ops.relu(layers.Dense(3, name="dense")(x)) * 2.0)
    plain = Model(x, layers.Dense(3, name="dense")(x))
    plain.set_weights(model.get_weights())
    plain.save(tmp_path / "model.h5")
    serialized = planish.saving.serialize_keras_object(model)
    for item in serialized["config"]["layers"]:
        item.pop("module", None)
    with h5py.File(tmp_path / "model.h5", "a") as file:
        file.attrs["keras_version"] = "3.15.1"
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": serialized["config"]})
    data = np.random.default_rng(0).normal(size=(4, 3))
    loaded = load_model(tmp_path / "model.h5")
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))


def test_subclasses_are_refused_with_a_way_out(tmp_path):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Mine()
    model.build((None, 3))
    with pytest.raises(ValueError, match="does not say how to build a Mine"):
        model.save(tmp_path / "model.h5")
    model.save_weights(tmp_path / "model.h5")
    other = Mine()
    other.build((None, 3))
    other.load_weights(tmp_path / "model.h5")
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def test_weights_by_the_names_of_layers(tmp_path):
    def dense_model(*units):
        return Sequential([layers.Input((3,)), *(layers.Dense(n, name=f"of_{n}") for n in units)])

    saved, other = dense_model(4, 5), dense_model(4, 6, 5)
    saved.save_weights(tmp_path / "w.h5")
    before = other.get_weights()
    with pytest.raises(ValueError, match="weight 'of_5/kernel' has another shape"):
        other.load_weights(tmp_path / "w.h5", by_name=True)
    with pytest.warns(UserWarning, match="Dense 'of_5' keeps its weights"):
        other.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[0], saved.get_weights()[0])
    for ours, kept in zip(other.get_weights()[2:], before[2:], strict=True):
        np.testing.assert_array_equal(ours, kept)


def test_files_without_names_are_not_read_by_name(model, tmp_path):
    model.save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match="have no names, so `by_name` cannot find them"):
        model.load_weights(tmp_path / "w.weights.h5", by_name=True)


def test_a_frozen_model_inside_that_was_saved_in_the_order_of_its_layers(tmp_path):
    """As Keras saves it: there is nothing to train in it, so nothing comes first."""

    def frozen(*, freeze):
        inner = Sequential([layers.Input((4,)), layers.BatchNormalization(), layers.Dense(4)], name="inner")
        inner.trainable = not freeze
        return Sequential([inner, layers.Dense(2)])

    model = frozen(freeze=True)
    random = np.random.default_rng(0)
    model.set_weights([random.random(each.shape) for each in model.get_weights()])
    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        stems = [name.rpartition(b"/")[2] for name in file["inner"].attrs["weight_names"]]
    assert stems == [b"gamma", b"beta", b"moving_mean", b"moving_variance", b"kernel", b"bias"]
    for freeze in (True, False):
        other = frozen(freeze=freeze)
        other.load_weights(tmp_path / "w.h5")
        for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("name", "weights_only"), [("best.h5", False), ("best.hdf5", True)])
def test_checkpoints(model, another_model, images, tmp_path, name, weights_only):
    keep = ModelCheckpoint(tmp_path / name, monitor="loss", save_weights_only=weights_only)
    model.fit(*images, verbose=0, callbacks=[keep])
    if weights_only:
        another_model.load_weights(tmp_path / name)
    else:
        another_model = load_model(tmp_path / name)
    expected = model.predict(images[0], verbose=0)
    np.testing.assert_array_equal(another_model.predict(images[0], verbose=0), expected)


def test_the_command_that_predicts(h5, tmp_path, capsys, monkeypatch):
    from PIL import Image

    from planish.cli.main import main

    Image.new("L", (6, 6), 128).save(tmp_path / "image.png")
    assert main(["predict", str(h5), str(tmp_path / "image.png")]) == 0
    assert main(["summary", str(h5)]) == 0
    assert "image.png" in capsys.readouterr().out


def test_structure_without_weights(h5):
    from planish import structure

    assert [step.output_shape for step in structure.shapes(h5).steps][-1][-1] == 3


# ---------------------------------------------------------------------- parts


def test_weights_in_several_files(trained, model, another_model, images, tmp_path):
    trained(model, images).save_weights(tmp_path / "w.weights.json", max_shard_size=1.2e-7)
    index = json.loads((tmp_path / "w.weights.json").read_text())
    files = {name for each in index["weight_map"].values() for name in ([each] if isinstance(each, str) else each)}
    assert len(files) > 2
    assert {path.name for path in tmp_path.iterdir()} == {"w.weights.json", *files}
    assert index["metadata"]["total_size"] == sum(np.asarray(each).nbytes for each in model.optimizer.variables) + sum(
        each.nbytes for each in model.get_weights()
    )
    another_model.load_weights(tmp_path / "w.weights.json")
    for each in (model, another_model):
        each.train_on_batch(*images)
    for ours, theirs in zip(model.get_weights(), another_model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_array_that_does_not_fit_into_a_part(model, tmp_path):
    with pytest.raises(ValueError, match="is larger than `max_shard_size`"):
        model.save_weights(tmp_path / "w.weights.json", max_shard_size=1e-8)


@pytest.mark.parametrize("name", ["../w_00000.weights.h5", "/etc/passwd", "a\\w.weights.h5", 3, "w.h5", None])
def test_parts_outside_of_the_folder(model, tmp_path, name):
    model.save_weights(tmp_path / "w.weights.json", max_shard_size=1)
    index = json.loads((tmp_path / "w.weights.json").read_text())
    index["weight_map"] = dict.fromkeys(index["weight_map"], name)
    (tmp_path / "w.weights.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="does not say where the weights are"):
        model.load_weights(tmp_path / "w.weights.json")


def test_a_part_that_is_missing(model, tmp_path):
    model.save_weights(tmp_path / "w.weights.json", max_shard_size=1)
    (tmp_path / "w_00000.weights.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"w_00000\.weights\.h5"):
        model.load_weights(tmp_path / "w.weights.json")


def test_short_names_of_metrics_are_written_as_classes(model, tmp_path):
    """Keras 3 does not find 'mse' in such a file."""
    model.compile("sgd", "mse", metrics=["mse", "accuracy"])
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        written = json.loads(file.attrs["training_config"])["metrics"]
    assert written == [{"class_name": "MeanSquaredError", "config": {"name": "mse"}}, "accuracy"]
    assert load_model(tmp_path / "model.h5").compiled


@pytest.mark.parametrize(
    ("loss", "written"),
    [
        ("mse", "mean_squared_error"),
        ("KLD", "kl_divergence"),
        ("bce", "binary_crossentropy"),
        ("huber", "huber"),
        (["mae"], ["mean_absolute_error"]),
    ],
)
def test_losses_have_the_names_that_keras_3_finds(loss, written, tmp_path):
    model = Sequential([layers.Input((3,)), layers.Dense(2)])
    model.compile("sgd", loss)
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert json.loads(file.attrs["training_config"])["loss"] == written
    assert load_model(tmp_path / "model.h5").loss == written


def test_wrapped_layers_have_the_module_in_which_keras_3_finds_them(tmp_path):
    model = Sequential([layers.Input((4, 3)), layers.TimeDistributed(layers.Dense(2)), layers.Flatten()])
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        wrapper = json.loads(file.attrs["model_config"])["config"]["layers"][1]
    assert wrapper["class_name"] == "TimeDistributed"
    assert wrapper["config"]["layer"]["module"] == "keras.layers"
    again = load_model(tmp_path / "model.h5")
    x = np.random.default_rng(0).random((2, 4, 3), np.float32)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("steps", [0, 1])
def test_an_optimizer_without_slots_of_its_own_that_keeps_averages(tmp_path, steps):
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.compile(planish.optimizers.SGD(0.1, use_ema=True), "mse")
    for _ in range(steps):
        model.train_on_batch(np.ones((2, 4), np.float32), np.ones((2, 2), np.float32))
    model.save(tmp_path / "averages.h5")
    opened = load_model(tmp_path / "averages.h5")
    assert opened.optimizer.use_ema
    for one, other in zip(model.get_weights(), opened.get_weights(), strict=True):
        assert np.array_equal(one, other)
