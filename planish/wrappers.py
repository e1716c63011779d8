"""Models as estimators of scikit-learn: `clone`, `cross_val_score`, `GridSearchCV` and pipelines take them.

scikit-learn is imported with this module, and nothing else of planish needs it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from planish.constructors import telling
from planish.errors import explain
from planish.models import Model, clone_model

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

    _INSTALLED = True
except ImportError:
    BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin = (type("Missing", (), {}) for _ in range(4))
    _INSTALLED = False

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]

INSTALL = "pip install 'planish[sklearn]'"


class _Estimator(BaseEstimator):
    """What all three share: a model is made, or copied, and trained by `fit`."""

    @telling
    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Mapping[str, Any] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if not _INSTALLED:
            what = f"{type(self).__name__} needs scikit-learn, which is missing"
            raise ImportError(explain(what=what, remedy=INSTALL))
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_clone__(self) -> Any:
        """An estimator with the same arguments, which has learnt nothing."""
        made = callable(self.model) and not isinstance(self.model, Model)
        model = self.model if made else copy.deepcopy(self.model)
        return type(self)(model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    @property
    def epoch_(self) -> list[int]:
        """The numbers of the epochs of the last `fit`; empty before."""
        history = getattr(self, "history_", None)
        return [] if history is None else history.epoch

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Trains a model on the arrays `X` [n, ...] and `y`, and gives the estimator itself; `kwargs` are those of the
        model's `fit`. ValueError for arrays that scikit-learn, or the model, does not take."""
        X, y = self._checked(X, y, reset=True)
        targets = self._encoded(y)
        if not (self.warm_start and hasattr(self, "model_")):
            self.model_ = self._made(X, targets)
        self.history_ = self.model_.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        return self

    def _made(self, X: Any, y: Any) -> Model:
        """A compiled model with fresh weights."""
        if isinstance(self.model, Model):
            settings = self.model.get_compile_config()
            made = clone_model(self.model)
            if settings is not None:
                made.compile_from_config(settings)
        else:
            made = self.model(X=X, y=y, **(self.model_kwargs or {})) if callable(self.model) else self.model
        if isinstance(made, Model) and made.optimizer is not None and made.loss is not None:
            return made
        raise ValueError(
            explain(
                what=f"{type(self).__name__}: the model is not compiled",
                expected="a compiled Model, or a function of (X, y) that gives one",
                received=repr(made),
                remedy="model.compile(optimizer='adam', loss='categorical_crossentropy')",
            )
        )

    def _checked(self, *arrays: Any, reset: bool) -> Any:
        """As scikit-learn has them; images keep all their axes."""
        from sklearn.utils.validation import validate_data

        rows = np.ndim(arrays[0]) == 2
        return validate_data(self, *arrays, reset=reset, ensure_2d=rows, allow_nd=True, **self._asked(len(arrays)))

    def _asked(self, arrays: int) -> dict[str, Any]:
        return {}

    def _outputs(self, X: Any) -> Any:
        """What the model predicts, as quietly as it was trained."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "model_")
        verbose = (self.fit_kwargs or {}).get("verbose", "auto")
        return np.asarray(self.model_.predict(self._checked(X, reset=False), verbose=verbose))

    def _encoded(self, y: Any) -> Any:
        """Targets as the model is trained on them: one number each becomes a column, as in Keras."""
        self._flat = np.ndim(y) == 1
        return np.asarray(y).reshape(-1, 1) if self._flat else y

    def _decoded(self, outputs: Any) -> Any:
        return outputs[:, 0] if self._flat and outputs.ndim == 2 and outputs.shape[1] == 1 else outputs


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier: classes of any kind are made one-hot vectors, and predictions are classes again.

    `model`: a compiled model, which is copied with fresh weights, or a function of (X, y) and `model_kwargs` that
    gives one, with an output for each class; y is one-hot. `fit_kwargs`: arguments of the model's `fit`.
    `warm_start`: a second `fit` goes on with the weights of the first one. Images keep their axes. ImportError without
    scikit-learn.

    >>> def build(X, y):
    ...     model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(y.shape[1], "softmax")])
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> from planish.wrappers import SKLearnClassifier
    >>> wrapped = SKLearnClassifier(build, fit_kwargs={"verbose": 0})
    >>> wrapped.fit(np.eye(4), ["a", "b", "a", "b"]).predict(np.eye(4)).shape
    (4,)
    """

    def _encoded(self, y: Any) -> Any:
        from sklearn.utils.multiclass import type_of_target

        kind = type_of_target(y, raise_unknown=True)
        if kind not in ("binary", "multiclass"):
            raise ValueError(
                explain(
                    what="SKLearnClassifier: these targets are not classes",
                    expected="one class for each row of X",
                    received=f"targets that scikit-learn calls {kind!r}",
                    remedy="SKLearnRegressor for numbers",
                )
            )
        self.classes_, places = np.unique(np.asarray(y).reshape(-1), return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(
                explain(
                    what="SKLearnClassifier: one class is not enough to train on",
                    expected="two classes or more",
                    received=f"only {self.classes_[0]!r}",
                )
            )
        return np.eye(len(self.classes_), dtype=np.float32)[places]

    def predict(self, X: Any) -> Any:
        """The class of each row of `X`."""
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=-1)]

    def decision_function(self, X: Any) -> Any:
        """The model's outputs [n, classes]."""
        outputs = self._outputs(X)
        if outputs.ndim == 2 and outputs.shape[1] == len(self.classes_):
            return outputs
        raise ValueError(
            explain(
                what="SKLearnClassifier: the model does not have an output for each class",
                expected=f"({len(outputs)}, {len(self.classes_)})",
                received=outputs.shape,
                remedy=f"Dense({len(self.classes_)}, activation='softmax') as the last layer",
            )
        )

    def predict_proba(self, X: Any) -> Any:
        """The same, for a model that ends in a softmax: probabilities."""
        return self.decision_function(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor. Arguments as in `SKLearnClassifier`: `model`, `warm_start`, `model_kwargs`, `fit_kwargs`.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> from planish.wrappers import SKLearnRegressor
    >>> wrapped = SKLearnRegressor(model, fit_kwargs={"verbose": 0})
    >>> wrapped.fit(np.eye(2), [0.5, 1.5]).predict(np.eye(2)).shape
    (2,)
    """

    def _asked(self, arrays: int) -> dict[str, Any]:
        return {"multi_output": True, "y_numeric": True} if arrays == 2 else {}

    def predict(self, X: Any) -> Any:
        """The numbers for each row of `X`, in the shape of the targets."""
        return self._decoded(self._outputs(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A model as a transformer: `transform` gives its outputs. Arguments as in `SKLearnClassifier`: `model`,
    `warm_start`, `model_kwargs`, `fit_kwargs`.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> model.compile("adam", "mse")
    >>> from planish.wrappers import SKLearnTransformer
    >>> wrapped = SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    >>> wrapped.fit(np.eye(2), np.ones((2, 3))).transform(np.eye(2)).shape
    (2, 3)
    """

    def _asked(self, arrays: int) -> dict[str, Any]:
        return {"multi_output": True} if arrays == 2 else {}

    def transform(self, X: Any) -> Any:
        """The model's outputs for each row of `X`."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
