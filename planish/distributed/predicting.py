"""`planish.distributed.predict`: a model's outputs for images that many workers read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish import overrides, precision, structures
from planish.distributed import clients, worker, writing
from planish.distributed.images import Found, found
from planish.distributed.libraries import dask_array, dask_module
from planish.distributed.model_copy import ModelCopy
from planish.distributed.pictures import Reader, reader_for
from planish.errors import explain, kind_with_article
from planish.models.data.expected import End, expected_by, input_parts
from planish.models.data.in_memory import as_images
from planish.models.data.run_arguments import checked_optional_count, checked_verbose
from planish.models.loops.predict_loop import packed_outputs
from planish.models.programs.prepare import ensure_built, fitting, sizes_of
from planish.models.programs.stepped import needs_steps
from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from planish.models.model import Model

_RETRIES = 2


class Output(NamedTuple):
    """One of a model's outputs: its name, the shape of what it gives for an image, the type of the numbers."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@short_in_notebooks
def predict(
    model: Model,
    data: Any,
    client: Any = None,
    *,
    batch_size: int | None = None,
    to: str | os.PathLike[str] | None = None,
    column: str | None = None,
    reader: Reader | None = None,
    verbose: str | int = "auto",
) -> Any:
    """The model's outputs for images, computed by the workers of a Dask cluster: what `model.predict` gives for them.

    `data`: a Dask array [n, ...], the path of a `.npy` file, of a Zarr array, of a Parquet file (or a folder of them),
    or of a folder of pictures, which are read in the order of their paths; a list of paths of pictures. Workers read
    their own parts, so each needs files under the same path. For a model of several inputs: a structure of these, as
    `model.predict` takes arrays. Pictures are read as the model was trained with them if `planish train` made it, else
    as Keras's `image_dataset_from_directory` does; `reader`, a function from a path (or a BytesIO) to an array, reads
    them in another way. `column` is that of a Parquet table: lists of numbers, bytes of image files, or structs that
    have such `bytes`.

    `client`: a `distributed.Client`; None for the one that the program works with already, and without one for Dask's
    scheduler within this process.

    `batch_size`: how many images of a file a task reads and computes, by default about 16 MiB of them. It changes no
    result. A Dask array keeps its own blocks along the first axis.

    Returns Dask arrays in the structure of the model's outputs, which are computed when they are asked for, with the
    weights that the model had at the call. With `to`, a path that ends in '.zarr' or '.parquet', the outputs are
    computed at once and written there by the workers, and the path is returned: neither this process nor the scheduler
    holds them. `verbose`: whether Dask's progress bar is shown meanwhile.

    ValueError, before anything is computed, for images of another shape than the model takes, for a Dask array of
    unknown length, and for models whose outputs depend on the whole batch; TypeError for other data and for clients
    that are not Dask's; RuntimeError for workers that do not have this version of planish; OSError for paths;
    ImportError for a library that is missing.
    """
    _check_model(model)
    _check_reader(reader)
    chosen = clients.checked(client)
    destination = None if to is None else writing.checked_destination(to)
    shown = checked_verbose(verbose) != 0
    size = checked_optional_count(batch_size, "batch_size")

    def outputs(rows: int | None) -> list[Any]:
        inputs, labels = _inputs(model, data, rows, column, reader)
        return _answers(model, inputs, labels, chosen)

    if destination is None:
        return packed_outputs(model, outputs(size))
    writing.write(outputs, destination, lambda: _names(model), size, chosen, shown)
    return destination


def _check_model(model: Any) -> None:
    from planish.models.model import Model

    if isinstance(model, Model):
        return
    path = isinstance(model, str | os.PathLike)
    raise TypeError(
        explain(
            what="`model` is not a model of planish's",
            received=repr(model) if path else kind_with_article(model),
            remedy=f"planish.distributed.predict(planish.models.load_model({os.fspath(model)!r}), data)"
            if path
            else None,
        )
    )


def _check_reader(reader: Any) -> None:
    if reader is not None and not callable(reader):
        raise TypeError(
            explain(
                what="`reader` is not a function",
                expected="a function from the path of a picture, or a BytesIO, to an array",
                received=repr(reader),
                remedy="reader=planish.utils.image_reader.ImageReader((64, 64), 'rgb')",
            )
        )


def _inputs(
    model: Model, data: Any, rows: int | None, column: str | None, reader: Reader | None
) -> tuple[list[Found], list[str]]:
    """What was given for each of the model's inputs, and how a user writes it."""
    expected = expected_by(model)
    one = len(expected.inputs) == 1 and not isinstance(data, Mapping)
    given = [("data", data)] if one else [(_label(label), value) for label, value in input_parts(data, expected)]
    inputs = []
    for (label, value), end in zip(given, expected.inputs, strict=True):
        inputs.append(found(value, rows, _known(end), column, lambda: reader or _reader_of(model), label))
    labels = [label for label, _ in given]
    for label, each in zip(labels, inputs, strict=True):
        _check_length(label, each.images)
    return inputs, labels


def _label(label: str) -> str:
    """ "x['image']" is what `predict` calls "data['image']"."""
    return f"data{label[1:]}"


def _known(end: End) -> tuple[int, ...] | None:
    shape = tuple(extent for extent in end.shape if extent is not None)
    return shape if shape and len(shape) == len(end.shape) else None


def _reader_of(model: Model) -> Reader:
    if not model.knows_ends:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model is not built, so it does not say which size pictures should get",
                remedy="model.build((None, 64, 64, 3)), or an Input in front",
            )
        )
    return reader_for(model)


def _check_length(label: str, array: Any) -> None:
    """ValueError for an array whose shape Dask does not know, or without images."""
    unknown = [place for place, extent in enumerate(array.shape) if extent != extent]  # NaN
    if unknown or not array.ndim:
        raise ValueError(
            explain(
                what=f"the shape of `{label}` is not known" if unknown else f"`{label}` is a single number",
                expected="a Dask array [n, ...] whose blocks have known sizes",
                received=tuple(array.shape),
                remedy=f"{label}.compute_chunk_sizes(), which computes the array once to count its images"
                if unknown
                else None,
            )
        )


def _aligned(arrays: list[Any], labels: list[str]) -> list[Any]:
    """Arrays whose blocks hold whole images, the same ones in each. ValueError for arrays of different lengths."""
    for array, label in zip(arrays[1:], labels[1:], strict=True):
        if len(array) != len(arrays[0]):
            raise ValueError(
                explain(
                    what=f"`{labels[0]}` and `{label}` differ in length",
                    expected="the inputs of the same images, in the same order",
                    received=f"{labels[0]} {arrays[0].shape}, {label} {array.shape}",
                    remedy=f"the same rows of both: {labels[0]}[rows], {label}[rows]",
                )
            )
    rows = arrays[0].chunks[0]
    return [array.rechunk({0: rows, **dict.fromkeys(range(1, array.ndim), -1)}) for array in arrays]


def _answers(model: Model, inputs: list[Found], labels: list[str], client: Any) -> list[Any]:
    arrays = _aligned([each.images for each in inputs], labels)
    outputs = _outputs(model, arrays, labels)
    packed = ModelCopy.of(model)
    clients.check_room(packed, client)
    copy = clients.in_graphs(packed, client)
    with dask_module("dask").annotate(retries=_RETRIES):
        if len(inputs) == 1 and inputs[0].parts is not None:
            return _lazily([inputs[0].parts], outputs, copy)  # read and computed in one task
        return _lazily(arrays, outputs, copy)


def _lazily(arrays: list[Any], outputs: list[Output], copy: Any) -> list[Any]:
    """The Dask array of each output; `arrays` hold images, or the parts of files."""
    da = dask_array()
    given = [item for place, array in enumerate(arrays) for item in (array, _axes(array, f"x{place}"))]
    if len(outputs) == 1:
        (output,) = outputs
        return [da.blockwise(worker.one_answer, _axes(output, "y"), *given, **_options(output), copy=copy)]
    packed = da.blockwise(
        worker.packed_answers, ("n",), *given, adjust_chunks={"n": lambda rows: 1},
        dtype=object, meta=np.empty(0, object), align_arrays=False, copy=copy,
    )  # fmt: skip
    rows = arrays[0].chunks[0]
    return [
        da.blockwise(
            worker.picked,
            _axes(output, "y"),
            packed,
            ("n",),
            **_options(output),
            adjust_chunks={"n": rows},
            place=place,
        )
        for place, output in enumerate(outputs)
    ]


def _axes(array: Any, name: str) -> tuple[str, ...]:
    """Names of the axes of an array, or of an output, for Dask: all share the first only."""
    rank = len(array.shape) + isinstance(array, Output)
    return ("n", *(f"{name}-{axis}" for axis in range(1, rank)))


def _options(output: Output) -> dict[str, Any]:
    axes = _axes(output, "y")
    meta = np.empty((0,) * len(axes), output.dtype)
    new = dict(zip(axes[1:], output.shape, strict=True))
    return {"new_axes": new, "dtype": output.dtype, "meta": meta, "align_arrays": False}


def _outputs(model: Model, arrays: list[Any], labels: list[str]) -> list[Output]:
    """What the model gives for such images. ValueError and TypeError if they do not fit it: nothing is computed."""
    samples = [np.broadcast_to(np.zeros((), array.dtype), array.shape) for array in arrays]
    if not model.knows_ends:
        ensure_built(model, samples[0])
    overrides.refuse_model(model)
    ends = expected_by(model).inputs
    images = [as_images(sample, end, label) for sample, end, label in zip(samples, ends, labels, strict=True)]
    fitted = fitting(model, images, labels)
    with precision.computing_in(model):
        graph = model.graph(sizes=sizes_of(model, fitted))
    if needs_steps(graph):
        raise ValueError(
            explain(
                layer=model.label,
                what="what the model gives for an image depends on the others, on chance, or on what came before",
                expected="a model whose outputs for an image depend on this image alone",
                remedy="model.predict(x), which computes one batch after another in one process",
            )
        )
    nodes = [node for _, node in graph.outputs]
    return [
        Output(name, tuple(node.shape), np.dtype(node.type.numpy_dtype))
        for name, node in zip(_names(model), nodes, strict=True)
    ]


def _names(model: Model) -> list[str]:
    """The names of the outputs, for files: their keys, or those of their layers; what is there twice is numbered."""
    form = model.output_form
    if isinstance(form, Mapping) and not any(map(structures.is_structure, form.values())):
        return [str(key) for key in structures.ordered_keys(form)]
    names = [str(spec.name) for spec in model.output_specs]
    return [name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names)]
