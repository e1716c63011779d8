"""Whole models in `.h5` files that are damaged, foreign or hostile."""

import json
import re
import warnings

import h5py
import numpy as np
import pytest

from planish.models import load_model
from planish.saving.weights_store import WeightsReader


def changed(path, attribute, change):
    with h5py.File(path, "a") as file:
        file.attrs[attribute] = change(file.attrs[attribute])


def test_code_is_refused(h5):
    code = {"class_name": "Lambda", "config": {"name": "twice", "function": ["4wAAAA==", None, None]}}

    def change(text):
        config = json.loads(text)
        config["config"]["layers"].insert(1, code)
        return json.dumps(config)

    changed(h5, "model_config", change)
    with pytest.raises(ValueError, match="holds code, which is never run"):
        load_model(h5)


def test_other_modules_are_not_looked_up(h5):
    command = {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": "system"}

    def change(text):
        config = json.loads(text)
        config["config"]["layers"][1]["config"]["kernel_initializer"] = command
        return json.dumps(config)

    changed(h5, "model_config", change)
    with pytest.raises(ValueError, match="holds a model that planish cannot make"):
        load_model(h5)


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"class_name": "Sequential"}', '{"class_name": 3, "config": []}'])
def test_configurations_that_are_none(h5, text):
    changed(h5, "model_config", lambda _: text)
    with pytest.raises(ValueError, match=r"model\.h5"):
        load_model(h5)


@pytest.mark.parametrize("config", [{}, {"optimizer_config": 3}, [], {"optimizer_config": {"class_name": "X"}}])
def test_compile_settings_that_are_none(h5, config):
    changed(h5, "training_config", lambda _: json.dumps(config))
    with pytest.raises(ValueError, match=r"model\.h5"):
        load_model(h5)
    assert load_model(h5, compile=False).built


@pytest.mark.parametrize("link", [h5py.SoftLink("/model_weights/x"), h5py.ExternalLink("/etc/passwd", "/x")])
@pytest.mark.parametrize("place", ["model_weights", "model_weights/{first}"])
def test_links(h5, link, place):
    with h5py.File(h5, "a") as file:
        group = file["model_weights"]
        first = next(name for name in group.attrs["layer_names"] if b"conv" in name).decode()
        path = place.format(first=first)
        file.move(path, "elsewhere")
        file[path] = link
    with pytest.raises(ValueError, match=r"leads elsewhere|holds no weights|damaged"):
        load_model(h5)


@pytest.mark.parametrize("length", [1, 1 << 20])
def test_one_long_text_that_is_named_many_times(tmp_path, length):
    """4,000 references to a megabyte are four gigabytes."""
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "x" * (1 << 20)
        file.create_group("model_weights").attrs["layer_names"] = ["y"] * 4000
    contents = bytearray(path.read_bytes())
    (long,) = references(contents, 1 << 20)
    short = references(contents, 1)
    assert len(short) == 4000
    for place in short:
        contents[place : place + 16] = length.to_bytes(4, "little") + contents[long + 4 : long + 16]
    told = r"long texts, many times|a text of 1 bytes"
    with WeightsReader(bytes(contents), "large.h5") as reader, pytest.raises(ValueError, match=told):
        reader.names("model_weights", "layer_names")


def references(contents, nbytes):
    """The places where texts of so many bytes are referred to: their length, the place of the heap, their number."""
    begins = nbytes.to_bytes(4, "little")
    heaps = [contents[place + 4 : place + 12] for place in range(len(contents) - 16)]
    return [
        place
        for place, heap in enumerate(heaps)
        if contents.startswith(begins, place) and contents.startswith(b"GCOL", int.from_bytes(heap, "little"))
    ]


def test_more_names_than_a_model_has(h5):
    with h5py.File(h5, "a") as file:
        for part in range(8):
            file["model_weights"].attrs[f"layer_names{part}"] = np.full(4000, b"x")
        del file["model_weights"].attrs["layer_names"]
    with pytest.raises(ValueError, match="a list has at most 20,000 names"):
        load_model(h5)


def test_settings_that_planish_does_not_know(h5):
    def with_settings(**settings):
        def change(text):
            config = json.loads(text)
            config["config"]["layers"][1]["config"] |= settings
            return json.dumps(config)

        return change

    changed(h5, "model_config", with_settings(of_tomorrow=None, another=False, implementation=2))
    assert load_model(h5).built
    changed(h5, "model_config", with_settings(of_tomorrow=3))
    with pytest.raises(ValueError, match="has settings that planish does not know") as caught:
        load_model(h5)
    assert "received: of_tomorrow=3" in str(caught.value)


def test_a_file_of_weights_is_not_a_model(model, tmp_path):
    model.save_weights(tmp_path / "w.h5")
    with pytest.raises(ValueError, match="weights"):
        load_model(tmp_path / "w.h5")


def test_truncated_and_flipped_files(h5):
    contents = h5.read_bytes()
    random = np.random.default_rng(0)
    for number in range(40):
        mutant = bytearray(contents[: random.integers(len(contents))] if number % 3 == 0 else contents)
        for place in random.integers(0, len(mutant), 4) if mutant else ():
            mutant[place] ^= 1 << random.integers(8)
        h5.write_bytes(mutant)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                load_model(h5)
            except ValueError:
                continue


@pytest.mark.parametrize("depth", [900, 20_000])
def test_a_configuration_that_is_nested_deep(h5, depth):
    """Deeper than Python's own limit for JSON, or less, but deeper than what looks through it can follow."""
    with h5py.File(h5, "a") as file:
        text = file.attrs["model_config"]
        text = text.decode() if isinstance(text, bytes) else text
        deep = "[" * depth + "]" * depth
        del file.attrs["model_config"]
        file.attrs["model_config"] = text.replace('"config": {', f'"config": {{"deep": {deep}, ', 1)
    with pytest.raises(ValueError, match=re.escape(str(h5))):
        load_model(h5)
