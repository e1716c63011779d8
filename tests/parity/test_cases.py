"""Everything public is among the cases that `make parity` gives to real Keras."""

import contextlib
import importlib
import sys
from pathlib import Path

import pytest

import planish
from planish import activations, layers, losses, metrics, optimizers

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def parity():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "parity"))
        yield importlib.import_module


@pytest.fixture(scope="module")
def cases(parity):
    return parity("one_layer").cases()


def classes(module, base, *without):
    every = (value for name, value in vars(module).items() if not name.startswith("_"))
    named = {value.__name__ for value in every if isinstance(value, type) and issubclass(value, base)}
    return named - {base.__name__, *without}


def about(cases, *groups):
    return {case["about"] for case in cases if not groups or case["group"] in groups}


def inside(cases):
    """Layers around or beside those that cases are about."""
    return {name for case in cases for name, _ in case["layers"]}


def test_every_layer(cases, parity):
    not_called_alone = {"Activation", "InputLayer", "Wrapper", *parity("arrays_table").BY_CHANCE}
    names = {name for name in layers.__all__ if isinstance(getattr(layers, name), type)}
    public = {getattr(layers, name).__name__ for name in names if issubclass(getattr(layers, name), layers.Layer)}
    missing = public - about(cases) - not_called_alone - {"Layer"}
    assert not missing
    assert "Activation" in inside(cases)


def test_every_activation_function(cases):
    given_by_name = {getattr(activations, name).__name__ for name in activations.__all__}
    others = {"get", "serialize", "deserialize"}
    assert given_by_name - others <= about(cases, "Activation functions")


def test_every_loss(cases):
    assert classes(losses, losses.Loss, "FunctionLoss") <= about(cases, "Losses")


def test_every_metric(cases):
    assert classes(metrics, metrics.Metric, "MeanMetricWrapper", "MeanIoUBase") <= about(cases, "Metrics")


def test_every_optimizer_takes_ten_steps(cases):
    assert classes(optimizers, optimizers.Optimizer) <= about(cases, "Optimizers")
    assert {case["steps"] for case in cases if case["group"] == "Optimizers"} == {10}


def test_how_many_there_are(cases):
    assert len(cases) > 400
    assert sum(bool(case["steps"]) for case in cases) > 300
    assert len({case["seed"] for case in cases}) == len(cases)


SAMPLE = ["Lambda", "Dot", "Pipeline", "Muon"]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_case_builds_and_answers(cases, parity, name, tmp_path):
    """Those of a configuration also from it, as Keras's side does."""
    both, given = parity("both"), parity("given")
    case = next(case for case in cases if case["about"] == name)
    model = both.build(planish, case)
    arrays = given.arrays(case, model)
    answer = both.answer(model, case, arrays)
    if not case.get("built"):
        again = both.rebuild(planish, both.configuration(model))
        other = both.answer(again, case, arrays)
        assert all((other[key] == answer[key]).all() for key in answer)


def test_metrics_and_images_answer_on_arrays(cases, parity):
    on_arrays = parity("on_arrays")
    for name in ("AUC", "RandomZoom"):
        case = next(case for case in cases if case["about"] == name and "arrays" in case)
        assert on_arrays.answer(planish, case, on_arrays.given(case))


def test_a_row_of_the_page_counts_rounding_apart(cases, parity):
    parity("compare")
    page, verdict = parity("page"), parity("compare").Verdict
    trained = next(case for case in cases if case["about"] == "Adamax")
    verdicts = [
        verdict(trained, [], 0.2, 0.5),
        verdict(trained, ["w0 (3,): 2 times the allowed difference"], 0.4, 2.0, (0.5, 1.5)),
        verdict(trained, ["w0 (3,): 9 times the allowed difference"], 0.1, 9.0, (9.0, 1.5)),
    ]
    row = page.row("Adamax", verdicts)
    assert (row.cases, row.trained, row.remarks) == (3, 3, "**1 of 3 differ**; rounding: 1")
    assert row.outputs == pytest.approx(4e-6)
    assert row.weights == pytest.approx(9e-4)
    assert "| Adamax | 3 | 3 | 4e-6 | 9e-4 | **1 of 3 differ**; rounding: 1 |" in page.page(verdicts)


def test_exact_steps_run_where_weights_differ(cases, parity, tmp_path):
    """What the float64 steps give is what a compiled step gives, but for rounding."""
    compare, exact = parity("compare"), parity("exact")
    case = next(case for case in cases if case["about"] == "Huber")
    compare._prepare(case, tmp_path)
    ours = compare._own_answer(case, tmp_path)
    with parity("numpy").load(tmp_path / f"{case['seed']}.npz") as given:
        found = exact.exact_answer(case, given)
    assert max(compare.distance(name, ours[name], value) for name, value in found.items()) < 1


def judged(compare, case, ours, theirs, folder):
    compare.np.savez(folder / f"{case['seed']}-keras.npz", **theirs)
    return compare._judged(case, ours, folder)


def test_results_of_a_metric_are_compared_with_the_largest_of_them(cases, parity, tmp_path):
    """The mean of numbers that cancel may be small after one update: float32 is not more exact there."""
    compare = parity("compare")
    case = next(case for case in cases if case["about"] == "ConcordanceCorrelation")
    theirs = {name: compare.np.asarray(value) for name, value in [("result0", 0.03), ("result1", 0.001)]}
    assert not judged(compare, case, theirs | {"result1": theirs["result1"] + 2e-7}, theirs, tmp_path).found
    (told,) = judged(compare, case, theirs | {"result1": theirs["result1"] + 6e-7}, theirs, tmp_path).found
    assert told == "result1 (): 2 times the allowed difference"
    infinite = theirs | {"result0": compare.np.asarray(float("inf"))}
    assert judged(compare, case, infinite | {"result1": theirs["result1"] + 2e-7}, infinite, tmp_path).found


@pytest.mark.parametrize(("layer", "backend"), [("Flatten", "TENSORFLOW"), ("Conv2D", "JAX"), ("Dense", "TENSORFLOW")])
def test_keras_runs_on_jax_only_where_tensorflow_cannot_compute(parity, layer, backend):
    compare, formats = parity("compare"), {} if layer == "Dense" else {"data_format": "channels_first"}
    assert compare._backend({"layers": [[layer, formats]]}) is getattr(parity("asking"), backend)


def test_transposed_convolutions_that_are_drawn_are_those_that_tensorflow_computes(parity):
    drawn = [layer for seed in range(400) for layer in parity("chains").random_case(seed)["layers"]]
    told = [given for name, given in drawn if name == "Conv2DTranspose" and "output_padding" in given]
    there = [given for given in told if given.get("data_format") != "channels_first" and given["padding"] == "same"]
    assert len(there) > 2
    for given in there:
        every = zip(given["output_padding"], given["kernel_size"], given["strides"], strict=True)
        assert all(1 <= extra + window % 2 <= stride for extra, window, stride in every)


@pytest.fixture
def asked(parity, monkeypatch):
    """The cases that real Keras would be asked, which is not here; all of them agree."""
    compare, found = parity("compare"), []

    class Keras(contextlib.nullcontext):
        def __init__(self, *told):
            super().__init__(self)
            self.ask, self.wait = found.append, lambda: None

    monkeypatch.setattr(compare, "Keras", Keras)
    monkeypatch.setattr(compare, "_own_answer", lambda case, folder: {})
    monkeypatch.setattr(compare, "_judged", lambda case, own, folder: compare.Verdict(case, [], 0.5, 0.25))
    return found


def test_verdicts_of_a_run_that_was_broken_off_are_taken_if_the_case_is_the_same(cases, parity, tmp_path, asked):
    compare = parity("compare")
    same = next(case for case in cases if case["about"] == "glu")
    changed = {**same, "seed": 1}
    kept = [compare.Verdict(same, ["w0 differs"], 0.25, 2.0, (0.5, 1.0)), compare.Verdict(changed, ["y"], 2.0, 0.0)]
    (tmp_path / "verdicts.jsonl").write_text("".join(f"{compare.json.dumps(each)}\n" for each in kept))
    changed = {**changed, "steps": 1}
    verdicts = [*compare.compare([same, changed], tmp_path, resume=True)]
    assert verdicts == [kept[0], compare.Verdict(changed, [], 0.5, 0.25)]
    assert asked == [changed]
    assert [*compare.compare([same, changed], tmp_path, resume=True)] == verdicts
    assert asked == [changed]


def test_cases_are_judged_in_order_and_keras_is_a_few_ahead(cases, parity, tmp_path, asked):
    compare = parity("compare")
    one = next(case for case in cases if case["about"] == "glu")
    some = [{**one, "files": False, "seed": seed} for seed in range(compare.AHEAD + 3)]
    verdicts = compare.compare(some, tmp_path)
    assert next(verdicts).case == some[0]
    assert asked == some[: compare.AHEAD + 1]
    assert [verdict.case for verdict in verdicts] == some[1:]
    assert asked == some


SERVING = """
import pathlib, sys
from serving import serve

def answer(case):
    print("libraries print what they like")
    if case == "dies":
        raise SystemExit
    pathlib.Path(sys.argv[1], case["name"]).touch()

serve(answer)
"""


def test_a_process_answers_one_case_after_the_other(parity, tmp_path, monkeypatch):
    parity("compare")
    asking = parity("asking")
    monkeypatch.setenv("PARITY_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "parity"))
    script = tmp_path / "side.py"
    script.write_text(SERVING)
    with asking.Keras(str(script), tmp_path) as keras:
        for case in asking.ahead([{"name": "a"}, {"name": "b"}, "dies"], keras.ask, 1):
            if case == "dies":
                with pytest.raises(SystemExit, match="real Keras's process failed"):
                    keras.wait()
            else:
                keras.wait()
                assert (tmp_path / case["name"]).exists()
