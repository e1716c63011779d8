"""scikit-learn's own tools take planish's models as estimators."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.utils import set_random_seed
from planish.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(60, 4)).astype(np.float32)
NAMES = np.where(X[:, 0] + X[:, 1] > 0, "warm", "cold")
QUIET = {"verbose": 0, "epochs": 30, "batch_size": 10}


def build(X, y, units=6, activation="relu"):
    model = Sequential([Input(X.shape[1:]), Flatten(), Dense(units, activation), Dense(y.shape[1], "softmax")])
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.learning_rate = 0.02
    return model


def regression():
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_a_classifier_learns_and_gives_classes():
    set_random_seed(1)
    wrapped = SKLearnClassifier(build, model_kwargs={"units": 8}, fit_kwargs=QUIET)
    assert wrapped.fit(X, NAMES) is wrapped
    assert wrapped.score(X, NAMES) > 0.9
    assert set(wrapped.predict(X)) == {"warm", "cold"}
    assert list(wrapped.classes_) == ["cold", "warm"]
    assert wrapped.decision_function(X).shape == wrapped.predict_proba(X).shape == (60, 2)
    assert wrapped.epoch_ == list(range(30))
    assert wrapped.n_features_in_ == 4


def test_cross_val_score_and_grid_search():
    set_random_seed(2)
    wrapped = SKLearnClassifier(build, fit_kwargs=QUIET)
    scores = cross_val_score(wrapped, X, NAMES, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > 0.8
    grid = GridSearchCV(wrapped, {"model_kwargs": [{"units": 1}, {"units": 8, "activation": "tanh"}]}, cv=2)
    grid.fit(X, NAMES)
    assert grid.best_params_["model_kwargs"] in ({"units": 1}, {"units": 8, "activation": "tanh"})
    assert grid.best_estimator_.fit_kwargs == QUIET


def test_pipelines():
    set_random_seed(3)
    pipeline = make_pipeline(StandardScaler(), SKLearnClassifier(build, fit_kwargs=QUIET))
    assert pipeline.fit(100 * X + 7, NAMES).score(100 * X + 7, NAMES) > 0.85


def test_a_clone_has_the_same_arguments_and_has_learnt_nothing():
    model = regression()
    wrapped = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0}).fit(X, X[:, 0])
    again = clone(wrapped)
    assert (again.warm_start, again.fit_kwargs) == (True, {"verbose": 0})  # Keras's clone loses the latter
    assert again.model is not model
    with pytest.raises(NotFittedError):
        again.predict(X)


def test_a_model_is_copied_with_fresh_weights_and_stays_as_it_was():
    model = regression()
    before = model.get_weights()
    wrapped = SKLearnRegressor(model, fit_kwargs={"verbose": 0}).fit(X, X[:, 0])
    assert wrapped.model_ is not model
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_warm_start_goes_on():
    wrapped = SKLearnRegressor(regression(), warm_start=True, fit_kwargs={"verbose": 0})
    first = wrapped.fit(X, X[:, 0]).model_
    steps = int(first.optimizer.iterations)
    assert wrapped.fit(X, X[:, 0]).model_ is first
    assert first.optimizer.iterations == 2 * steps
    wrapped.set_params(warm_start=False)
    assert wrapped.fit(X, X[:, 0]).model_ is not first


def test_numbers_have_the_shape_of_the_targets():
    quiet = {"verbose": 0}
    assert SKLearnRegressor(regression(), fit_kwargs=quiet).fit(X, X[:, 0]).predict(X).shape == (60,)
    assert SKLearnRegressor(regression(), fit_kwargs=quiet).fit(X, X[:, :1]).predict(X).shape == (60, 1)
    assert SKLearnTransformer(regression(), fit_kwargs=quiet).fit(X, X[:, 0]).transform(X).shape == (60, 1)


def test_images_keep_their_axes():
    images = RANDOM.random((20, 6, 5, 1), dtype=np.float32)

    def convolutional(X, y):
        model = Sequential([Input(X.shape[1:]), Conv2D(2, 3), Flatten(), Dense(y.shape[1], "softmax")])
        model.compile("adam", "categorical_crossentropy")
        return model

    wrapped = SKLearnClassifier(convolutional, fit_kwargs={"verbose": 0})
    assert cross_val_score(wrapped, images, np.arange(20) % 2, cv=2).shape == (2,)


def test_arguments_of_fit_are_joined_and_not_kept():
    wrapped = SKLearnClassifier(build, fit_kwargs={"verbose": 0})
    wrapped.fit(X, NAMES, epochs=2)
    assert wrapped.epoch_ == [0, 1]
    assert wrapped.fit_kwargs == {"verbose": 0}


@pytest.mark.parametrize(
    ("make", "targets", "message"),
    [
        (
            lambda: SKLearnClassifier(build),
            X[:, 0],
            "these targets are not classes\n  expected: one class",
        ),
        (lambda: SKLearnClassifier(build), np.zeros(60), "one class is not enough to train on"),
        (lambda: SKLearnRegressor(Sequential([Input((4,)), Dense(1)])), X[:, 0], "the model is not compiled"),
        (lambda: SKLearnRegressor(lambda X, y: 5), X[:, 0], "the model is not compiled\n  expected: .*\n  received: 5"),
    ],
)
def test_mistakes(make, targets, message):
    with pytest.raises(ValueError, match=message):
        make().fit(X, targets)


def test_a_model_with_too_few_outputs_is_told():
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    model.compile("adam", lambda y_true, y_pred: (y_true[:, :1] - y_pred) ** 2)
    wrapped = SKLearnClassifier(lambda X, y: model, fit_kwargs={"verbose": 0}).fit(X, NAMES)
    with pytest.raises(ValueError, match=r"does not have an output for each class\n  expected: \(60, 2\)"):
        wrapped.predict(X)


def test_without_scikit_learn_the_command_that_installs_it_is_told():
    code = (
        "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.base'] = None\n"
        "import planish as keras\n"
        "try:\n    keras.wrappers.SKLearnClassifier(None)\n"
        "except ImportError as error:\n    print(error)\n"
    )
    root = Path(__file__).parent.parent
    finished = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert finished.stdout == (
        "SKLearnClassifier needs scikit-learn, which is missing\n  remedy: pip install 'planish[sklearn]'\n"
    )
