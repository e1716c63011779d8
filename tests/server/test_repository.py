"""Models come, are replaced and go while the server runs; plans, and plans that processes share."""

import os
import shutil

import numpy as np
import pytest

import planish as keras
from planish.layers import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input
from planish.serving import sharing
from planish.serving.folder import Source
from planish.serving.loaded import KerasModel, PlanModel, distinct
from planish.serving.options import Options
from tests.server.conftest import Asker, pixels, two_ends


@pytest.fixture
def folder(tmp_path, models):
    """One model in a folder of its own."""
    inside = tmp_path / "models"
    (inside / "pets" / "1").mkdir(parents=True)
    shutil.copy(models / "pets" / "1" / "model.keras", inside / "pets" / "1" / "model.keras")
    return inside


@pytest.fixture
def asker(folder):
    """A server of that folder."""
    asked = Asker(Options(str(folder), max_batch=2))
    yield asked
    asked.close()


def look(asker, times=2):
    """The server looks at its folder; new files have to look the same twice."""
    for _ in range(times):
        asker.wait(asker.service.repository.refresh())


def scores(asker, images, path="/v1/models/pets"):
    found = asker.post(f"{path}:predict", {"instances": images.tolist()})
    return np.float32(found.json["predictions"]) if found.status == 200 else found.status


def test_a_new_version_takes_over_and_goes_again(asker, folder, images, models):
    first = scores(asker, images)
    shutil.copytree(models / "pets" / "2", folder / "pets" / "2")
    look(asker, 1)
    assert np.array_equal(scores(asker, images), first)
    look(asker, 1)
    second = scores(asker, images)
    assert not np.array_equal(second, first)
    assert np.array_equal(scores(asker, images, "/v1/models/pets/versions/1"), first)
    shutil.rmtree(folder / "pets" / "2")
    look(asker, 1)
    assert np.array_equal(scores(asker, images), first)
    shutil.rmtree(folder / "pets")
    look(asker, 1)
    assert scores(asker, images) == 404
    assert asker.get("/v1/models/pets").status == 404


def test_a_file_that_is_replaced_is_loaded_and_a_broken_one_changes_nothing(asker, folder, images, models):
    first, path = scores(asker, images), folder / "pets" / "1" / "model.keras"
    path.write_bytes(path.read_bytes()[:-100])
    look(asker)
    assert np.array_equal(scores(asker, images), first)
    (status,) = asker.get("/v1/models/pets").json["model_version_status"]
    assert (status["state"], "damaged" in status["status"]["error_message"]) == ("AVAILABLE", True)
    shutil.copy(models / "pets" / "2" / "model.keras", path)
    look(asker)
    assert not np.array_equal(scores(asker, images), first)
    assert asker.get("/v1/models/pets").json["model_version_status"][0]["status"]["error_code"] == "OK"


def test_an_old_version_answers_what_it_has_begun(asker, folder, images, models):
    old = asker.model("pets")
    with old.used():
        shutil.copy(models / "pets" / "2" / "model.keras", folder / "pets" / "1" / "model.keras")
        look(asker)
        assert asker.model("pets") is not old
        (answer,) = asker.wait(old.batcher.answer([images]))
    assert np.array_equal(answer, pixels(1).predict(images, verbose=0))
    asker.wait(old.batcher.closed())


def test_a_folder_that_goes_away_is_told_and_models_stay(asker, folder, images):
    moved = folder.rename(folder.parent / "elsewhere")
    look(asker, 1)
    assert scores(asker, images).shape == (3, 3)
    moved.rename(folder)


def test_models_that_cannot_be_served_say_why_and_those_of_whole_batches_are_not_joined(asker, folder):
    layers = [Input((None, None, 1)), Conv2D(2, 1), GlobalAveragePooling2D(), Dense(2)]
    keras.Sequential(layers).save(folder / "open.keras")
    normalized = BatchNormalization()
    x = Input((3,))
    keras.Model(x, normalized(x, training=True)).save(folder / "together.keras")
    (folder / "code.plan").write_bytes(b"x")
    look(asker)
    reasons = [
        asker.get(f"/v1/models/{name}").json["model_version_status"][0]["status"]["error_message"]
        for name in ("open", "code")
    ]
    assert "takes images of any size" in reasons[0]
    assert "--allow-code" in reasons[1]
    assert not asker.model("together").model.joins


def test_plans_answer_as_their_models_do(tmp_path, images):
    model = pixels()
    model.build(tmp_path / "m.plan", targets="host")
    two_ends().build(tmp_path / "ends.plan", targets="host")
    plan = PlanModel(str(tmp_path / "m.plan"))
    assert plan.class_names == ["cat", "dog", "eel"]
    assert np.array_equal(plan.predict([images])[0], model.predict(images, verbose=0))
    ends = PlanModel(str(tmp_path / "ends.plan"))
    outputs = ends.predict([np.ones((2, 4), np.float32), np.ones((2, 3), np.float32)])
    assert [each.shape for each in outputs] == [(2, 2), (2, 1)]


def test_processes_share_a_plan_and_what_cannot_be_one_is_loaded(tmp_path, models, images, monkeypatch):
    path = str(models / "pets" / "1" / "model.keras")
    status = os.stat(path)
    source = Source(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    shared = [sharing.shared(source, str(tmp_path)) for _ in range(2)]
    assert [type(each) for each in shared] == [PlanModel] * 2
    assert len(list(tmp_path.glob("*.plan"))) == 1
    assert shared[0].class_names == ["cat", "dog", "eel"]
    assert np.array_equal(shared[1].predict([images])[0], pixels(1).predict(images, verbose=0))

    newer = source._replace(stamp=(1, 2, 3))
    assert type(sharing.shared(newer, str(tmp_path))) is PlanModel
    assert len(list(tmp_path.glob("*.plan"))) == 1
    assert np.array_equal(shared[0].predict([images])[0], pixels(1).predict(images, verbose=0))

    def refused(*arguments, **options):
        raise ValueError(keras.errors.explain(what="this cannot be a plan"))

    monkeypatch.setattr(sharing, "build", refused)
    assert type(sharing.shared(source._replace(stamp=(0, 0, 0)), str(tmp_path))) is KerasModel


def test_outputs_of_one_name_are_told_apart():
    assert distinct(["a", "b", "a", "a"]) == ["a", "b", "a_1", "a_2"]
