"""A PyTorch module as a chain of layers. PyTorch is not imported: a module brings it along."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from planish.errors import explain
from planish.layers.layer import Layer
from planish.structure.torch_calls import layer_of_call
from planish.structure.torch_modules import is_known, layer_for


def is_module(value: Any) -> bool:
    """Whether it is a torch.nn.Module."""
    return any(
        class_.__name__ == "Module" and class_.__module__.startswith("torch.nn") for class_ in type(value).__mro__
    )


def layers_of(module: Any, name: str = "") -> list[Layer]:
    """What the module does to one image [channels, height, width], step by step.

    Sequentials are their children in order; modules with a `forward` of their own are followed by torch.fx. ValueError
    for what is no chain, and for layers that planish has no counterpart of.
    """
    kind = _kind(module)
    if _is_sequential(module):
        children = list(module.named_children())
        return [layer for child, inner in children for layer in layers_of(inner, f"{name}.{child}" if name else child)]
    if is_known(kind):
        return [layer_for(kind, name or kind.lower(), module)]
    if not list(module.children()) and type(module).__module__.startswith("torch.nn"):
        return [layer_for(kind, name or kind.lower(), module)]  # says which ones there are
    return list(_followed(module))


def _kind(module: Any) -> str:
    """The name of the class, or of the class of torch.nn that it is derived from."""
    return next(class_.__name__ for class_ in type(module).__mro__ if class_.__module__.startswith("torch.nn"))


def _is_sequential(module: Any) -> bool:
    return _kind(module) == "Sequential"


def _followed(module: Any) -> Iterator[Layer]:
    """The layers of a module by what its `forward` does, as torch.fx sees it."""
    graph = _traced(module).graph
    modules = dict(module.named_modules())
    image: Any = None
    sizes: set[Any] = set()  # what holds shapes and no data
    for node in graph.nodes:
        if node.op == "output":
            break
        if node.op == "placeholder":
            image = _only_input(module, node, image)
        elif _is_size(node, sizes):
            sizes.add(node)
        else:
            _require_chain(module, node, image, sizes)
            if node.op == "call_module":
                yield from _renamed(layers_of(modules[node.target], str(node.target)), node.name)
            else:
                function = node.target if node.op == "call_method" else node.target.__name__
                yield layer_of_call(function, node.name, _settings(node.args[1:]), node.kwargs)
            image = node


def _traced(module: Any) -> Any:
    trace = importlib.import_module("torch.fx").symbolic_trace
    try:
        return trace(module)
    except Exception as error:  # whatever a user's forward raises when it is run on symbols
        raise ValueError(
            explain(
                what=f"the forward of {type(module).__name__} cannot be followed by torch.fx",
                received=f"{type(error).__name__}: {error}",
                remedy="give the layers up to the Flatten as a Sequential",
            )
        ) from error


def _only_input(module: Any, node: Any, image: Any) -> Any:
    if image is not None and node.args == ():
        raise _no_chain(module, f"a second input, {node.name!r}")
    return node if image is None else image


def _is_size(node: Any, sizes: set[Any]) -> bool:
    """`x.size(0)`, `x.shape`, and parts of them."""
    return (
        (node.op == "call_method" and node.target in ("size", "dim"))
        or (node.op == "call_function" and node.target is getattr and node.args[1] == "shape")
        or (node.op == "call_function" and bool(node.args) and node.args[0] in sizes)
    )


def _require_chain(module: Any, node: Any, image: Any, sizes: set[Any]) -> None:
    """ValueError unless the node takes what the one before it gave, and nothing else."""
    used = [source for source in node.all_input_nodes if source not in sizes]
    if used != [image] or node.op == "get_attr":
        names = " and ".join(repr(source.name) for source in used) or "a tensor of the module's own"
        raise _no_chain(module, f"{node.name!r}, which takes {names}")


def _no_chain(module: Any, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{type(module).__name__} is no chain of layers",
            rule="planish follows PyTorch modules in which each step takes what the step before it gave",
            received=received,
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


def _renamed(layers: list[Layer], name: str) -> list[Layer]:
    """A module that is called twice is two layers, with the names that torch.fx gives the calls."""
    if len(layers) == 1:
        layers[0].name = name
    return layers


def _settings(arguments: Any) -> list[Any]:
    """Arguments with None for extents that are known only when the module runs, such as the batch's."""
    return [None if hasattr(argument, "all_input_nodes") else argument for argument in arguments]
