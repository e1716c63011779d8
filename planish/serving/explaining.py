"""What a model sees in one image: its best classes, and where in the image the first of them comes from."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.serving.folder import PLAN, stamp
from planish.serving.images import takes_images
from planish.serving.loaded import Array, gives_scores, opened
from planish.serving.refusals import NOT_IMPLEMENTED, UNAVAILABLE, RefusedError
from planish.serving.repository import Served

if TYPE_CHECKING:
    from planish.models.model import Model

_MOST_CLASSES = 5
_AXES_OF_A_MAP = 3


def can_be_shown(served: Served) -> bool:
    """Whether a picture goes in, and a score for each class comes out."""
    model = served.model
    return len(model.inputs) == 1 and takes_images(model.inputs[0]) and gives_scores(model.outputs)


class Explainer:
    """Explains images to those who look at one model. It has the model a second time, from when it is first asked.

    It does not keep what is served: with that, it goes.
    """

    def __init__(self, served: Served) -> None:
        self._name, self._source = served.name, served.source
        self._served_model = served.model
        self._decoder = served.decoders[0] if can_be_shown(served) else None
        self._lock = threading.Lock()
        self._model: Model | None = None

    def shown(self, data: bytes) -> dict[str, Any]:
        """Of an encoded image: the image as the model gets it, the best classes, and `evidence`, if the model is one
        of planish's own (None if it is a plan). RefusedError for what is not an image, and for models of other kinds.
        """
        images = self._images(data)
        with self._lock:
            scores = self._scores(images)
            evidence = None if self._is_plan else self._evidence(images[0])
        names = self._names(len(scores))
        best = np.argsort(-scores, kind="stable")[:_MOST_CLASSES].tolist()
        return {
            "classes": [[names[place], float(scores[place])] for place in best],
            "image": _picture(images[0]),
            "evidence": evidence,
        }

    def report(self, data: bytes) -> str:
        """The page of `model.explain` about an encoded image. RefusedError for a plan, and without Jinja2."""
        from planish.explain import report

        images = self._images(data)
        if self._is_plan:
            raise RefusedError("a .plan file has no layers to explain", NOT_IMPLEMENTED)
        names = self._served_model.class_names
        try:
            with self._lock:
                return report(self._own(), images[0], class_names=names).html
        except ImportError as error:
            raise RefusedError(str(error), NOT_IMPLEMENTED) from None

    @property
    def _is_plan(self) -> bool:
        return self._source.path.endswith(PLAN)

    def _images(self, data: bytes) -> Array:
        if self._decoder is None:
            raise RefusedError(f"model '{self._name}' does not give a score for each class of a picture")
        return self._decoder.decoded([data])

    def _scores(self, images: Array) -> Array:
        """One for each class; a single score is that of the second of two classes."""
        if self._is_plan:
            (found,) = self._served_model.predict([images])
        else:
            found = self._own().predict_on_batch(images)
        scores: Array = found[0]
        return np.concatenate([1 - scores, scores]) if len(scores) == 1 else scores

    def _names(self, count: int) -> list[str]:
        names = self._served_model.class_names
        return names if names is not None and len(names) == count else [str(number) for number in range(count)]

    def _own(self) -> Model:
        """RefusedError if the file is no longer what is served: it is about to be replaced, or was lost."""
        if self._model is None:
            try:
                model = opened(self._source.path)
                same = stamp(self._source.path) == self._source.stamp
            except (OSError, ValueError):
                same = False
            if not same:
                raise RefusedError(f"the file of model '{self._name}' is being replaced", UNAVAILABLE, 1)
            self._model = model
        return self._model

    def _evidence(self, image: Array) -> dict[str, Any]:
        """What places of the image add to the class, -1 to 1: by the last Flatten layer, or by the slopes of pixels."""
        model = self._own()
        try:
            found = model.contributions(image)
        except ValueError:  # no Flatten layer, or none of an image
            return _slopes(model, image)
        if found.as_map.ndim != _AXES_OF_A_MAP:
            return _slopes(model, image)
        return {"kind": "contributions", "layer": found.layer, **_levels(found.as_map.sum(axis=-1))}


def _slopes(model: Model, image: Array) -> dict[str, Any]:
    slopes = np.asarray(model.gradients(image[None]))[0]
    return {"kind": "slopes", "layer": None, **_levels(np.abs(slopes.reshape(*image.shape[:2], -1)).max(axis=-1))}


def _levels(values: Array) -> dict[str, Any]:
    largest = float(np.abs(values).max(initial=0)) or 1.0
    return {"rows": values.shape[0], "columns": values.shape[1], "values": (values / largest).round(3).ravel().tolist()}


def _picture(image: Array) -> dict[str, Any]:
    """Bytes of RGB, as bright as its values lie between its least and its greatest."""
    planes = image.reshape(*image.shape[:2], -1).astype(np.float64)[..., :3]
    least, most = float(planes.min()), float(planes.max())
    levels = np.rint((planes - least) / ((most - least) or 1) * 255).astype(np.uint8)
    rgb = np.repeat(levels, 3, axis=-1) if levels.shape[-1] == 1 else levels
    return {"rows": image.shape[0], "columns": image.shape[1], "rgb": rgb.ravel().tolist()}
