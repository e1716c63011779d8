"""The Open Inference Protocol, version 2, as its specification and its extensions have it."""

import base64
import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

import planish as keras

INFER = "/v2/models/pets/infer"
LENGTH = "Inference-Header-Content-Length"


@pytest.fixture(scope="module")
def pets(models):
    return keras.models.load_model(models / "pets" / "2" / "model.keras")


@pytest.fixture(scope="module")
def name(pets):
    return pets.input_names[0]


def asked(name, array, datatype="FP32", **more):
    return {"name": name, "shape": list(array.shape), "datatype": datatype, "data": array.ravel().tolist(), **more}


def binary(document, *tails):
    head = json.dumps(document).encode()
    return (b"".join([head, *tails]), {LENGTH: str(len(head))})


def test_the_server_tells_what_it_is(server):
    assert server.get("/v2/health/live").json == {"live": True}
    assert server.get("/v2/health/ready").json == {"ready": True}
    assert server.get("/v2").json["extensions"] == ["binary_tensor_data", "classification"]
    assert server.get("/v2/models/pets/ready").json == {"name": "pets", "ready": True}
    assert server.get("/v2/models/nope/ready").status == 404


def test_metadata_has_versions_and_tensors(server, name):
    found = server.get("/v2/models/pets/versions/1").json
    assert found["versions"] == ["1", "2"]
    assert found["inputs"] == [{"name": name, "datatype": "FP32", "shape": [-1, 5, 4, 1]}]


def test_json_gets_what_predict_gives(server, images, pets, name):
    expected = pets.predict(images, verbose=0)
    found = server.post(INFER, {"id": "a\u20ac", "inputs": [asked(name, images)]}).json
    assert (found["id"], found["model_name"], found["model_version"]) == ("a\u20ac", "pets", "2")
    (output,) = found["outputs"]
    assert (output["shape"], output["datatype"]) == ([3, 3], "FP32")
    assert np.array_equal(np.float32(output["data"]).reshape(3, 3), expected)
    nested = {"name": name, "shape": [3, 5, 4, 1], "datatype": "FP32", "data": images.tolist()}
    assert server.post(INFER, {"inputs": [nested]}).json["outputs"][0]["data"] == output["data"]


def test_binary_both_ways(server, images, pets, name):
    given = {"name": name, "shape": [3, 5, 4, 1], "datatype": "FP32", "parameters": {"binary_data_size": images.nbytes}}
    wanted = {"name": pets.output_names[0], "parameters": {"binary_data": True}}
    for document in ({"outputs": [wanted]}, {"parameters": {"binary_data_output": True}}):
        found = server.post(INFER, *binary({"inputs": [given], **document}, images.tobytes()))
        length = int(found.headers[LENGTH.lower().encode()])
        (output,) = json.loads(found.body[:length])["outputs"]
        assert output["parameters"] == {"binary_data_size": 36}
        numbers = np.frombuffer(found.body[length:], np.float32).reshape(3, 3)
        assert np.array_equal(numbers, pets.predict(images, verbose=0))


def test_all_types_that_convert_safely_are_taken(server, models):
    line = keras.models.load_model(models / "line.keras")
    (name,) = line.input_names
    expected = line.predict(np.float32([[1, 0]]), verbose=0).ravel().tolist()
    for datatype, dtype in (
        ("BOOL", "?"), ("UINT8", "u1"), ("INT8", "i1"), ("UINT16", "u2"), ("INT16", "i2"), ("UINT32", "u4"),
        ("INT32", "i4"), ("UINT64", "u8"), ("INT64", "i8"), ("FP16", "f2"), ("FP32", "f4"), ("FP64", "f8"),
    ):  # fmt: skip
        array = np.array([[1, 0]], dtype)
        size = {"name": name, "shape": [1, 2], "datatype": datatype, "parameters": {"binary_data_size": array.nbytes}}
        for request in ((({"inputs": [asked(name, array, datatype)]}),), binary({"inputs": [size]}, array.tobytes())):
            found = server.post("/v2/models/line/infer", *request)
            assert np.float32(found.json["outputs"][0]["data"]).tolist() == expected, (datatype, found.body)


def test_the_best_classes_have_their_names(server, images, pets, name):
    wanted = {"name": pets.output_names[0], "parameters": {"classification": 2}}
    (output,) = server.post(INFER, {"inputs": [asked(name, images)], "outputs": [wanted]}).json["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [3, 2])
    best = pets.predict(images, verbose=0)[0].argmax()
    assert output["data"][0].split(":")[1:] == [str(best), ["cat", "dog", "eel"][best]]


def test_encoded_images_are_bytes(server, name, pets):
    file = io.BytesIO()
    Image.fromarray(np.full((5, 4), 51, np.uint8)).save(file, "PNG")
    data, expected = file.getvalue(), pets.predict(np.full((1, 5, 4, 1), 0.2, np.float32), verbose=0)
    plain = {"name": name, "shape": [1], "datatype": "BYTES", "data": [base64.b64encode(data).decode()]}
    framed = struct.pack("<I", len(data)) + data
    apart = {"name": name, "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(framed)}}
    for request in (({"inputs": [plain]},), binary({"inputs": [apart]}, framed)):
        found = server.post(INFER, *request).json["outputs"][0]["data"]
        assert np.array_equal(np.float32(found), expected[0])


def test_lies_are_refused(server, images, name):
    good = asked(name, images)
    sized = {"name": name, "shape": [3, 5, 4, 1], "datatype": "FP32", "parameters": {"binary_data_size": images.nbytes}}
    data = images.tobytes()

    def with_size(size):
        return {"inputs": [{**sized, "parameters": {"binary_data_size": size}}]}

    body, _ = binary({"inputs": [sized]}, data)
    wrong = [
        (binary({"inputs": [sized]}, data[:-4]), "bytes came"),
        (binary({"inputs": [sized]}, data, b"more"), "bytes came"),
        (binary(with_size(images.nbytes - 4), data[:-4]), "are 240 bytes"),
        (binary(with_size(-1), data), "not a number of bytes"),
        (binary(with_size(2**70), data), "bytes came"),
        (binary(with_size(True), data), "not a number of bytes"),
        (binary({"inputs": [{**sized, "shape": [2**39]}]}, data), "bytes"),
        (binary({"inputs": [{**sized, "shape": [0, 2**39, 2**39]}]}, data), "is too large"),
        (binary({"inputs": [{**sized, "shape": [-3, 5, 4, 1]}]}, data), "is not a list of whole numbers"),
        (binary({"inputs": [{**good, **sized}]}, data), "needs either 'data' or binary_data_size"),
        ((body, {LENGTH: "99999999"}), "the body has"),
        ((body, {LENGTH: "-1"}), "the body has"),
        ((body, {LENGTH: "7"}), "JSON Parse error"),
        (({"inputs": [good, good]},), "comes twice"),
        (({"inputs": [{**good, "name": "x"}]},), "unexpected inference input 'x'"),
        (({"inputs": []},), "'inputs' is missing"),
        (({"inputs": [{**good, "datatype": "FP99"}]},), "is not one of the protocol"),
        (({"inputs": [{**good, "datatype": "BYTES"}]},), "base 64"),
        (({"inputs": [{**good, "data": good["data"][1:]}]},), "and the data are [59]"),
        (({"inputs": [{**good, "data": ["x"]}]},), "is not of expected type: float"),
        (({"inputs": [{**good, "parameters": 1}]},), "'parameters' is not an object"),
        (({"inputs": [good], "outputs": [{"name": "x"}]},), "unexpected inference output"),
        (({"inputs": [good], "id": 1},), "'id' is not a string"),
        (({"inputs": [{**good, "shape": [0, 5, 4, 1], "data": []}]},), "1 to 4096 images"),
    ]
    for request, reason in wrong:
        found = server.post(INFER, *request)
        assert found.status == 400, (reason, found.body)
        assert reason in found.error, (reason, found.error)


def test_strings_that_lie_about_their_lengths_are_refused(server, name):
    for framed in (b"\1", b"\xff\xff\xff\xffx", struct.pack("<I", 9) + b"short"):
        size = {"name": name, "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(framed)}}
        assert server.post(INFER, *binary({"inputs": [size]}, framed)).status == 400


def test_other_addresses_and_verbs(server):
    assert server.get(INFER).status == 405
    assert server.post("/v2/health/live", {}).status == 405
    assert server.get("/v2/models/pets/versions/9").status == 404
    assert server.get("/v2/models/../x").status == 404
