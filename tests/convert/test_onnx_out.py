"""Exported models say what planish says, in the evaluator that comes with ONNX."""

import numpy as np
import onnx
import pytest

import planish
from planish import Input, Model, Sequential, layers, ops
from planish.applications import MobileNetV2
from tests.convert.exported import differences, evaluated, exported, images_for, interpreted, operators


def blog():
    return Sequential(
        [
            Input((9, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )


def residual():
    """Strided, normalized, with a sum, and pools of another kind at the end."""
    image = Input((8, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(image)))
    y = layers.BatchNormalization()(layers.DepthwiseConv2D(3, strides=2, padding="same")(x))
    short = layers.Conv2D(4, 1, strides=2)(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    x = layers.ReLU(6.0)(layers.Add()([y, layers.Cropping2D(((0, 1), (0, 1)))(short)]))
    gate = layers.Conv2D(4, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Concatenate()([x, layers.Multiply()([x, gate])])
    return Model(image, layers.Dense(3)(layers.GlobalMaxPooling2D()(x)))


def sequences():
    sequence = Input((12, 3))
    x = layers.Conv1D(4, 3, padding="causal", activation="relu")(sequence)
    x = layers.Conv1D(4, 3, strides=2)(layers.MaxPooling1D(2)(x))
    return Model(sequence, layers.Flatten()(x))


def randomized(model):
    """Other weights than zeros and ones: variances stay positive."""
    random = np.random.default_rng(1)
    for variable in model.weights:
        values = random.uniform(0.5, 1.5, variable.shape) if "variance" in variable.path else None
        variable.assign(random.standard_normal(variable.shape) / 3 if values is None else values)
    return model


@pytest.mark.parametrize("made", [blog, residual, sequences])
def test_nets_agree_and_move_axes_at_the_ends_only(made, tmp_path):
    model = randomized(made())
    assert differences(model, tmp_path) == []
    assert operators(tmp_path / "model.onnx").count("Transpose") <= (2 if made is sequences else 1)


def test_a_net_that_people_know_is_convolutions_from_end_to_end(tmp_path):
    model = MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=5)
    kinds = operators(exported(model, tmp_path))
    assert kinds.count("Transpose") == 1
    assert set(kinds) == {"Transpose", "Conv", "Clip", "Add", "Pad", "ReduceMean", "Gemm", "Softmax"} - (
        {"Pad"} - {*kinds}
    )


def test_rows_of_dense_weights_follow_a_flatten_of_maps_that_are_channels_first(tmp_path):
    path = exported(blog(), tmp_path)
    assert operators(path) == ["Transpose", "Conv", "Relu", "MaxPool", "Reshape", "Gemm", "Softmax"]


@pytest.mark.parametrize("opset", [13, 18, 21])
def test_versions_of_the_operator_set(opset, tmp_path):
    assert differences(residual(), tmp_path, opset_version=opset) == []
    (used,) = onnx.load(tmp_path / "model.onnx").opset_import
    assert used.version == opset


def test_18_is_the_usual_version(tmp_path):
    assert onnx.load(exported(blog(), tmp_path)).opset_import[0].version == 18


def test_inputs_and_outputs_keep_names_types_and_the_order_of_axes(tmp_path):
    image, extra = Input((4, 5, 3), name="image", dtype="uint8"), Input((2,), name="extra")
    head = layers.Dense(3, name="head")(layers.Flatten()(layers.Rescaling(1 / 255)(image)))
    model = Model({"image": image, "extra": extra}, {"p": head, "q": layers.Dense(1, name="other")(extra)})
    assert differences(model, tmp_path) == []
    graph = onnx.load(tmp_path / "model.onnx").graph
    told = {
        end.name: (end.type.tensor_type.elem_type, [d.dim_param or d.dim_value for d in end.type.tensor_type.shape.dim])
        for end in (*graph.input, *graph.output)
    }
    assert told == {
        "image": (onnx.TensorProto.UINT8, ["batch", 4, 5, 3]),
        "extra": (onnx.TensorProto.FLOAT, ["batch", 2]),
        "p": (onnx.TensorProto.FLOAT, ["batch", 3]),
        "q": (onnx.TensorProto.FLOAT, ["batch", 1]),
    }


def test_an_input_that_is_an_output_and_outputs_that_are_the_same(tmp_path):
    image = Input((3,), name="image")
    scores = layers.Dense(2, name="scores")(image)
    model = Model(image, [image, scores, scores])
    assert differences(model, tmp_path) == []
    assert [end.name for end in onnx.load(tmp_path / "model.onnx").graph.output] == ["image_1", "scores", "scores_1"]


def test_one_image_or_none(tmp_path):
    model = blog()
    path = exported(model, tmp_path)
    assert evaluated(path, images_for(model, 1))[0].shape == (1, 5)


def test_a_file_has_the_same_bytes_each_time_and_weights_of_shared_layers_once(tmp_path):
    shared, image = layers.Dense(300, name="shared"), Input((300,))
    model = Model(image, shared(shared(image)))
    first, second = (exported(model, tmp_path).read_bytes() for _ in range(2))
    assert first == second
    assert {each.name for each in onnx.load(tmp_path / "model.onnx").graph.initializer} == {
        "shared/kernel",
        "shared/bias",
    }


def test_models_of_float64_are_of_float64_in_the_file(tmp_path):
    image = Input((6, 5, 2), dtype="float64")
    x = layers.Flatten(dtype="float64")(layers.Conv2D(3, 2, activation="tanh", dtype="float64")(image))
    model = Model(image, layers.Dense(2, dtype="float64")(x))
    arrays = images_for(model)
    (given,), (expected,) = evaluated(exported(model, tmp_path), arrays), interpreted(model, arrays)
    assert given.dtype == np.float64
    np.testing.assert_allclose(given, expected, rtol=1e-12)


def test_models_inside_of_models_and_shared_layers_come_along(tmp_path):
    inner = Sequential([Input((4,)), layers.Dense(4, activation="gelu"), layers.Dropout(0.5)])
    a, b = Input((4,), name="a"), Input((4,), name="b")
    assert differences(Model([a, b], layers.Subtract()([inner(inner(a)), inner(b)])), tmp_path) == []


class Squashed(layers.Layer):
    """A layer of the user's own, written in Keras's way."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return ops.tanh(inputs * self.scale) - ops.mean(inputs, axis=(1, 2), keepdims=True)


class Own(Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = Squashed(), layers.Conv2D(2, 2)

    def call(self, x):
        return self.second(self.first(x))


def test_layers_and_models_of_the_users_own(tmp_path):
    model = Own()
    model.build((None, 4, 4, 3))
    assert differences(model, tmp_path) == []


def test_statistics_of_the_batch(tmp_path):
    image = Input((5, 4, 3))
    assert differences(Model(image, layers.BatchNormalization()(image, training=True)), tmp_path) == []


class Counting(layers.Layer):
    def build(self, input_shape):
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, inputs):
        self.count.assign_add(1.0)
        return inputs * 2.0


def test_variables_that_predictions_change_are_told(tmp_path):
    image = Input((3,))
    model = Model(image, Counting(name="counting")(image))
    with pytest.warns(UserWarning, match="every prediction changes variables") as told:
        assert differences(model, tmp_path) == []
    assert "counting/count" in str(told[0].message)


def test_random_numbers_are_new_ones_in_every_run(tmp_path):
    image = Input((300,))
    path = exported(Model(image, layers.Dropout(0.5)(image, training=True)), tmp_path)
    ones = [np.ones((2, 300), np.float32)]
    (first,), (second,) = evaluated(path, ones), evaluated(path, ones)
    assert {*np.unique(first)} == {0.0, 2.0}
    assert 100 < (first == 0).sum() < 500
    assert (first != second).any()


def test_what_pixels_are_counted_for_is_written(tmp_path):
    image = Input((5, 4, 2))
    model = Model(image, layers.Equalization()(image, training=True))
    colors = np.random.default_rng(0).integers(0, 40, (3, 5, 4, 2)).astype(np.float32)
    assert differences(model, tmp_path, [colors]) == []
    with pytest.raises(ValueError, match="opset_version=16 or later"):
        exported(model, tmp_path, opset_version=15)


@pytest.mark.parametrize("layer", [layers.RandomRotation(0.2), layers.CutMix(), layers.RandAugment()])
def test_layers_that_change_images_in_training_do_so_in_the_file_if_they_are_told_to(layer, tmp_path):
    image = Input((6, 5, 3))
    model = Model(image, layer(image, training=True))
    (changed,) = evaluated(exported(model, tmp_path), images_for(model))
    assert changed.shape == (3, 6, 5, 3)
    assert np.isfinite(changed).all()


def test_layers_that_are_random_in_training_leave_nothing_behind(tmp_path):
    model = Sequential([Input((4, 4, 3)), layers.RandomFlip(), layers.GaussianNoise(1.0), layers.Dropout(0.5)])
    assert operators(exported(model, tmp_path)) == ["Identity"]


def test_notes_are_properties_of_the_file(tmp_path):
    model = blog()
    model.notes["class_names"] = ["cat", "dög"]
    model.notes["about"] = "pets"
    held = onnx.load(exported(model, tmp_path))
    assert {each.key: each.value for each in held.metadata_props} == {"class_names": '["cat", "dög"]', "about": "pets"}
    assert (held.producer_name, held.producer_version) == ("planish", planish.__version__)


def test_open_sizes_are_given_by_the_signature(tmp_path):
    image = Input((None, None, 3), name="image")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3, strides=2, padding="same")(image))
    model = Model(image, x)
    path = exported(model, tmp_path, input_signature=[layers.InputSpec(shape=(None, 7, 6, 3), name="photo")])
    array = np.random.default_rng(0).standard_normal((2, 7, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(evaluated(path, [array])[0], model.predict(array, verbose=0), rtol=1e-5, atol=1e-6)
    assert onnx.load(path).graph.input[0].name == "photo"


def test_the_signature_may_say_how_many_images_there_are(tmp_path):
    model = blog()
    path = exported(model, tmp_path, input_signature=[layers.InputSpec(shape=(1, 9, 8, 2))])
    graph = onnx.load(path).graph
    shapes = [[extent.dim_value for extent in end.type.tensor_type.shape.dim] for end in (*graph.input, *graph.output)]
    assert shapes == [[1, 9, 8, 2], [1, 5]]
    arrays = images_for(model, 1)
    np.testing.assert_allclose(evaluated(path, arrays)[0], interpreted(model, arrays)[0], rtol=1e-5)


def test_weights_beyond_two_gigabytes_are_in_a_file_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("planish.convert.onnx_writer.file._LARGEST", 100)
    assert differences(blog(), tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.onnx.data"]
    held = onnx.load(tmp_path / "model.onnx", load_external_data=False)
    places = [entry for tensor in held.graph.initializer for entry in tensor.external_data]
    assert [entry.value for entry in places if entry.key == "location"] == ["model.onnx.data"] * 2


def test_a_message_says_where_the_file_is(tmp_path, capsys):
    blog().export(tmp_path / "m", format="onnx")
    assert capsys.readouterr().out == f"Saved artifact at '{tmp_path / 'm'}'.\n"
    blog().export(tmp_path / "m", format="onnx", verbose=False)
    assert capsys.readouterr().out == ""
