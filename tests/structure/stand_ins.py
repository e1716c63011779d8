"""Objects that look like PyTorch's and Keras's from outside: what planish goes by, and nothing else."""

import json
import sys
import types
from pathlib import Path

CASES = Path(__file__).parent


def cases(library):
    return json.loads((CASES / f"{library}_cases.json").read_text(encoding="utf-8"))


class Module:
    """torch.nn.Module: attributes, and children that are attributes, too."""

    __module__ = "torch.nn.modules.module"

    def __init__(self, **settings):
        self.__dict__.update(settings)

    def named_children(self):
        return [(name, value) for name, value in self.__dict__.items() if isinstance(value, Module)]

    def children(self):
        return [value for _, value in self.named_children()]

    def named_modules(self):
        yield "", self
        for name, child in self.named_children():
            yield from ((f"{name}.{inner}" if inner else name, module) for inner, module in child.named_modules())


def torch_class(name):
    return type(name, (Module,), {"__module__": f"torch.nn.modules.{name.lower()}"})


class Parameter:
    """A tensor that has a shape, and no numbers."""

    is_meta = True
    dtype = "torch.float32"

    def __init__(self, *shape):
        self.shape = shape


class UninitializedParameter:
    """A tensor of a lazy module."""


DEFAULTS = {f"BatchNorm{rank}d": {"momentum": 0.1, "eps": 1e-5} for rank in (1, 2, 3)}


def module(kind, **settings):
    """A module of torch.nn."""
    made = torch_class(kind)(**{**DEFAULTS.get(kind, {}), **settings})
    for name, parameter in parameters_of(kind, settings).items():
        setattr(made, name, parameter)
    return made


def parameters_of(kind, settings):
    """The weights and buffers of a module."""
    if kind.startswith("ConvTranspose"):
        channels, filters = settings["in_channels"], settings["out_channels"]
        weight = Parameter(channels, filters // settings["groups"], *settings["kernel_size"])
        return {"weight": weight, "bias": Parameter(filters) if settings["bias"] else None}
    if "Conv" in kind or "Linear" in kind:
        lazy = kind.startswith("Lazy") or 0 in (settings.get("in_channels"), settings.get("in_features"))
        filters = settings.get("out_channels", settings.get("out_features"))
        kernel = settings.get("kernel_size", ())
        size = [kernel] * 2 if isinstance(kernel, int) else kernel
        channels = settings.get("in_features", settings.get("in_channels", 0) // settings.get("groups", 1))
        weight = UninitializedParameter() if lazy else Parameter(filters, channels, *size)
        return {"weight": weight, "bias": Parameter(filters) if settings["bias"] else None}
    if kind.startswith("BatchNorm"):
        channels = settings["num_features"]
        weights = {name: Parameter(channels) if settings["affine"] else None for name in ("weight", "bias")}
        return {**weights, "running_mean": Parameter(channels), "running_var": Parameter(channels)}
    if kind.startswith(("InstanceNorm", "GroupNorm")) and "affine" in settings:
        channels = settings["num_features" if "Instance" in kind else "num_channels"]
        weights = {name: Parameter(channels) if settings["affine"] else None for name in ("weight", "bias")}
        return {**weights, "running_mean": None, "running_var": None}
    return {"weight": Parameter(settings["num_parameters"])} if kind == "PReLU" else {}


def conv(channels, filters, kernel_size, stride=1, padding=0, **options):
    settings = {"dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros", **options}
    return module(
        "Conv2d",
        in_channels=channels,
        out_channels=filters,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        **settings,
    )


def max_pool(size, **options):
    settings = {"stride": size, "padding": 0, "dilation": 1, "ceil_mode": False, **options}
    return module("MaxPool2d", kernel_size=size, **settings)


def linear(features, units):
    return module("Linear", in_features=features, out_features=units, bias=True)


def flatten(start=1, end=-1):
    return module("Flatten", start_dim=start, end_dim=end)


def sequential(*modules):
    made = module("Sequential", **{str(place): each for place, each in enumerate(modules)})
    made.forward = lambda t: t.output(chained(t, made, "", t.input()))
    return made


def chained(t, module, prefix, x):
    """A Sequential's children one after another, those of Sequentials inside in place of these."""
    for name, child in module.named_children():
        path = f"{prefix}{name}"
        inside = type(child).__name__ == "Sequential"
        x = chained(t, child, f"{path}.", x) if inside else t.module(path, x)
    return x


class Node:
    """A node of torch.fx."""

    def __init__(self, op, name, target, args=(), kwargs=None):
        self.op, self.name, self.target, self.args, self.kwargs = op, name, target, args, kwargs or {}

    @property
    def all_input_nodes(self):
        items = [item for argument in self.args for item in (argument if isinstance(argument, list) else [argument])]
        return [item for item in items if isinstance(item, Node)]


class Recorder:
    """Runs a stand-in's `forward` on this, and keeps the nodes: a small torch.fx."""

    def __init__(self):
        self.nodes = []

    def node(self, op, name, target, *args, **kwargs):
        taken = [node.name for node in self.nodes]
        unique = next(f"{name}{end}" for end in ("", "_1", "_2", "_3") if f"{name}{end}" not in taken)
        self.nodes.append(Node(op, unique, target, args, kwargs))
        return self.nodes[-1]

    def input(self, name="x"):
        return self.node("placeholder", name, name)

    def module(self, path, *args):
        return self.node("call_module", "_" * path[0].isdigit() + path.replace(".", "_"), path, *args)

    def function(self, name, *args, **kwargs):
        return self.node("call_function", name, types.SimpleNamespace(__name__=name), *args, **kwargs)

    def shape(self, x):
        return self.node("call_function", "getattr_1", getattr, x, "shape")

    def method(self, name, *args, **kwargs):
        return self.node("call_method", name, name, *args, **kwargs)

    def output(self, *args):
        return self.node("output", "output", "output", *args)


class Tracer:
    """torch.fx's, as far as it is asked."""

    def trace(self, root, concrete_args=None):
        recorder = Recorder()
        root.forward(recorder)
        return recorder


def install_torch_fx(monkeypatch):
    package = types.ModuleType("torch.fx")
    package.Tracer = Tracer
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    monkeypatch.setitem(sys.modules, "torch.fx", package)


class KerasModel:
    """A model of Keras: it has a name and layers, and can tell its configuration."""

    __module__ = "keras.src.models.model"

    def __init__(self, name, text):
        self.name, self.text, self.layers = name, text, []

    def to_json(self):
        return self.text


class KerasLayer:
    """A layer of Keras."""

    __module__ = "keras.src.layers.layer"

    def __init__(self, config):
        self.config = config

    def get_config(self):
        return self.config


class KerasTensor:
    """What keras.Input gives."""

    __module__ = "keras.src.backend.common.keras_tensor"

    def __init__(self, shape):
        self.shape = shape


def keras_layer(kind, **config):
    return type(kind, (KerasLayer,), {"__module__": f"keras.src.layers.{kind.lower()}"})(config)
