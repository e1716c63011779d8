"""Keras's models against what Keras said of them: objects by their configuration, and files."""

import json
import zipfile

import pytest

import planish
from planish.layers import Conv2D, Dense, Flatten, Input
from tests.models import branched

from . import stand_ins
from .stand_ins import KerasModel, KerasTensor, keras_layer

RECORDED = stand_ins.cases("keras")


def text_of(use):
    with pytest.raises(ValueError, match=r".") as caught:
        use()
    return str(caught.value).splitlines()


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["name"])
def test_shapes_and_parameters_are_kerass(case):
    found = planish.shapes(KerasModel(case["name"], case["json"]))
    assert [list(step.output_shape) for step in found.steps] == case["shapes"]
    assert found.parameters == case["parameters"]
    assert found.name == case["name"]
    flat = planish.flatten_map(KerasModel(case["name"], case["json"]))
    assert flat.size == found.pair.features == planish.flat_features(KerasModel(case["name"], case["json"]))


def test_both_kinds_of_models_were_recorded():
    kinds = {json.loads(case["json"])["class_name"] for case in RECORDED}
    assert kinds == {"Sequential", "Functional"}


def test_images_of_another_shape():
    model = KerasModel(RECORDED[1]["name"], RECORDED[1]["json"])
    larger = planish.flat_features(model, (40, 40, 2))
    assert larger.input_shape == (40, 40, 2)
    assert larger > planish.flat_features(model)


def test_files_of_functional_models(tmp_path):
    case = next(case for case in RECORDED if json.loads(case["json"])["class_name"] == "Functional")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", case["json"])
    assert planish.shapes(tmp_path / "model.keras").parameters == case["parameters"]


def test_files_of_planish(tmp_path):
    model = planish.Sequential([Input((8, 7, 2)), Conv2D(3, 3), Flatten(name="flatten"), Dense(4)])
    model.save(tmp_path / "model.keras")
    assert planish.flatten_map(tmp_path / "model.keras") == model.get_layer("flatten").map
    assert planish.flat_features(str(tmp_path / "model.keras"), (9, 9, 2)) == 7 * 7 * 3


def test_lists_of_keras_layers():
    conv = keras_layer("Conv2D", name="conv", filters=4, kernel_size=[5, 5])
    pool = keras_layer("MaxPooling2D", name="pool", pool_size=[3, 3])
    assert planish.flat_features([conv, pool], (30, 30, 1)) == 8 * 8 * 4
    assert planish.flat_features([KerasTensor((None, 33, 30, 1)), conv, pool]) == 9 * 8 * 4


def test_models_of_a_class_of_the_users_own():
    for case in RECORDED[:2]:
        config = {**json.loads(case["json"]), "class_name": "Classifier"}
        found = planish.shapes(KerasModel("net", json.dumps(config)))
        assert [list(step.output_shape) for step in found.steps] == case["shapes"]


def test_models_without_layers():
    text = json.dumps({"class_name": "Classifier", "config": {"units": 3}})
    assert text_of(lambda: planish.shapes(KerasModel("net", text))) == [
        "'net' does not hold a model that planish knows",
        "  expected: a Sequential or functional model, or a class of your own",
        "  received: Classifier",
        "  remedy:   custom_objects={'Classifier': Classifier}",
    ]


def functional(layers, last):
    """The configuration of a functional model: layers by name, with the names of those that they take."""
    tensor = "__keras_tensor__"

    def arguments(taken):
        made = [{"class_name": tensor, "config": {"keras_history": [other, 0, 0]}} for other in taken]
        return {"args": made if len(made) == 1 else [made], "kwargs": {}}

    items = [
        {
            "module": "keras.layers",
            "class_name": kind,
            "config": {"name": name, **config},
            "name": name,
            "inbound_nodes": [arguments(taken)] if taken else [],
        }
        for name, kind, config, taken in layers
    ]
    return json.dumps(
        {
            "class_name": "Functional",
            "config": {
                "name": "net",
                "layers": items,
                "input_layers": [layers[0][0], 0, 0],
                "output_layers": [last, 0, 0],
            },
        }
    )


def test_branches():
    text = functional(
        [
            ("image", "InputLayer", {"batch_shape": [None, 8, 7, 2]}, []),
            ("conv", "Conv2D", {"filters": 2, "kernel_size": [3, 3], "padding": "same"}, ["image"]),
            ("add", "Add", {}, ["conv", "image"]),
            ("both", "Concatenate", {"axis": -1}, ["add", "image"]),
            ("flatten", "Flatten", {}, ["both"]),
        ],
        "flatten",
    )
    found = planish.shapes(KerasModel("net", text))
    assert [step.label for step in found.steps] == ["Concatenate block 'both'", "Flatten 'flatten'"]
    assert found.steps[0].output_shape == (8, 7, 4)
    flat = planish.flatten_map(KerasModel("net", text))
    assert [flat.receptive_field(flat.index(3, 3, channel)).rows for channel in (0, 2)] == [slice(2, 5), slice(3, 4)]


def test_several_inputs():
    model = branched.two_inputs()
    lines = text_of(lambda: planish.shapes(KerasModel("net", model.to_json())))
    assert lines[0].endswith("the structure of the model is not one way from an image to an output")
    assert lines[2] == "  received: 2 inputs and 2 outputs"


@pytest.mark.parametrize("make", [branched.residual, branched.shared])
def test_layers_that_are_shared_and_models_inside(make, tmp_path):
    model = make()
    model.save(tmp_path / "model.keras")
    for source in (KerasModel(model.name, model.to_json()), tmp_path / "model.keras"):
        found = planish.shapes(source)
        assert found.steps == planish.shapes(model).steps
        assert found.parameters == model.count_params()


def test_layers_that_planish_has_not():
    config = {"name": "m", "layers": [{"class_name": "LSTM", "config": {"name": "lstm"}}]}
    text = json.dumps({"class_name": "Sequential", "config": config})
    assert text_of(lambda: planish.shapes(KerasModel("m", text)))[0].startswith(
        "layer 'lstm' of 'm': Keras has keras.layers.LSTM; planish does not"
    )
