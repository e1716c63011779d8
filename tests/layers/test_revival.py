"""Layers and models that are made from their configurations, and classes whose constructors do not take these."""

import pytest

import planish as keras
from planish import Input, Model, Sequential
from planish.layers import Dense, Layer


class Closed:
    """As a mixin: a constructor without a name."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class ClosedLayer(Closed, Layer):
    pass


class ClosedModel(Closed, Model):
    pass


class Silent(Layer):
    def __init__(self, units, **options):
        super().__init__(**options)

    def get_config(self):
        return super().get_config()


class Stack(Sequential):
    def __init__(self, units):
        super().__init__([Dense(units)])


@pytest.mark.parametrize("made", [ClosedLayer, ClosedModel])
def test_a_constructor_that_does_not_take_the_name(made):
    with pytest.raises(TypeError) as caught:
        made.from_config(made(3).get_config())
    text = str(caught.value)
    assert text.startswith(f"{made.__name__} cannot be made from its configuration\n")
    assert "name, trainable, dtype, which it does not take" in text
    assert "def __init__(self, units, **options): super().__init__(**options)" in text


def test_a_configuration_without_an_argument():
    with pytest.raises(TypeError, match=r"no units, which it needs\n.*'units': self.units"):
        Silent.from_config(Silent(3).get_config())


def test_a_sequential_subclass_whose_constructor_takes_no_layers():
    with pytest.raises(TypeError, match=r"Stack cannot be made from its configuration(.|\n)*no units"):
        Stack.from_config(Stack(3).get_config())


@pytest.mark.parametrize("made", [Dense, Model, Sequential, ClosedModel])
def test_what_is_not_a_configuration_is_refused(made):
    with pytest.raises(TypeError, match=r"cannot be made from its configuration\n  expected: a dictionary"):
        made.from_config(None)


def test_a_configuration_without_layers_is_refused():
    with pytest.raises(ValueError, match=r"Sequential cannot be made(.|\n)*received: no 'layers'"):
        Sequential.from_config({})
    with pytest.raises(ValueError, match=r"Functional cannot be made(.|\n)*received: no 'layers', 'output_layers'"):
        Model.from_config({"input_layers": []})


def test_only_models_are_cloned_and_clones_consist_of_layers():
    with pytest.raises(TypeError, match="this is not a model"):
        keras.models.clone_model(Dense(3))
    with pytest.raises(TypeError, match="`clone_function` did not return a layer"):
        keras.models.clone_model(Sequential([Input((4,)), Dense(3)]), clone_function=lambda layer: None)


class Through(ClosedLayer):
    def call(self, x):
        return x


def test_clones_and_files_say_the_same(tmp_path):
    model = Sequential([Input((4,)), Through(3)])
    with pytest.raises(TypeError, match="Through cannot be made from its configuration"):
        keras.models.clone_model(model)
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="Through cannot be made from its configuration"):
        keras.models.load_model(tmp_path / "model.keras", custom_objects={"Through": Through})
