"""Looks into a model: what its layers give, what its answers depend on, and the report that shows both."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from planish.explain import Report
    from planish.layers.base.traced import LayerName
    from planish.models.looking.contributions import Contributions


class Introspection:
    """Mixin of `Model`."""

    @short_in_notebooks
    def activations(self, x: Any, layer: LayerName | Sequence[LayerName] | None = None) -> Any:
        """What a layer gives for images `x` [n, ...]: float32 [n, *the layer's output shape].

        `x` is a list or dictionary of arrays for a model of several inputs. `layer` is a name or a layer, also in a
        model inside this one; (layer, n) is use number n, from 0, of a layer that is used several times. For several
        layers, or all (None), the result is a dictionary by what was asked for. A layer that gives several outputs
        gives arrays in their structure. One compiled program computes it, kept until the model changes.

        ValueError for images that do not fit, for unknown names, and for names that mean several layers or uses.
        """
        from planish.models.looking.layer_outputs import activations

        return activations(cast(Any, self), x, layer)

    @short_in_notebooks
    def gradients(
        self,
        x: Any,
        target: Any = None,
        of: LayerName | Sequence[LayerName | None] | None = None,
        *,
        y: Any = None,
        logits: bool = True,
        output: str | int | None = None,
    ) -> Any:
        """Gradients with respect to the images (None), or to the output of the layer `of`: float32, of its shape.

        A model of several inputs gives gradients for all of them, in their structure; `of` may name one of them. For
        layers that are used several times, `of` is (layer, n). `output` is the name or place of one of several outputs.

        `target` is a class, or one for each image (None: the one with the highest score): the gradients are those of
        its logit, its score before a final softmax or sigmoid, or with `logits=False` of the score itself. With `y`,
        they are those of the loss of each image, without penalties; `target` is then 'loss' (the one of `compile`), a
        loss object, or a name. For several layers, a dictionary. Each image is treated as a batch of one.

        ValueError if the arguments do not fit the model or each other, TypeError if `target` does not name a class.
        """
        from planish.models.looking.gradient_values import gradients

        return gradients(cast(Any, self), x, target, of, y, output, logits=logits)

    @short_in_notebooks
    def contributions(
        self,
        image: Any,
        target: int | None = None,
        layer: LayerName | None = None,
        output: str | int | None = None,
    ) -> Contributions:
        """How much each element of the flat vector adds to a class's logit, for one image; see `Contributions`.

        `target` is the class (None: the one with the highest score), `layer` a Flatten layer (None: the last one), or
        (layer, n) where it is used several times, `output` the name or place of one of several outputs. A model of
        several inputs takes a list or dictionary of images. ValueError if there is no such layer, if the layers after
        it do not give logits, or if `image` is several.
        """
        from planish.models.looking.contributions import contributions

        return contributions(cast(Any, self), image, target, layer, output)

    @short_in_notebooks
    def explain(self, image: Any = None, out: str | os.PathLike[str] | None = None, **options: Any) -> Report:
        """A report on the model and one image, as one HTML page that needs nothing else; written to `out` if given.

        Without an image it takes one of the digits that come with planish, if the model takes such images. `options`
        are those of `planish.explain.report`.
        """
        from planish.explain import report

        made = report(cast(Any, self), image, **options)
        if out is not None:
            made.save(out)
        return made
