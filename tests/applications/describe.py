"""What a net of `keras.applications` is made of, the same for Keras and for planish; no test by itself."""

import hashlib
import json


def description(model):
    """Its layers in order (class, name, shapes of weights, settings that numbers depend on), which layer each is called
    on, and the names of its weights.

    Keras puts NASNet's layers into scopes, which show in paths only; files do not have them.
    """
    return {
        "name": model.name,
        "layers": [_layer(layer) for layer in _every_layer(model)],
        "calls": _calls(json.loads(model.to_json())["config"]),
        "weights": [_named(weight.path) for weight in model.weights],
    }


def _named(path):
    """The layer and the weight; weights without a name are counted otherwise in Keras."""
    layer, name = path.split("/")[-2:]
    return f"{layer}/{name.split('_')[0] if name.startswith('variable') else name}"


def digest(model):
    """The description in a few characters, with the counts that say where two begin to differ."""
    described = description(model)
    text = json.dumps(described, sort_keys=True)
    return {
        "layers": len(described["layers"]),
        "parameters": model.count_params(),
        "sha256": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


SETTINGS = (
    "activation",
    "alpha",
    "axis",
    "center",
    "cropping",
    "depth_multiplier",
    "dilation_rate",
    "epsilon",
    "filters",
    "groups",
    "init_values",
    "invert",
    "keepdims",
    "kernel_size",
    "max_value",
    "momentum",
    "noise_shape",
    "offset",
    "padding",
    "pool_size",
    "projection_dim",
    "rate",
    "scale",
    "strides",
    "target_shape",
    "units",
    "use_bias",
)


def _every_layer(model):
    for layer in model.layers:
        yield layer
        yield from _every_layer(layer) if hasattr(layer, "layers") else ()


def _layer(layer):
    config = layer.get_config()
    settings = {name: _plain(config[name]) for name in SETTINGS if config.get(name) is not None}
    return [type(layer).__name__, layer.name, [list(weight.shape) for weight in layer.weights], settings]


def _plain(value):
    if isinstance(value, dict):
        return value.get("class_name")
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return round(value, 9) if isinstance(value, float) else value


def _calls(config):
    return {layer["name"]: _sources(layer["inbound_nodes"]) for layer in config["layers"]}


def _sources(value):
    if isinstance(value, dict):
        if "keras_history" in value:
            return [value["keras_history"]]
        value = list(value.values())
    return [source for each in value for source in _sources(each)] if isinstance(value, list) else []
