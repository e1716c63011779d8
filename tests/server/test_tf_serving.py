"""TensorFlow Serving's REST API: its forms, words and codes are those of its own sources."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

import planish as keras

PETS = "/v1/models/pets:predict"


@pytest.fixture(scope="module")
def pets(models):
    return [keras.models.load_model(models / "pets" / str(version) / "model.keras") for version in (1, 2)]


def floats(nested):
    return np.array(nested, np.float32)


def test_rows_and_columns_get_what_predict_gives(server, images, pets):
    expected = pets[1].predict(images, verbose=0)
    rows = server.post(PETS, {"instances": images.tolist()})
    assert rows.status == 200
    assert rows.headers[b"content-type"] == b"application/json"
    assert np.array_equal(floats(rows.json["predictions"]), expected)
    assert np.array_equal(floats(server.post(PETS, {"inputs": images.tolist()}).json["outputs"]), expected)


def test_a_last_axis_of_one_may_be_left_out(server, images, pets):
    found = server.post(PETS, {"signature_name": "serving_default", "instances": images[..., 0].tolist()})
    assert np.array_equal(floats(found.json["predictions"]), pets[1].predict(images, verbose=0))


def test_versions_and_labels_in_the_path(server, images, pets):
    expected = [model.predict(images, verbose=0) for model in pets]
    asked = {"instances": images.tolist()}
    for path, version in (("versions/1", 0), ("versions/2", 1), ("labels/stable", 0)):
        found = server.post(f"/v1/models/pets/{path}:predict", asked)
        assert np.array_equal(floats(found.json["predictions"]), expected[version])


def test_several_inputs_and_outputs_have_names(server):
    row = {"a": [1, 2, 3, 4], "b": [0.5, 0, -1]}
    found = server.post("/v1/models/ends:predict", {"instances": [row, row]}).json["predictions"]
    assert [sorted(each) for each in found] == [["left", "right"]] * 2
    columns = server.post("/v1/models/ends:predict", {"inputs": {name: [row[name]] for name in row}}).json["outputs"]
    assert {name: values[0] for name, values in columns.items()} == found[0]


def test_numbers_that_json_lacks_go_both_ways(server):
    found = server.post("/v1/models/line:predict", b'{"instances": [[NaN, 1], [Infinity, 1.5e3]]}')
    assert found.status == 200
    assert b"NaN" in found.body
    assert b"Infinity" in found.body


def encoded(array, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind)
    return {"b64": base64.b64encode(file.getvalue()).decode()}


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (5, 4), np.uint8)


def test_encoded_images_are_decoded_to_the_input(server, picture, pets, models):
    expected = pets[1].predict(np.float32(picture / 255).reshape(1, 5, 4, 1), verbose=0)
    name = pets[1].input_names[0]
    image = encoded(picture)
    for asked in (
        {"instances": [image]},
        {"instances": [{name: image}]},
        {"inputs": image},
        {"inputs": {name: [image]}},
    ):
        found = server.post(PETS, asked).json
        assert np.array_equal(floats(next(iter(found.values()))), expected)


def test_images_of_other_sizes_and_colours_are_resized(server):
    found = server.post(PETS, {"instances": [encoded(np.zeros((50, 70, 3), np.uint8), "JPEG")]})
    assert found.status == 200


def test_classes_have_names_and_scores(server, images, pets):
    (name,) = pets[1].input_names
    found = server.post("/v1/models/pets:classify", {"examples": [{name: each.ravel().tolist()} for each in images]})
    labels = [[label for label, _ in row] for row in found.json["results"]]
    assert labels == [["cat", "dog", "eel"]] * 3
    scores = floats([[score for _, score in row] for row in found.json["results"]])
    assert np.array_equal(scores, pets[1].predict(images, verbose=0))


def test_what_all_examples_share_is_their_context(server, models):
    model = keras.models.load_model(models / "line.keras")
    asked = {"context": {model.input_names[0]: [1.5, 2]}, "examples": [{}, {}]}
    found = server.post("/v1/models/line:regress", asked).json["results"]
    assert np.array_equal(floats(found), np.repeat(model.predict(np.float32([[1.5, 2]]), verbose=0), 2))


def test_status_tells_of_all_versions_or_of_one(server):
    ok = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert server.get("/v1/models/pets").json == {
        "model_version_status": [{"version": "2", **ok}, {"version": "1", **ok}]
    }
    assert server.get("/v1/models/pets/labels/stable").json["model_version_status"] == [{"version": "1", **ok}]
    (broken,) = server.get("/v1/models/broken").json["model_version_status"]
    assert broken["state"] == "END"
    assert "damaged" in broken["status"]["error_message"]
    assert "/" not in broken["status"]["error_message"].partition("\n")[0]


def test_metadata_has_the_signature(server, pets):
    found = server.get("/v1/models/pets/versions/1/metadata").json
    assert found["model_spec"] == {"name": "pets", "signature_name": "", "version": "1"}
    signature = found["metadata"]["signature_def"]["signature_def"]["serving_default"]
    shape = signature["inputs"][pets[0].input_names[0]]["tensor_shape"]["dim"]
    assert [each["size"] for each in shape] == ["-1", "5", "4", "1"]
    assert signature["method_name"] == "tensorflow/serving/predict"


ERRORS = [
    ("nope:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(nope)"),
    ("pets/versions/7:predict", {"instances": [1]}, 404, "Servable not found for request: Specific(pets, 7)"),
    ("pets/labels/x:predict", {"instances": [1]}, 400, "Unrecognized servable version label: x"),
    ("pets/version/5:predict", {}, 400, "Malformed request: POST /v1/models/pets/version/5:predict"),
    ("pets/versions/18446744073709551615:predict", {}, 400, "Failed to convert version"),
    ("pets/versions/" + "0" * 9000 + "7:predict", {}, 404, "Servable not found for request: Specific(pets, 7)"),
    ("../../etc/passwd:predict", {}, 400, "Malformed request"),
    ("%2e%2e%2fetc:predict", {}, 404, "Servable not found for request: Latest(../etc)"),
    ("pets:predict", b"", 400, "JSON Parse error: The document is empty"),
    ("pets:predict", b"instances = [1, 2]", 400, "JSON Parse error: Invalid value. at offset: 0"),
    ("pets:predict", b"[1]", 400, "JSON Value: [1] Is not object"),
    ("pets:predict", b"[" * 100_000, 400, "JSON Parse error"),
    ("pets:predict", b'{"instances": [' + b"9" * 5000 + b"]}", 400, "JSON Parse error"),
    ("pets:predict", b'{"instances": "\\ud800"}', 400, "Expecting 'instances' to be an list/array"),
    ("pets:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
    ("pets:predict", {"instances": []}, 400, "No values in 'instances' array"),
    ("pets:predict", {"instances": [1], "inputs": [1]}, 400, "expecting only one of 'inputs' or 'instances'"),
    ("pets:predict", {"instances": ["x"]}, 400, "JSON Value: \"x\" Type: String is not of expected type: float"),
    ("pets:predict", {"instances": [[True]]}, 400, "Type: True is not of expected type: float"),
    ("pets:predict", {"instances": [[None]]}, 400, "Type: Null is not of expected type: float"),
    ("pets:predict", {"instances": [[1, [2]]]}, 400, "Encountered list at unexpected level: 1 expected < 1"),
    ("pets:predict", {"instances": [[[1], 2]]}, 400, "at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
    ("pets:predict", {"instances": [[1, 2], [1]]}, 400, "element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
     "Expecting tensor size: 2 but got: 1"),
    ("pets:predict", {"instances": [[[1, 2]], [[1], [2]]]}, 400, "Expecting shape [1,2] but got: [2,1]"),
    ("pets:predict", {"instances": [[[1, 2], [3]]]}, 400, "Encountered list at unexpected size: 1 at level: 1"),
    ("pets:predict", {"instances": [[1, 2]]}, 400, "takes the shape [-1, 5, 4, 1], and got [1, 2]"),
    ("pets:predict", {"instances": [{"b64": "!"}]}, 400, "Unable to base64 decode"),
    ("pets:predict", {"instances": [{"b64": "aGFsbG8="}]}, 400, "is not an image"),
    ("pets:predict", {"instances": [{"b64": ""}, [1]]}, 400, "encoded in some elements"),
    ("pets:predict", {"signature_name": 100}, 400, "'signature_name' key must be a string value."),
    ("pets:predict", {"signature_name": "x", "instances": [1]}, 400, 'name: "x" not found in signature def'),
    ("ends:predict", {"instances": [[1]]}, 400, "instances is a plain list, but expecting list of objects"),
    ("ends:predict", {"inputs": [[1]]}, 400, "inputs is a plain value/list, but expecting an object"),
    ("ends:predict", {"inputs": {"a": [[1, 2, 3, 4]]}}, 400, "Missing named input: b in 'inputs' object."),
    ("ends:predict", {"instances": [{"a": [1]}]}, 400, "keys must be equal to: a,b"),
    ("ends:predict", {"instances": [{"c": [1]}]}, 400, "JSON object: does not have named input: c"),
    ("ends:predict", {"instances": [{"a": [1], "b": [1]}, [1]]}, 400, "Expecting object but got list at item 1"),
    ("pets:predict", {"instances": [[1], {"x": 1}]}, 400, "Expecting value/list but got object at item 1"),
    ("ends:predict", {"inputs": {"a": [[1, 2, 3, 4]], "b": [[1, 2, 3]] * 2}}, 400, "different numbers of images"),
    ("ends:classify", {"examples": [{}]}, 400, "Expected classify signature"),
    ("pets:classify", {}, 400, "key 'examples' is expected and was not found"),
    ("pets:classify", {"examples": []}, 400, "'examples' value is an empty array"),
    ("pets:classify", {"examples": [1]}, 400, "Example must be JSON object but got JSON Number"),
    ("pets:classify", {"examples": [{"x": 1}]}, 400, "is required but could not be found"),
    ("line:predict", {"instances": [{"b64": ""}]}, 400, "does not take encoded images"),
]  # fmt: skip


def test_errors_have_the_codes_and_words_of_tensorflow_serving(server):
    wrong = []
    for path, asked, status, reason in ERRORS:
        found = server.post(f"/v1/models/{path}", asked)
        if found.status != status or reason not in found.error:
            wrong.append((path, str(asked)[:60], found.status, found.error))
    assert wrong == []


def test_status_of_what_is_not_there(server):
    assert server.get("/v1/models/nope").error == "Could not find any versions of model nope"
    assert server.get("/v1/models/pets/versions/9").error == "Could not find version 9 of model pets"
    assert server.get("/v1/models").error == "Missing model name in request."
    assert server.wait(server.asked("DELETE", "/v1/models/pets", b"", {})).status == 400


def test_numbers_are_short_and_read_back_as_the_same():
    from planish.serving.http import numbers

    values = np.float32([0.1, 3, 1e20, -2.5, 1 / 3, np.nan, -np.inf, 16777217])
    texts = numbers.texts(values)
    assert texts[:4] == ["0.1", "3.0", "1e+20", "-2.5"]
    assert texts[5:7] == ["NaN", "-Infinity"]
    assert np.array_equal(np.float32(json.loads("[" + ",".join(texts) + "]")), values, equal_nan=True)
    wide = np.random.default_rng(0).random(100)
    assert np.array_equal(json.loads(numbers.nested(wide)), wide)
