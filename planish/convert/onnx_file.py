"""`planish.load_onnx`: a model of an ONNX file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from planish.convert.building import InputShapes, model_of
from planish.convert.onnx_reader import file
from planish.errors import Explanation, explain, is_explained, kind_with_article
from planish.models import Model


def load_onnx(
    path: str | os.PathLike[str], input_shapes: InputShapes = None, data_format: str = "channels_last"
) -> Model:
    """The network of an ONNX file as a model, with its weights, not compiled: to predict, explain, train and save.

    `path`: the file; weights that are in files beside it are read as well. `input_shapes`: the extents of inputs that
    the file leaves open, as the file has them and without the batch's: `{"input": (3, 224, 224)}`, or one shape if
    there is one input. `data_format`: with 'channels_last', the model takes images [n, height, width, channels], which
    is how planish computes them; with 'channels_first', it takes and gives arrays as the file says,
    [n, channels, height, width].

    ValueError, naming the file and the operator, if planish does not have it, or the file is damaged;
    ImportError without the onnx package: `pip install 'planish[onnx]'`.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            explain(
                what="load_onnx takes the path of a file",
                expected="a string, or a pathlib.Path",
                received=kind_with_article(path),
                remedy="planish.load_onnx('model.onnx')",
            )
        )
    with mistakes_name(os.fspath(path)):
        return model_of(file.read(path), input_shapes, data_format=data_format)


@contextlib.contextmanager
def mistakes_name(path: str) -> Iterator[None]:
    """What is wrong with an operator or an array of a file says in which file."""
    try:
        yield
    except ValueError as error:
        if path in str(error):
            raise
        text = f"{path!r}: {error}"
        raise ValueError(Explanation(text) if is_explained(error) else text) from error
