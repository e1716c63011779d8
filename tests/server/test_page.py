"""The page, and what it asks for."""

import base64
import gc
import hashlib
import io
import os
import re
import weakref

import numpy as np
import pytest
from PIL import Image

import planish as keras
from planish.layers import Conv2D, Dense, GlobalAveragePooling2D, Input
from planish.serving.options import Options
from tests.server.conftest import Asker, pixels


@pytest.fixture(scope="module")
def asker(tmp_path_factory, models):
    """A server with a model that has a Flatten layer, one without, and a plan."""
    folder = tmp_path_factory.mktemp("shown")
    pixels(2).save(folder / "pets.keras")
    pixels(2).build(folder / "fast.plan", targets="host")
    layers = [Input((6, 6, 3)), Conv2D(2, 3), GlobalAveragePooling2D(), Dense(1, activation="sigmoid")]
    keras.Sequential(layers).save(folder / "colours.keras")
    keras.Sequential([Input((3,)), Dense(1)]).save(folder / "line.keras")
    asked = Asker(Options(str(folder), allow_code=True, scale=255))
    yield asked
    asked.close()


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


GREY = np.random.default_rng(3).integers(0, 256, (5, 4), np.uint8)


def test_models_that_take_pictures_are_listed(asker):
    assert asker.get("/explain").json == {"models": ["colours", "fast", "pets"]}


def test_the_best_classes_and_what_adds_to_the_first_are_told(asker):
    model, x = pixels(2), np.float32(GREY / 255).reshape(1, 5, 4, 1)
    found = asker.post("/explain/pets", png(GREY)).json
    scores = model.predict(x, verbose=0)[0]
    assert [score for _, score in found["classes"]] == sorted(map(float, scores), reverse=True)
    assert found["classes"][0][0] == ["cat", "dog", "eel"][scores.argmax()]
    evidence = found["evidence"]
    expected = model.contributions(x).as_map.sum(axis=-1)
    assert (evidence["kind"], evidence["rows"], evidence["columns"]) == ("contributions", 4, 3)
    assert np.allclose(np.reshape(evidence["values"], (4, 3)), expected / abs(expected).max(), atol=1e-3)


def test_without_a_flatten_layer_it_is_the_slopes_of_pixels(asker):
    found = asker.post("/explain/colours", png(np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8))).json
    assert (found["evidence"]["kind"], len(found["evidence"]["values"])) == ("slopes", 36)
    assert max(found["evidence"]["values"]) == 1
    assert len(found["image"]["rgb"]) == 108
    assert sum(score for _, score in found["classes"]) == pytest.approx(1)


def test_a_plan_tells_its_classes_alone(asker):
    found = asker.post("/explain/fast", png(GREY)).json
    assert found["classes"] == asker.post("/explain/pets", png(GREY)).json["classes"]
    assert found["evidence"] is None
    assert asker.post("/explain/fast/report", png(GREY)).status == 501


def test_the_report_is_the_page_of_explain(asker):
    found = asker.post("/explain/pets/report", png(GREY))
    assert found.headers[b"content-type"] == b"text/html; charset=utf-8"
    assert b"<!doctype html>" in found.body[:100].lower()
    assert b"eel" in found.body


def test_what_cannot_be_explained_is_refused(asker):
    for path, body, status in (
        ("/explain/pets", b"no image", 400),
        ("/explain/line", png(GREY), 400),
        ("/explain/nothing", png(GREY), 404),
        ("/explain/pets/other", png(GREY), 404),
    ):
        assert asker.post(path, body).status == status
    assert asker.get("/explain/pets").status == 404


def test_a_model_that_was_replaced_is_kept_by_nobody_who_looked_at_it(tmp_path):
    pixels(1).save(tmp_path / "pets.keras")
    asked = Asker(Options(str(tmp_path)))
    try:
        assert asked.post("/explain/pets", png(GREY)).status == 200
        (tmp_path / "new").mkdir()
        pixels(2).save(tmp_path / "new" / "pets.keras")
        old = weakref.ref(asked.model("pets"))
        os.replace(tmp_path / "new" / "pets.keras", tmp_path / "pets.keras")
        for _ in range(2):
            asked.wait(asked.service.repository.refresh())
        assert asked.model("pets") is not old()
        gc.collect()
        assert old() is None
        (tmp_path / "pets.keras").write_bytes(b"broken")
        assert asked.post("/explain/pets", png(GREY)).status == 503
    finally:
        asked.close()


def test_the_page_asks_nobody_else_and_runs_nothing_else(asker):
    found = asker.get("/")
    text, policy = found.body.decode(), found.headers[b"content-security-policy"].decode()
    assert re.findall(r"https?:|//[a-z]", text.replace("<!doctype", "")) == []
    assert "default-src 'none'" in policy
    for kind in ("style", "script"):
        (part,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "innerHTML" not in text
