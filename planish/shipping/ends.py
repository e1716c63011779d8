"""Inputs and outputs of a model that is shipped, by the names that the user knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from planish import structures
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.ends.graph_names import input_names

if TYPE_CHECKING:
    from planish.models.model import Model


class Ends(NamedTuple):
    """Inputs and outputs as the file has them, their structures, and what they are called in the graph."""

    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    input_form: Any
    form: Any
    input_names: list[str]
    output_names: list[str]

    def with_types(self, dtypes: Mapping[str, str]) -> Ends:
        """The same where inputs have these types, by their names in the graph."""
        inputs = [{**end, "dtype": dtypes[name]} for name, end in zip(self.input_names, self.inputs, strict=True)]
        return self._replace(inputs=inputs)


def ends_of(model: Model, graph: Graph) -> Ends:
    """By the names that the user knows, with the types that the model computes in."""
    leaves = {name_of(leaf): leaf for leaf in graph.leaves("input")}
    names = input_names(model.input_specs)
    inputs = [
        _end(spec.name, leaves[name].shape, str(leaves[name].type.numpy_dtype))
        if name in leaves
        else _end(spec.name, spec.shape[1:], "float32")  # the model does not read it
        for name, spec in zip(names, model.input_specs, strict=True)
    ]
    outputs = [
        _end(spec.name, node.shape, str(node.type.numpy_dtype))
        for (_, node), spec in zip(graph.outputs, model.output_specs, strict=True)
    ]
    return Ends(
        _apart(inputs), _apart(outputs), _form(model.input_form), _form(model.output_form),
        names, [name for name, _ in graph.outputs],
    )  # fmt: skip


def _end(name: str, shape: Sequence[Any], dtype: str) -> dict[str, Any]:
    return {"name": name, "shape": list(map(int, shape)), "dtype": dtype}


def _apart(ends: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With a number behind the names if two are the same."""
    names = [each["name"] for each in ends]
    if len(set(names)) == len(names):
        return ends
    return [{**each, "name": f"{each['name']}:{place}"} for place, each in enumerate(ends)]


def _form(form: Any) -> Any:
    """A structure in JSON, the places of leaves in place of these."""
    return _tagged(structures.packed(form, [*range(len(structures.leaves(form)))]))


def _tagged(form: Any) -> Any:
    if isinstance(form, tuple):
        return {"tuple": [_tagged(each) for each in form]}
    if isinstance(form, list):
        return [_tagged(each) for each in form]
    if isinstance(form, Mapping):
        return {"dict": {str(key): _tagged(each) for key, each in form.items()}}
    return form
