"""What cannot be exported is told with the way out."""

import importlib
import pkgutil
import sys

import pytest

import planish.primitives
from planish import Input, Model, Sequential, layers
from planish.convert.onnx_writer import rows, translating
from planish.primitives import registry
from tests.convert.exported import exported

GRADIENTS_THAT_LAYERS_COMPUTE = {"conv2d_input_grad", "take_grad"}


def small():
    return Sequential([Input((3,), name="image"), layers.Dense(2)])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tf_saved_model", "planish does not write a TensorFlow SavedModel"),
        ("litert", "keras.models.load_model('model.keras').export('x', format='litert')"),
        ("openvino", "openvino.convert_model('model.onnx')"),
        ("torch", "planish does not write a program of PyTorch"),
        ("onx", "did you mean 'onnx'?"),
    ],
)
def test_other_formats(name, said):
    with pytest.raises(ValueError, match="format") as caught:
        small().export("x", format=name)
    assert said in str(caught.value)


def test_the_usual_format_of_keras_is_not_planishs():
    with pytest.raises(ValueError, match=r"remedy: +model.export\('model.onnx', format='onnx'\)"):
        small().export("x.onnx")


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"opset_version": 12}, ValueError, "a whole number from 13 to 21"),
        ({"opset_version": "18"}, TypeError, "`opset_version` is wrong"),
        ({"optimize": True}, TypeError, "ONNX has no such argument"),
        ({"input_signature": [3]}, TypeError, "an InputSpec with a shape"),
        ({"input_signature": [layers.InputSpec(shape=(None, 4))]}, ValueError, "does not fit the input 'image'"),
        ({"input_signature": []}, ValueError, "another number of inputs"),
        (
            {"input_signature": [layers.InputSpec(shape=(None, 3), dtype="complex64")]},
            ValueError,
            "cannot have this type",
        ),
    ],
)
def test_arguments(options, kind, said, tmp_path):
    with pytest.raises(kind) as caught:
        small().export(tmp_path / "x.onnx", format="onnx", **options)
    assert said in str(caught.value)
    assert not [*tmp_path.iterdir()]


def test_inputs_of_other_numbers_of_images(tmp_path):
    one, other = Input((3,)), Input((3,))
    signature = [layers.InputSpec(shape=(1, 3)), layers.InputSpec(shape=(None, 3))]
    with pytest.raises(ValueError, match="the same number of images"):
        exported(Model([one, other], layers.Add()([one, other])), tmp_path, input_signature=signature)


def test_open_sizes_have_to_be_given(tmp_path):
    image = Input((None, None, 3), name="image")
    with pytest.raises(ValueError, match=r"InputSpec\(shape=\(None, 224, 224, 3\)\)"):
        exported(Model(image, layers.Conv2D(2, 3)(image)), tmp_path)


def test_a_model_that_is_not_built(tmp_path):
    with pytest.raises(ValueError, match="not built"):
        Sequential([layers.Dense(3)]).export(tmp_path / "x.onnx", format="onnx")


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"python -m pip install 'planish\[onnx\]'"):
        small().export(tmp_path / "x.onnx", format="onnx")


def test_every_primitive_is_written_or_refused_on_purpose():
    for module in pkgutil.iter_modules(planish.primitives.__path__, "planish.primitives."):
        importlib.import_module(module.name)
    assert translating.WRITTEN
    plain = {name for name in registry.registered() if registry.op_named(name).gradient is not registry.REWRITTEN}
    leaves = {"input", "parameter", "table", "constant"}
    assert plain - leaves == {*rows.WRITERS} | {*rows.REFUSED}
    assert not {*rows.WRITERS} & {*rows.REFUSED}
    gradients = {name for name in plain if name.endswith("_grad")}
    assert {*rows.WRITERS} & gradients == GRADIENTS_THAT_LAYERS_COMPUTE
