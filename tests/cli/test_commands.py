"""Each command, on small models and data."""

import os
import sys

import numpy as np
import onnx
import pytest

import planish as keras
import planish_runtime
from planish.cli import data, demo
from planish.models import load_model
from planish.runtime import programs
from planish.utils import clear_session


def rows(out):
    """Tab-separated output as a list of lists."""
    return [line.split("\t") for line in out.splitlines()]


def facts(out):
    """Lines of "name: value" as a dictionary."""
    return dict(line.split(": ", 1) for line in out.splitlines())


def test_train(planish, stripes, tmp_path):
    code, out, err = planish(
        "train",
        stripes,
        "--model",
        "softmax",
        "--epochs",
        12,
        "--batch-size",
        4,
        "--seed",
        1,
        "--out",
        tmp_path / "out",
    )
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "best.keras", "classes.txt", "confusion.png", "history.json", "model.keras", "training-curve.png",
    ]  # fmt: skip
    assert f"wrote {tmp_path / 'out' / 'model.keras'}" in out
    code, out, _ = planish("evaluate", tmp_path / "out" / "model.keras", stripes)
    assert code == 0
    assert float(facts(out)["accuracy"]) > 0.9


def test_no_epochs_at_all(planish, stripes, tmp_path):
    code, _, err = planish("train", stripes, "--model", "softmax", "--epochs", 0)
    assert (code, err) == (0, "")
    assert load_model(tmp_path / "trained" / "model.keras").output_shape == (None, 2)


def test_train_without_matplotlib(planish, stripes, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, _ = planish("train", stripes, "--model", "softmax", "--epochs", 1)
    assert code == 0
    assert "No pictures: they need matplotlib (pip install 'planish[plots]')" in out


def test_training_with_a_seed_is_repeatable(planish, no_pictures, stripes, tmp_path):
    for name in ("first", "second"):
        planish("train", stripes, "--model", "softmax", "--epochs", 1, "--seed", 4, "--out", tmp_path / name)
    first, second = (load_model(tmp_path / name / "model.keras").get_weights() for name in ("first", "second"))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_train_on_folders_with_a_model_of_the_users_own(planish, no_pictures, stripe_images, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from helper import units\n"
        "from planish.layers import Dense, Flatten, Input\n"
        "from planish.models import Sequential\n"
        "def make_model(input_shape, classes):\n"
        "    model = Sequential([Input(input_shape), Flatten(), Dense(units(classes), activation='softmax')])\n"
        "    model.compile('sgd', 'categorical_crossentropy')\n"
        "    return model\n"
    )
    (tmp_path / "helper.py").write_text("def units(classes):\n    return classes\n")
    code, _, err = planish("train", stripe_images, "--model", "mine.py:make_model", "--epochs", 1, "--size", "4x4")
    assert (code, err) == (0, "")
    assert load_model(tmp_path / "trained" / "model.keras").input_shape == (None, 4, 4, 1)
    assert (tmp_path / "trained" / "classes.txt").read_text() == "left\nright\n"


@pytest.mark.parametrize(
    ("source", "choice", "message"),
    [
        ("", "blgo", "unknown model 'blgo'"),
        ("", "absent.py:make", "there is no file 'absent.py'"),
        ("", "mine.py:make", "'mine.py' has no function 'make'"),
        ("x = 1\ndef make(:\n", "mine.py:make", "mine.py, line 2: "),
        ("def make(shape, classes):\n    return undefined\n", "mine.py:make", "mine.py, line 2: NameError: "),
        ("import absent_module\n", "mine.py:make", "mine.py, line 1: ModuleNotFoundError: "),
        (
            "def make(a, b, c):\n    pass\n",
            "mine.py:make",
            "make of 'mine.py' cannot be called; expected: a function of ",
        ),
        ("def make(*, a):\n    pass\n", "mine.py:make", "make of 'mine.py' cannot be called; expected: a function of "),
        ("", "mine.py", "unknown model 'mine.py'; expected: blog (two"),
        ("def make():\n    return 3\n", "mine.py:make", "make of 'mine.py' has to return a model; received: int"),
    ],
)
def test_models_that_cannot_be_made(planish, stripes, tmp_path, source, choice, message):
    (tmp_path / "mine.py").write_text(source)
    code, _, err = planish("train", stripes, "--model", choice)
    assert code == 2
    assert err.startswith(f"planish train: error: {message}")
    assert err.count("\n") == 1


def test_interrupted_training_leaves_a_model(planish, stripes, tmp_path, monkeypatch):
    from planish.callbacks import ProgbarLogger

    def stop(self, epoch, logs=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(ProgbarLogger, "on_epoch_end", stop)
    code, _, err = planish("train", stripes, "--model", "softmax")
    assert code == 130
    kept = os.path.join("trained", "model.keras")
    assert err == f"interrupted: {kept} keeps the model after 0 epochs and a part; --resume continues it\n"
    assert load_model(tmp_path / "trained" / "model.keras").optimizer.iterations > 0


def test_a_model_that_does_not_fit_the_data_is_not_saved(planish, stripes, tmp_path):
    code, _, err = planish("train", stripes, "--model", "blog")
    assert code == 2
    assert "the images are too small for the model 'blog'" in err
    assert not (tmp_path / "trained" / "model.keras").exists()


def test_predict(planish, right_half, stripe_images):
    code, out, err = planish("predict", right_half, stripe_images / "left", stripe_images / "right" / "01.png")
    assert (code, err) == (0, "")
    found = rows(out)
    assert [row[1] for row in found] == ["left"] * 8 + ["right"]
    assert found[-1][0] == str(stripe_images / "right" / "01.png")
    assert all(0.5 < float(row[2]) <= 1 for row in found)


def test_predict_inverted_and_several_classes(planish, right_half, stripe_images):
    _, out, _ = planish("predict", right_half, stripe_images / "left" / "00.png", "--invert", "--top", 5)
    ((_, first, high, second, low),) = rows(out)
    assert (first, second) == ("right", "left")
    assert float(high) + float(low) == pytest.approx(1, abs=1e-3)


def test_predict_without_names(planish, right_half, stripe_images):
    (right_half.parent / "classes.txt").write_text("only one\n")
    _, out, _ = planish("predict", right_half, stripe_images / "left" / "00.png")
    assert rows(out)[0][1] == "0"


def test_predict_scaled(planish, right_half, stripe_images):
    def score(*arguments):
        _, out, _ = planish("predict", right_half, stripe_images / "left" / "00.png", *arguments)
        return float(rows(out)[0][2])

    assert score("--scale", "1000") < score()


def test_predict_nothing(planish, right_half, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = planish("predict", right_half, tmp_path / "empty")
    assert code == 2
    assert "there are no images in" in err
    code, _, err = planish("predict", right_half, tmp_path / "absent.png")
    assert code == 2
    assert "absent.png" in err


def test_evaluate(planish, right_half, stripes, stripe_images):
    for examples in (stripes, stripe_images):
        code, out, _ = planish("evaluate", right_half, examples)
        assert code == 0
        assert sorted(facts(out)) == ["accuracy", "images", "loss", "speed"]
        assert facts(out)["accuracy"] == "1.0000"


def test_evaluate_on_images_of_another_size(planish, right_half):
    code, _, err = planish("evaluate", right_half, "digits")
    assert code == 2
    assert "28x28" in err
    assert err.count("\n") == 1


def test_summary(planish, right_half):
    code, out, _ = planish("summary", right_half)
    assert code == 0
    assert "Total params: 130" in out


def test_inspect(planish, right_half):
    code, graph, _ = planish("inspect", right_half)
    assert code == 0
    assert "dense" in graph
    code, assembly, _ = planish("inspect", right_half, "--emit", "asm")
    assert code == 0
    assert assembly != graph
    code, _, err = planish("inspect", right_half, "--after", "no_such_pass")
    assert code == 2
    assert "no_such_pass" in err


def test_export(planish, right_half, tmp_path):
    code, out, _ = planish("export", right_half, "--to", "onnx")
    assert (code, out) == (0, f"Saved artifact at '{right_half.with_suffix('.onnx')}'.\n")
    code, _, _ = planish("export", right_half, "-o", "other.onnx", "--opset", 13)
    assert code == 0
    assert onnx.load("other.onnx").opset_import[0].version == 13
    code, _, err = planish("export", right_half, "--opset", 5)
    assert code == 2
    assert "a whole number from 13 to 21" in err
    code, _, err = planish("export", right_half, "-o", "nowhere/x.onnx")
    assert code == 2
    assert "there is no folder 'nowhere'" in err


def test_build(planish, right_half, tmp_path):
    code, out, _ = planish("build", right_half, "-o", "half.plan", "--target", "host", "--batch", 4, "--dtype", "uint8")
    assert (code, out) == (0, "")
    plan = planish_runtime.Model(tmp_path / "half.plan")
    model = load_model(right_half)
    images = np.arange(5 * 64, dtype=np.uint8).reshape(5, 8, 8)
    assert (plan.predict(images) == model.predict(images, verbose=0)).all()
    code, out, _ = planish(
        "build", right_half, "-o", "half", "--emit", "c", "--object", "--prefix", "net", "--target", "host"
    )
    assert (code, "work memory" in out) == (0, True)
    assert "int net_run(" in (tmp_path / "half.h").read_text()
    assert (tmp_path / "half.o").stat().st_size > 1000
    code, out, _ = planish("build", right_half, "-o", "half-web", "--emit", "wasm")
    assert (code, out, (tmp_path / "half-web" / "model.wasm").exists()) == (0, "", True)
    code, _, err = planish("build", right_half, "--target", "avx2")
    assert (code, "unknown target 'avx2'" in err) == (2, True)
    code, _, err = planish("build", right_half, "-o", "half.bin")
    assert (code, "ends in .plan" in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (["-o", "half.bin"], "planish build {} -o half.plan"),
        (["-o", "x", "--emit", "c", "--prefix", "3x"], "planish build {} -o x --emit c --prefix model_3x"),
        (
            ["-o", "w", "--emit", "wasm", "--dtype", "uint8,float32"],
            "planish build {} -o model-web --emit wasm --dtype uint8",
        ),
        (["--object"], "leave --object out, or --emit c"),
        (["--emit", "wasm", "--prefix", "net"], "leave --prefix out, or --emit c"),
        (["-o", "model.build(x)"], None),
    ],
)
def test_what_is_built_wrongly_is_told_with_the_command_to_type(planish, right_half, options, remedy):
    code, _, err = planish("build", right_half, *options)
    assert code == 2
    if remedy is None:
        assert "model.build(x)" in err
    else:
        assert err.rstrip().endswith("remedy: " + remedy.format(right_half))


def test_export_of_a_model_that_takes_images_of_any_size(planish, tmp_path):
    image = keras.Input((None, None, 3))
    keras.Model(image, keras.layers.GlobalMaxPooling2D()(image)).save("open.keras")
    code, _, err = planish("export", "open.keras")
    assert code == 2
    assert "--size 224x224" in err
    code, _, _ = planish("export", "open.keras", "--size", "6x8")
    assert code == 0
    (end,) = onnx.load("open.onnx").graph.input
    assert [extent.dim_value for extent in end.type.tensor_type.shape.dim] == [0, 6, 8, 3]
    with pytest.raises(SystemExit, match="2"):
        planish("export", "open.keras", "--size", "six")


def test_cache(planish, right_half, tmp_path, monkeypatch):
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    assert planish("cache")[1] == f"0 programs, 0.0 MB, in {tmp_path / 'cache'}\n"
    load_model(right_half).predict(np.zeros((1, 8, 8, 1)), verbose=0)
    code, out, _ = planish("cache")
    assert code == 0
    assert len(rows(out)) == 2
    assert rows(out)[1] == [f"1 programs, {rows(out)[1][0].split()[2]} MB, in {tmp_path / 'cache'}"]
    assert planish("cache", "--clear")[1] == f"removed 1 programs from {tmp_path / 'cache'}\n"
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")
    assert planish("cache")[1].startswith("no cache: PLANISH_CACHE_DIR is 'off'")


@pytest.fixture
def few_digits(monkeypatch):
    """The demo on a twentieth of its data."""
    whole = data.arrays("digits")
    counts = {"training": 300, "test": 50}
    parts = {name: data.Part(part.x[: counts[name]], part.y[: counts[name]]) for name, part in whole.parts.items()}
    monkeypatch.setattr(data, "arrays", lambda name: data.Data(parts, whole.class_names))


@pytest.fixture
def writing_nothing(monkeypatch):
    """The demo without its files: pictures and a report take longer than training."""
    monkeypatch.setattr(demo, "_write", lambda *arguments: None)


def test_demo(planish, few_digits, tmp_path):
    code, out, err = planish("demo", "--epochs", 2)
    assert (code, err) == (0, "")
    assert "225,034" in out
    for part in ("accuracy: ", "images/s", "compile time, training: ", "compile time, predicting: "):
        assert part in out
    for name in ("training-curve.png", "sample-predictions.png"):
        assert (tmp_path / "demo-output" / name).read_bytes()[:4] == b"\x89PNG"
    model = load_model(tmp_path / "demo-output" / "digits.keras")
    assert model.output_shape == (None, 10)


def test_demo_is_repeatable(planish, few_digits, writing_nothing):
    def accuracy(*arguments):
        _, out, _ = planish("demo", "--epochs", 1, *arguments)
        return [part for line in out.splitlines() for part in line.split(" - ") if part.startswith(("acc", "loss"))]

    assert accuracy() == accuracy("--seed", 0)
    assert accuracy("--seed", 1) != accuracy()


def test_demo_tells_compiling_from_loading(planish, few_digits, writing_nothing, tmp_path, monkeypatch):
    monkeypatch.setenv("PLANISH_CACHE_DIR", str(tmp_path / "cache"))
    times = []
    for _ in range(2):
        monkeypatch.setattr(programs, "_COMPILED", {})  # as in a new process
        clear_session(free_memory=False)
        _, out, _ = planish("demo", "--epochs", 1)
        times.append([line.partition(" ms")[2] for line in out.splitlines() if line.startswith("compile time")])
    assert times == [["", ""], [" to load what an earlier run compiled"] * 2]


def test_demo_without_training(planish, few_digits, writing_nothing):
    _, out, _ = planish("demo", "--epochs", 0)
    assert "compile time, training: nothing to compile\n" in out


def test_demo_without_matplotlib(planish, few_digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, _ = planish("demo", "--epochs", 1, "--out", "there")
    assert code == 0
    assert "No pictures: they need matplotlib (pip install 'planish[plots]')" in out
    names = sorted(path.name for path in (tmp_path / "there").iterdir())
    assert names == ["classes.txt", "digits.keras", "report.html"]
