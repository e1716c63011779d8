"""Compiled models as files: the runtime gives what planish's `predict` gives, bit for bit."""

import re
import threading

import numpy as np
import pytest

import planish
import planish_runtime
import planish_runtime.opened_plan
from planish import shipping
from planish.codegen.llvm import target
from planish.layers import BatchNormalization, Dense, Dropout, Flatten, GlobalAveragePooling2D, Input
from planish.models import Model, Sequential
from planish_runtime import inference, processor
from tests.shipping.support import blog, images_for, residual, same, several

HERE = pytest.mark.skipif(processor.architecture() != "x86_64", reason="its programs are for x86-64")


@pytest.mark.parametrize("make", [blog, residual, several])
def test_a_plan_predicts_what_the_model_predicts(make, tmp_path):
    model = make()
    model.build(tmp_path / "model.plan", targets="host")
    plan = planish_runtime.Model(tmp_path / "model.plan")
    for count in (1, 2, 3, 29, 60):
        for dtype in (np.float32, np.uint8, np.float64, np.float16, np.int64):
            x = images_for(model, count, dtype)
            assert same(plan.predict(x), model.predict(x, verbose=0)), (count, dtype)


@HERE
@pytest.mark.parametrize("name", ["x86-64-v2", "x86-64-v3"])
def test_each_kind_of_processor_has_the_bits_of_its_target(name, tmp_path, monkeypatch):
    if not processor.can_run(processor.NEEDS[name]):
        pytest.skip(f"this processor is not an {name}")
    model = blog()
    shipping.build(model, tmp_path / "model.plan", targets=[name])
    monkeypatch.setenv("PLANISH_TARGET", target.PROCESSORS[name].kind)
    x = images_for(model, 5)
    assert same(planish_runtime.Model(tmp_path / "model.plan").predict(x), model.predict(x, verbose=0))


def test_the_number_of_threads_changes_no_bit(tmp_path):
    model = blog()
    model.build(tmp_path / "model.plan", targets="host")
    plan, x = planish_runtime.Model(tmp_path / "model.plan"), images_for(model, 400)
    expected = plan.predict(x)
    try:
        for threads in (1, 2, 3):
            planish_runtime.set_num_threads(threads)
            assert same(plan.predict(x), expected)
            assert same(plan.predict(x[:2]), expected[:2])
    finally:
        planish_runtime.set_num_threads(None)


def test_threads_may_share_a_model(tmp_path, monkeypatch):
    monkeypatch.setattr(inference, "_BRIEF_SECONDS", 0.0)
    monkeypatch.setattr(inference, "_TRIALS", 1)
    model = residual()
    model.build(tmp_path / "model.plan", targets="host")
    plan, x = planish_runtime.Model(tmp_path / "model.plan"), images_for(model, 40)
    plan.predict(x[:1])
    (run,) = plan._runs.values()
    run._executable._cpus = 0  # so each thread is one too many
    expected, found = plan.predict(x), [None] * 4

    def predict(number):
        found[number] = np.concatenate([plan.predict(x[place : place + 1]) for place in range(len(x))])

    threads = [threading.Thread(target=predict, args=(number,)) for number in range(len(found))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(each, expected) for each in found)
    assert run._executable._infer_in_crowd is not None


def test_a_program_for_bytes_reads_them_as_they_are(tmp_path):
    model = residual()
    model.build(tmp_path / "model.plan", targets="host", dtypes=["uint8", "float32"])
    plan = planish_runtime.Model(tmp_path / "model.plan")
    assert [each.dtypes for each in plan.facts.programs] == [("uint8",), ("float32",)]
    for dtype in (np.uint8, np.float32):
        x = images_for(model, 4, dtype)
        assert same(plan.predict(x), model.predict(x, verbose=0))


def test_fewer_images_together_take_less_memory_and_give_the_same_bits(tmp_path):
    model = blog()
    model.build(tmp_path / "one.plan", targets="host", batch=1)
    model.build(tmp_path / "many.plan", targets="host", batch=1000)
    one, many = (planish_runtime.Model(tmp_path / f"{name}.plan") for name in ("one", "many"))
    (a,), (b,) = one.facts.programs, many.facts.programs
    assert (a.block, b.block) == (1, 28)
    assert a.scratch_nbytes < b.scratch_nbytes
    x = images_for(model, 40)
    assert same(one.predict(x), many.predict(x))


def test_the_same_model_gives_the_same_bytes_on_every_machine(tmp_path, monkeypatch):
    model = blog()
    model.build(tmp_path / "first.plan")
    monkeypatch.setenv("PLANISH_NUM_THREADS", "3")
    monkeypatch.setattr(target, "ask_llvm", lambda: target.Host("x86_64-unknown-linux-gnu", "nehalem", "+sse4.2"))
    model.build(tmp_path / "second.plan")
    assert (tmp_path / "first.plan").read_bytes() == (tmp_path / "second.plan").read_bytes()


def test_targets_share_weights_that_are_packed_alike(tmp_path):
    model = blog()
    model.build(tmp_path / "one.plan", targets="x86-64-v3")
    shipping.build(model, tmp_path / "two.plan", targets="x86-64-v3", dtypes="float32,uint8")
    one, two = (planish_runtime.opened_plan.opened(tmp_path / f"{name}.plan") for name in ("one", "two"))
    assert one.parts["weights"].nbytes == two.parts["weights"].nbytes > 4000
    assert len(two.facts.programs) == 2


def test_what_a_plan_says_of_itself(tmp_path):
    model = blog()
    model.build(tmp_path / "model.plan", preprocessing="grey pixels from 0 to 1")
    plan = planish_runtime.Model(tmp_path / "model.plan")
    assert plan.class_names == [f"digit {number}" for number in range(10)]
    text = planish_runtime.describe(tmp_path / "model.plan")
    assert f"built by planish {planish.__version__}" in text
    assert re.search(r"^input    \w+: float32 \(n, 14, 14, 1\)$", text, re.MULTILINE)
    assert "classes  digit 0, digit 1," in text
    assert "images   grey pixels from 0 to 1" in text
    assert [line.split()[1] for line in text.splitlines() if line.startswith("program ")] == [
        "x86-64-v4:", "x86-64-v3:", "x86-64-v2:", "aarch64:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (np.zeros((2, 14, 13, 1)), ValueError, "another shape"),
        (np.zeros((14, 14, 1)), ValueError, r"x\[None\] makes a batch"),
        (np.zeros((0, 14, 14, 1)), ValueError, "there are no images"),
        (np.zeros((1, 14, 14, 1), complex), TypeError, "not an array of numbers"),
        (None, TypeError, "not an array of numbers"),
        ([np.zeros(3), np.zeros(2)], ValueError, "different lengths|another shape"),
        ({"nothing": 1}, ValueError, "other inputs than the model has"),
    ],
)
def test_images_that_do_not_fit_are_refused(given, error, text, tmp_path):
    blog().build(tmp_path / "model.plan", targets="host")
    with pytest.raises(error, match=text):
        planish_runtime.Model(tmp_path / "model.plan").predict(given)


def test_images_without_an_axis_for_their_one_channel_are_taken(tmp_path):
    model = blog()
    model.build(tmp_path / "model.plan", targets="host")
    plan, x = planish_runtime.Model(tmp_path / "model.plan"), images_for(model, 3)
    assert same(plan.predict(x[..., 0]), plan.predict(x))
    assert same(plan.predict(np.asfortranarray(x)), plan.predict(x))


def open_size():
    image = Input((None, None, 3))
    return Model(image, GlobalAveragePooling2D()(image))


def together():
    image = Input((4,))
    return Model(image, BatchNormalization()(image, training=True))


@pytest.mark.parametrize(
    ("make", "options", "text"),
    [
        (blog, {"targets": "sparc"}, "unknown target 'sparc'"),
        (blog, {"targets": ()}, "no targets"),
        (blog, {"batch": 0}, "a whole number from 1 on"),
        (blog, {"dtypes": "uint9"}, "unknown type of images 'uint9'"),
        (open_size, {}, "the model takes images of any size"),
        (together, {}, "depends on other images"),
        (lambda: Sequential([Flatten(), Dropout(0.5), Dense(3)]), {}, "the model is not built"),
    ],
)
def test_what_cannot_be_built_is_said(make, options, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        make().build(tmp_path / "model.plan", **options)
    assert not (tmp_path / "model.plan").exists()


def test_a_model_of_any_size_is_built_for_one_as_the_message_says(tmp_path):
    model = open_size()
    with pytest.raises(ValueError, match="remedy") as caught:
        model.build(tmp_path / "model.plan")
    remedy = str(caught.value).partition("remedy: ")[2].strip().replace("224", "20")
    exec(remedy.replace("model.plan", str(tmp_path / "model.plan")), {"keras": planish, "model": model})
    x = np.random.default_rng(0).random((3, *planish_runtime.Model(tmp_path / "model.plan").facts.inputs[0].shape))
    assert x.shape[1] == 20
    assert same(planish_runtime.Model(tmp_path / "model.plan").predict(x), model.predict(x, verbose=0))


def test_the_name_of_a_plan_says_what_it_is(tmp_path):
    with pytest.raises(ValueError, match=r"remedy: .*model\.plan"):
        blog().build(tmp_path / "model.bin")
