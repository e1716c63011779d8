"""A run of `planish train`: what it keeps, what it goes on with, what it never overwrites."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from planish.callbacks import ProgbarLogger
from planish.cli import train
from planish.layers import Dense, Flatten, Input
from planish.models import Sequential, load_model
from planish.utils.image_batches import ImageFolder

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def trained(planish, stripes):
    """Trains on `stripes` for some epochs; a further call goes on as its options say."""

    def run(*options, epochs=2):
        return planish("train", stripes, "--model", "softmax", "--seed", 1, "--epochs", epochs, *options)

    return run


@pytest.fixture
def continued(planish, stripes):
    def run(*options, epochs):
        return planish("train", stripes, "--epochs", epochs, "--resume", *options)

    return run


def history(folder):
    return json.loads((folder / "history.json").read_text())


def notes(path):
    return load_model(path).notes


def test_the_best_model_is_kept_beside_the_last(trained, tmp_path):
    code, out, _ = trained("--lr", "100", epochs=6)
    assert code == 0
    losses = history(tmp_path / "trained")["val_loss"]
    best = int(np.argmin(losses))
    assert f"best epoch: {best + 1} of 6\n" in out
    assert notes(tmp_path / "trained" / "best.keras")["epochs"] == best + 1
    assert notes(tmp_path / "trained" / "model.keras")["epochs"] == 6
    assert notes(tmp_path / "trained" / "model.keras")["best_value"] == pytest.approx(losses[best])


def test_names_of_classes_travel_in_the_model(planish, stripe_images, tmp_path):
    (stripe_images / "left").rename(stripe_images / "größe")
    planish("train", stripe_images, "--model", "softmax", "--epochs", 1)
    moved = (tmp_path / "trained" / "best.keras").rename(tmp_path / "elsewhere.keras")
    _, out, _ = planish("predict", moved, stripe_images / "größe" / "00.png", "--top", 2)
    assert {*out.split("\t")[1::2]} == {"größe", "right"}
    assert (tmp_path / "trained" / "classes.txt").read_text(encoding="utf-8") == "größe\nright\n"


def test_the_names_in_the_model_count_and_not_those_beside_it(planish, right_half, stripe_images):
    model = load_model(right_half)
    model.notes["class_names"] = ["links", "rechts"]
    model.save(right_half)
    _, out, _ = planish("predict", right_half, stripe_images / "left" / "00.png")
    assert out.split("\t")[1] == "links"


@pytest.mark.parametrize("names", [3, ["a"], ["a", 3], ["a", "a"], {"a": 1}, None, "ab"])
def test_notes_that_are_not_the_names_of_the_classes(planish, right_half, stripe_images, names):
    model = load_model(right_half)
    model.notes["class_names"] = names
    model.save(right_half)
    code, out, _ = planish("predict", right_half, stripe_images / "left" / "00.png")
    assert (code, out.split("\t")[1]) == (0, "left" if names is None else "0")


def test_control_characters_in_names_are_not_shown_raw(planish, right_half, stripe_images):
    (right_half.parent / "classes.txt").write_text("\x1b[31mleft\nright\n")
    image = (stripe_images / "left" / "00.png").rename(stripe_images / "a\x1b[2J\n\tb.png")
    _, out, _ = planish("predict", right_half, image)
    assert out.count("\n") == 1
    assert out.count("\t") == 2
    assert "\x1b" not in out
    assert r"\x1b[31mleft" in out
    broken = stripe_images / "\x1b[2Jbroken.png"
    broken.write_text("")
    _, _, err = planish("predict", right_half, broken)
    assert "\x1b" not in err


# ---------------------------------------------------------------------- folders of runs


def test_another_run_is_never_overwritten_unasked(trained, tmp_path):
    trained()
    before = {path.name: path.read_bytes() for path in (tmp_path / "trained").iterdir()}
    code, out, err = trained()
    assert (code, out) == (2, "")
    assert err == (
        "planish train: error: 'trained' already holds a run; received: model.keras, best.keras, classes.txt; "
        "remedy: --out NAME for another folder, --resume to continue that run, or --overwrite\n"
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "trained").iterdir()} == before


def test_the_remedies_help(trained, continued):
    trained()
    assert trained("--out", "another")[0] == 0
    assert trained("--overwrite")[0] == 0
    assert continued(epochs=3)[0] == 0


def test_the_demo_overwrites_no_run_either(planish, trained, tmp_path):
    trained()
    code, _, err = planish("demo", "--epochs", 1, "--out", "trained")
    assert code == 2
    assert err.startswith("planish demo: error: 'trained' holds a run of planish train; ")


def test_what_replaces_a_run_leaves_nothing_of_it(trained, tmp_path):
    trained()
    (tmp_path / "trained" / "mistakes.png").write_text("old")
    (tmp_path / "trained" / "mine.txt").write_text("kept")
    trained("--overwrite", epochs=0)
    names = sorted(path.name for path in (tmp_path / "trained").iterdir())
    assert names == ["classes.txt", "history.json", "mine.txt", "model.keras"]


def test_nothing_is_left_by_a_run_that_cannot_begin(planish, stripes, tmp_path):
    assert planish("train", stripes, "--model", "absent.py:make")[0] == 2
    assert not (tmp_path / "trained").exists()


# ---------------------------------------------------------------------- going on


def test_a_run_goes_on(trained, continued, tmp_path):
    trained(epochs=2)
    first = history(tmp_path / "trained")
    code, out, err = continued(epochs=5)
    assert (code, err) == (0, "")
    assert "Epoch 3/5\n" in out
    assert "Epoch 2/5\n" not in out
    whole = history(tmp_path / "trained")
    assert {name: values[:2] for name, values in whole.items()} == first
    assert [len(values) for values in whole.values()] == [5] * 4
    assert load_model(tmp_path / "trained" / "model.keras").optimizer.iterations == 5 * 2


def test_a_run_that_goes_on_keeps_a_better_model_from_before(trained, continued, tmp_path):
    trained(epochs=3)
    best = (tmp_path / "trained" / "best.keras").read_bytes()
    last = load_model(tmp_path / "trained" / "model.keras")
    last.notes["best_value"] = -1.0  # better than any loss can become
    last.save(tmp_path / "trained" / "model.keras")
    continued(epochs=5)
    assert (tmp_path / "trained" / "best.keras").read_bytes() == best


def test_a_run_that_has_seen_all_its_epochs(trained, continued):
    trained(epochs=2)
    code, _, err = continued(epochs=2)
    assert code == 2
    assert "has already seen 2 epochs; received: --epochs 2; remedy: --epochs 4 continues for 2 more" in err


def test_there_is_nothing_to_go_on_with(continued):
    code, _, err = continued(epochs=2)
    assert code == 2
    assert "there is no run in 'trained' to resume; " in err


@pytest.mark.parametrize("option", [("--size", "8"), ("--color", "rgb"), ("--model", "softmax")])
def test_what_cannot_change_in_a_run(trained, continued, option):
    trained()
    code, _, err = continued(*option, epochs=3)
    assert code == 2
    assert f"{option[0]} cannot be changed when a run is resumed; " in err


def test_a_run_on_a_folder_goes_on_with_the_same_images_held_out(planish, stripe_images, tmp_path):
    planish("train", stripe_images, "--model", "softmax", "--epochs", 1)
    rule = notes(tmp_path / "trained" / "model.keras")["held_out"]
    for number in range(40):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(stripe_images / "left" / f"more{number}.png")
    _, out, _ = planish("train", stripe_images, "--epochs", 2, "--resume")
    assert out.startswith("56 images, 2 classes, 8x8 pixels\n")
    assert notes(tmp_path / "trained" / "model.keras")["held_out"] == rule


@pytest.mark.parametrize(
    "contents", ["", "[]", '{"loss": [1.0]}', '{"loss": 3}', '{"loss": ["a", "b"]}', "[" * 100_000]
)
def test_a_history_that_was_damaged_does_not_end_the_work(trained, continued, tmp_path, contents):
    trained(epochs=2)
    (tmp_path / "trained" / "history.json").write_text(contents)
    assert continued(epochs=3)[0] == 0


@pytest.mark.parametrize("noted", [{}, {"epochs": -1, "best_value": "x"}, {"epochs": True}, {"epochs": 10**40}])
def test_notes_of_a_run_that_make_no_sense(trained, continued, tmp_path, noted):
    trained(epochs=2)
    model = load_model(tmp_path / "trained" / "model.keras")
    model.notes.clear()
    model.notes.update(noted)
    model.save(tmp_path / "trained" / "model.keras")
    assert continued(epochs=1)[0] == 0


def test_ctrl_c_says_what_was_kept(planish, stripes, tmp_path, monkeypatch):
    whole = ProgbarLogger.on_epoch_end

    def stop(self, epoch, logs=None):
        whole(self, epoch, logs)
        if epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ProgbarLogger, "on_epoch_end", stop)
    code, _, err = planish("train", stripes, "--model", "softmax", "--epochs", 9)
    last, best = (os.path.join("trained", name) for name in ("model.keras", "best.keras"))
    assert code == 130
    assert err == (
        f"interrupted: {last} keeps the model after 2 epochs and a part, {best} the best model so far; "
        "--resume continues it\n"
    )
    monkeypatch.setattr(ProgbarLogger, "on_epoch_end", whole)
    assert planish("train", stripes, "--epochs", 9, "--resume")[0] == 0
    assert len(history(tmp_path / "trained")["loss"]) == 9


def test_the_last_model_is_saved_now_and_then(trained, tmp_path, monkeypatch):
    """A killed process cannot do it."""
    monkeypatch.setattr("planish.cli.runs._SECONDS_BETWEEN_SAVES", -1.0)
    saved = []
    monkeypatch.setattr("planish.cli.runs.Run.save", lambda run, model: saved.append(run.epochs))
    trained(epochs=3)
    assert saved == [1, 2, 3, 3]


# ---------------------------------------------------------------------- how to train


def test_a_learning_rate(trained, tmp_path):
    trained("--lr", "0.25")
    assert float(load_model(tmp_path / "trained" / "model.keras").optimizer.learning_rate) == 0.25


def test_patience_ends_a_run_without_progress(trained):
    _, out, _ = trained("--lr", "1e6", "--patience", "2", epochs=50)
    assert "early stopping\n" in out
    assert "Epoch 50/50" not in out


def test_balanced_classes_count_the_same():
    arguments = train.argparse.Namespace(class_weight="balanced")
    part = train.Part(np.zeros((6, 2, 2, 1)), np.array([0, 0, 0, 0, 0, 2]))
    weights = train._class_weight(arguments, train.Data({"training": part}, ["a", "b", "c"]))
    assert weights == {0: 6 / (2 * 5), 2: 6 / (2 * 1)}


def test_balanced_classes_reach_the_training(trained, tmp_path, monkeypatch):
    given = []
    fit = Sequential.fit
    monkeypatch.setattr(
        Sequential, "fit", lambda *arguments, **options: given.append(options) or fit(*arguments, **options)
    )
    assert trained("--class-weight", "balanced")[0] == 0
    assert given[0]["class_weight"] == {0: 1.0, 1: 1.0}


def test_few_images_are_seen_more_often():
    assert [train._usual_epochs(count) for count in (1, 139, 600, 60_000)] == [30, 30, 10, 5]


def test_augmenting_puts_layers_in_front_that_act_in_training(trained, tmp_path):
    assert trained("--augment", epochs=1)[0] == 0
    names = [type(layer).__name__ for layer in load_model(tmp_path / "trained" / "model.keras").layers]
    assert names[:4] == ["RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"]


def test_a_function_of_the_users_has_its_own_augmentation(planish, stripes, tmp_path):
    (tmp_path / "mine.py").write_text("def make_model(shape, classes):\n    return None\n")
    code, _, err = planish("train", stripes, "--model", "mine.py:make_model", "--augment")
    assert (code, "--augment goes with the models that planish makes" in err) == (2, True)


@pytest.mark.parametrize(
    ("option", "text"), [("--lr", "0"), ("--lr", "nan"), ("--patience", "0"), ("--epochs", "-1"), ("--batch-size", "0")]
)
def test_numbers_that_make_no_sense(planish, stripes, capsys, option, text):
    with pytest.raises(SystemExit, match="2"):
        planish("train", stripes, option, text)
    assert f"argument {option}: '{text}' is not a " in capsys.readouterr().err


def test_a_model_with_one_score(planish, stripe_images, tmp_path):
    (tmp_path / "one.py").write_text(
        "from planish.layers import Dense, Flatten, Input\n"
        "from planish.models import Sequential\n"
        "def make(shape):\n"
        "    model = Sequential([Input(shape), Flatten(), Dense(1, activation='sigmoid')])\n"
        "    model.compile('adam', 'binary_crossentropy', ['accuracy'])\n"
        "    return model\n"
    )
    code, out, err = planish("train", stripe_images, "--model", "one.py:make", "--epochs", 1)
    assert (code, err) == (0, "")
    assert "\nleft\t" in out


def test_a_metric_with_a_value_for_each_class(planish, stripes, tmp_path):
    (tmp_path / "f1.py").write_text(
        "from planish.layers import Dense, Flatten, Input\n"
        "from planish.models import Sequential\n"
        "def make(shape, classes):\n"
        "    model = Sequential([Input(shape), Flatten(), Dense(classes, activation='softmax')])\n"
        "    model.compile('adam', 'categorical_crossentropy', ['f1_score'])\n"
        "    return model\n"
    )
    code, out, err = planish("train", stripes, "--model", "f1.py:make", "--epochs", 1)
    assert (code, err) == (0, "")
    assert "f1_score 0." in out
    assert "f1_score: 0." in planish("evaluate", "trained/best.keras", stripes)[1]


# ---------------------------------------------------------------------- memory


def test_images_that_do_not_fit_into_memory_name_the_size(planish, stripe_images, monkeypatch):
    def fail(self, dtype):
        raise MemoryError("no room")

    monkeypatch.setattr(ImageFolder, "arrays", fail)
    code, _, err = planish("train", stripe_images, "--size", 500)
    assert code == 2
    assert err.endswith("12 images of 500x500 pixels, 9 MiB; remedy: smaller images: --size 250\n")


def test_the_size_that_is_named_fits(planish, stripe_images, monkeypatch):
    monkeypatch.setattr("planish.cli.folder_data.machine_nbytes", lambda: 2**30)
    _, _, err = planish("train", stripe_images, "--size", 10**7)
    assert err.endswith("remedy: smaller images: --size 180\n")


@pytest.mark.parametrize(("choice", "side", "remedy"), [("blog", 10, "small"), ("small", 4, "softmax")])
def test_images_too_small_for_a_model_are_told_with_one_that_takes_them(planish, stripe_images, choice, side, remedy):
    _, _, err = planish("train", stripe_images, "--model", choice, "--size", side - 1)
    assert err == (
        f"planish train: error: the images are too small for the model {choice!r}; expected: {side}x{side} pixels or "
        f"more; received: a side of {side - 1}; remedy: --model {remedy}, or, for a folder of images, --size {side}\n"
    )
    for option in (("--model", choice, "--size", side), ("--model", remedy, "--size", side - 1)):
        assert planish("train", stripe_images, "--epochs", 1, "--overwrite", *option)[0] == 0


def test_an_unknown_model_is_told_before_images_are_read(planish, stripe_images):
    for choice in ("blogg", "nosuch.py:make_model"):
        code, out, err = planish("train", stripe_images, "--model", choice)
        assert (code, out) == (2, "")
        assert choice.split(":")[0] in err


def test_a_model_that_does_not_fit_into_memory_names_the_size(planish, stripe_images, monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError("no room\n  received: more")

    monkeypatch.setattr("planish.cli.model_choice.make", fail)
    code, _, err = planish("train", stripe_images)
    assert code == 2
    assert "training does not fit into memory; received: no room; remedy: smaller images (--size 64), or " in err


def test_a_layer_of_a_terabyte_names_the_size(planish, stripe_images, tmp_path):
    """No model, no folder: what was asked for could not be."""
    code, _, err = planish("train", stripe_images, "--size", 400_000, "--model", "softmax")
    assert code == 2
    assert "--size" in err
    assert not (tmp_path / "trained").exists()


def test_a_model_that_cannot_be_trained_further(planish, stripes, tmp_path):
    (tmp_path / "trained").mkdir()
    Sequential([Input((8, 8, 1)), Flatten(), Dense(2)]).save(tmp_path / "trained" / "model.keras")
    code, _, err = planish("train", stripes, "--resume")
    assert code == 2
    assert "cannot be trained further; received: no optimizer" in err
