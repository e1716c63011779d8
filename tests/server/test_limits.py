"""What strangers may send, how much of it, and who may ask."""

import base64
import gzip
import io
import json
import logging
import zlib

import numpy as np
import pytest
from PIL import Image

from planish.serving.http import answers, examples, guard, logs
from planish.serving.images import Decoder
from planish.serving.loaded import Tensor
from planish.serving.options import Options
from planish.serving.refusals import RefusedError
from tests.server.conftest import Asker

TOKEN = b"a-token-that-is-long-enough"
LINE = {"instances": [[1, 2]]}


@pytest.fixture(scope="module")
def strict(models):
    """A server with narrow bounds and a token."""
    options = Options(
        str(models), max_body=2000, max_rows=4, max_pixels=100, token=TOKEN, cors=("https://example.org",), versions=1
    )
    asker = Asker(options)
    yield asker
    asker.close()


def ask(strict, document, path="line:predict", **headers):
    return strict.post(f"/v1/models/{path}", document, {"Authorization": f"Bearer {TOKEN.decode()}", **headers})


def test_bodies_have_a_length(strict):
    assert ask(strict, LINE).status == 200
    assert ask(strict, b" " * 2001).status == 413
    assert ask(strict, (b" " * 1500, b" " * 1500)).status == 413
    assert ask(strict, LINE, **{"Content-Length": "3000"}).status == 413


def test_packed_bodies_are_bounded_by_what_they_hold(strict):
    plain = json.dumps(LINE).encode()
    for kind, packed in (("gzip", gzip.compress(plain)), ("deflate", zlib.compress(plain))):
        assert ask(strict, packed, **{"Content-Encoding": kind}).status == 200
        assert ask(strict, packed[:-3], **{"Content-Encoding": kind}).status == 400
        assert ask(strict, packed + b"more", **{"Content-Encoding": kind}).status == 400
    assert ask(strict, gzip.compress(b" " * 1_000_000), **{"Content-Encoding": "gzip"}).status == 413
    assert ask(strict, b"x", **{"Content-Encoding": "gzip"}).status == 400
    assert ask(strict, b"x", **{"Content-Encoding": "br"}).status == 415


def test_requests_have_a_number_of_images(strict):
    assert ask(strict, {"instances": [[1, 2]] * 4}).status == 200
    found = ask(strict, {"instances": [[1, 2]] * 5})
    assert (found.status, "--max-rows" in found.error) == (400, True)


def picture(width, height):
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(file, "PNG")
    return {"b64": base64.b64encode(file.getvalue()).decode()}


def test_images_are_bounded_before_they_are_decoded(strict):
    assert ask(strict, {"instances": [picture(10, 10)]}, "pets:predict").status == 200
    for images in ([picture(11, 10)], [picture(10, 6)] * 2):
        found = ask(strict, {"instances": images}, "pets:predict")
        assert (found.status, "--max-pixels" in found.error) == (413, True)


def test_images_that_become_larger_are_bounded_by_what_they_become(strict):
    found = ask(strict, {"instances": [picture(1, 1)] * 6}, "pets:predict")
    assert (found.status, "--max-pixels" in found.error) == (413, True)


def test_a_context_counts_as_often_as_there_are_examples(strict):
    few = {"context": {f"unused{place}": 0 for place in range(50)}, "examples": [{}] * 5}
    found = ask(strict, few, "line:regress")
    assert (found.status, "--max-rows" in found.error) == (400, True)
    image = picture(1, 1)
    image["b64"] += base64.b64encode(b" " * 600).decode()
    found = ask(strict, {"context": {"image": image}, "examples": [{}] * 3}, "pets:classify")
    assert (found.status, "--max-body" in found.error) == (413, True)
    asked = {"context": {"image": [0] * 20}, "examples": [{}] * 51}
    served, body = strict.model("pets"), json.dumps(asked).encode()
    with pytest.raises(RefusedError, match="max-body"):
        examples.asked(served, "classify", body, Options("", max_body=2000))


def test_halves_of_characters_in_names_are_told_in_escapes():
    names = {"scores": ["\ud800", 1.5]}
    assert json.loads(answers.encoded(names)) == names
    record = logging.LogRecord("planish.serving", logging.INFO, "f.py", 1, "loading %s", ("\udcff",), None)
    assert json.loads(logs.JsonLines().format(record))["message"] == "loading \udcff"


def test_an_image_of_two_formats_is_read_in_the_one_whose_size_was_bounded():
    pixels = np.full((80, 80), 7, np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "TIFF")
    both = bytearray(file.getvalue())
    both[2048:2052] = b"PCD_"  # where a Kodak Photo CD, of 768 x 512 pixels, says what it is
    assert Image.open(io.BytesIO(both), formats=("PCD", "TIFF")).format == "PCD"
    decoder = Decoder(Tensor("x", (80, 80), "uint8"), smoothed=False, scale=1, max_pixels=6400)
    (found,) = decoder.decoded([bytes(both)])
    assert (found != 7).sum() == 4


def test_a_token_is_needed_for_all_that_tells_of_models(strict):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN.decode()}"}):
        found = strict.post("/v1/models/line:predict", LINE, headers)
        assert found.status == 401
        assert found.headers[b"www-authenticate"] == b"Bearer"
        assert strict.wait(strict.asked("GET", "/metrics", b"", headers)).status == 401
    assert strict.get("/v2/health/ready").status == 200
    assert strict.get("/health").json == {"status": "ready", "models": None}


def test_tokens_are_read_from_files(tmp_path):
    path = tmp_path / "token"
    path.write_bytes(TOKEN + b"\n")
    assert guard.read_token(str(path)) == TOKEN
    for bad in (b"", b"short", b"two words, no token", b"\xff" * 20):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="does not have a token"):
            guard.read_token(str(path))


def test_pages_of_other_origins_may_ask_if_they_were_named(strict):
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    asked = strict.wait(strict.asked("OPTIONS", "/v1/models/line:predict", b"", preflight))
    assert asked.headers[b"access-control-allow-origin"] == b"https://example.org"
    assert ask(strict, LINE, Origin="https://example.org").headers[b"access-control-allow-origin"]
    assert b"access-control-allow-origin" not in ask(strict, LINE, Origin="https://other.org").headers


def test_headers_that_come_twice_are_refused(strict):
    from planish.serving.http import bodies
    from planish.serving.refusals import RefusedError

    with pytest.raises(RefusedError, match="comes 2 times"):
        bodies.header({"headers": [(b"x", b"1"), (b"x", b"2")]}, b"x")


def test_what_fails_inside_is_told_without_a_traceback(strict, monkeypatch):
    monkeypatch.setattr(type(strict.service.repository), "names", lambda self: 1 // 0)
    found = strict.wait(strict.asked("GET", "/openapi.json", b"", {"Authorization": f"Bearer {TOKEN.decode()}"}))
    assert (found.status, found.error) == (500, "the server failed to answer this")


def test_metrics_count_requests_and_make_no_names_of_strangers(server):
    server.post("/v1/models/line:predict", LINE)
    server.post("/v1/models/made-up:predict", LINE)
    text = server.get("/metrics").body.decode()
    assert 'planish_requests_total{method="predict",model="line",status="200",version="1"}' in text
    assert 'planish_batch_images_count{model="line",version="1"}' in text
    assert "made-up" not in text


def test_the_description_lists_the_models(server):
    found = server.get("/openapi.json").json
    assert found["openapi"] == "3.1.0"
    rows = found["paths"]["/v1/models/pets:predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert rows["properties"]["instances"]["items"]["minItems"] == 5


def test_the_log_has_a_line_of_json_for_each_record():
    record = logging.LogRecord("planish.serving", logging.INFO, "f.py", 1, "loading %s", ("a\nb",), None)
    record.model, record.version = "pets", 2
    line = logs.JsonLines().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["message"], found["model"], found["version"], found["level"]) == ("loading a\nb", "pets", 2, "info")
