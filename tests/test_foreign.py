"""Objects of other libraries where planish's own belong: refused where they are given, with the line to write."""

import numpy as np
import pytest

import planish
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import SGD


def made(called, module, **members):
    """An object of a class of that name, as if the module had it."""
    return type(called, (), {"__module__": module, "__call__": lambda self, *arguments: 0, **members})()


def function(name, module):
    def given(*arguments):
        raise AssertionError("never called")

    given.__name__, given.__module__ = name, module
    return given


def model():
    return Sequential([Input((3,)), Dense(1)])


def fitted(callbacks):
    compiled = model()
    compiled.compile("sgd", "mse", run_eagerly=True)
    return compiled.fit(np.zeros((2, 3)), np.zeros(2), callbacks=callbacks, verbose=0)


GIVE = {
    "losses": lambda value: model().compile("sgd", value),
    "metrics": lambda value: model().compile("sgd", "mse", metrics=[value]),
    "optimizers": lambda value: model().compile(value, "mse"),
    "callbacks": lambda value: fitted([value]),
    "layers": lambda value: model().add(value),
    "activations": lambda value: Dense(1, activation=value),
    "regularizers": lambda value: Dense(1, kernel_regularizer=value),
    "optimizers.schedules": lambda value: SGD(value),
}


@pytest.mark.parametrize(
    ("room", "given"),
    [
        ("losses", made("MeanSquaredError", "keras.src.losses.losses")),
        ("losses", type(made("MeanSquaredError", "keras.src.losses.losses"))),
        ("losses", function("mean_squared_error", "keras.src.losses.losses")),
        ("losses", made("MeanSquaredError", "tf_keras.src.losses")),
        ("metrics", made("AUC", "keras.src.metrics.confusion_metrics", name="auc")),
        ("metrics", type(made("AUC", "keras.src.metrics.confusion_metrics"))),
        ("metrics", function("binary_accuracy", "keras.src.metrics.accuracy_metrics")),
        ("optimizers", made("Adam", "keras.src.optimizers.adam")),
        ("optimizers", type(made("Adam", "keras.src.optimizers.adam"))),
        ("callbacks", made("EarlyStopping", "keras.src.callbacks.early_stopping")),
        ("callbacks", type(made("EarlyStopping", "keras.src.callbacks.early_stopping"))),
        ("layers", made("Dense", "keras.src.layers.core.dense", name="dense")),
        ("layers", made("KerasTensor", "keras.src.backend.common.keras_tensor")),
        ("layers", made("Sequential", "keras.src.models.sequential")),
        ("activations", function("relu", "keras.src.activations.activations")),
        ("regularizers", made("L2", "keras.src.regularizers.regularizers")),
        ("optimizers.schedules", made("ExponentialDecay", "keras.src.optimizers.schedules.learning_rate_schedule")),
    ],
)
def test_an_object_of_keras_is_refused_with_the_line_that_imports_planishs(room, given):
    with pytest.raises(TypeError, match=r" of Keras\n") as caught:
        GIVE[room](given)
    names = {}
    exec(str(caught.value).rpartition("remedy:")[2].strip(), names)
    name = getattr(given, "__name__", type(given).__name__).replace("KerasTensor", "Input")
    own = names[name]
    assert own.__module__.startswith("planish.")


def test_a_class_of_the_users_own_is_told_what_to_derive_from():
    keras_loss = type("Loss", (), {"__module__": "keras.src.losses.loss"})
    own = type("Focal", (keras_loss,), {"__call__": lambda self, t, p: 0})()
    with pytest.raises(TypeError, match="Focal is a loss of Keras") as caught:
        GIVE["losses"](own)
    remedy = str(caught.value).rpartition("remedy:")[2].strip()
    names = {"planish": planish}
    exec(f"{remedy} pass", names)
    assert issubclass(names["Focal"], planish.losses.Loss)


def test_what_planish_lacks_is_told_with_what_to_use_instead():
    with pytest.raises(TypeError, match="MultiOptimizer is an optimizer of Keras") as caught:
        GIVE["optimizers"](made("MultiOptimizer", "keras.src.optimizers.multi_optimizer"))
    assert planish.absent.table.lookup("optimizers", "MultiOptimizer") in str(caught.value)


@pytest.mark.parametrize(
    ("room", "name", "module", "library"),
    [
        ("losses", "CrossEntropyLoss", "torch.nn.modules.loss", "PyTorch"),
        ("layers", "Linear", "torch.nn.modules.linear", "PyTorch"),
        ("optimizers", "AdamW", "torch.optim.adamw", "PyTorch"),
        ("activations", "Swish", "tensorflow.python.ops.nn", "TensorFlow"),
    ],
)
def test_other_libraries_are_named(room, name, module, library):
    with pytest.raises(TypeError, match=f"{name} is an? [a-z]+ of {library}"):
        GIVE[room](made(name, module))


def test_functions_of_other_packages_are_the_users_own():
    score = function("accuracy_score", "sklearn.metrics")
    model().compile("sgd", "mse", metrics=[score])
