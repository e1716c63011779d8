"""Records what PyTorch and Keras say, for the tests, which have neither.

python tests/structure/record.py torch > tests/structure/torch_cases.json
KERAS_BACKEND=jax python tests/structure/record.py keras > tests/structure/keras_cases.json
"""

import json
import random
import sys

SETTINGS = {
    "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"),
    "MaxPool2d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "AvgPool2d": ("kernel_size", "stride", "padding", "ceil_mode"),
    "AdaptiveAvgPool2d": ("output_size",),
    "BatchNorm2d": ("num_features", "affine"),
    "PReLU": ("num_parameters",),
    "ZeroPad2d": ("padding",),
    "ReLU": (),
    "Flatten": ("start_dim", "end_dim"),
}


def torch_module(r, channels):
    """A random module and the channels it gives."""
    from torch import nn

    kind = r.choice(["conv", "conv", "conv", "max", "average", "adaptive", "point", "pad"])
    if kind == "conv":
        groups, plain = r.choice([1, 1, channels]), r.random() < 0.7
        made = nn.Conv2d(
            channels,
            groups * r.randint(1, 3),
            (r.randint(1, 4), r.randint(1, 4)),
            stride=(r.randint(1, 2), r.randint(1, 3)) if plain else 1,
            padding=(r.randint(0, 2), r.randint(0, 2)) if plain else "same",
            dilation=r.choice([1, 1, 2]),
            groups=groups,
            bias=r.random() < 0.5,
        )
        return made, made.out_channels
    if kind in ("max", "average"):
        window = r.randint(2, 4)
        pool = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
        options = {"padding": r.randint(0, window // 2), "ceil_mode": r.random() < 0.5}
        return pool(window, stride=r.choice([None, 1, 2, 3]), **options), channels
    if kind == "adaptive":
        return nn.AdaptiveAvgPool2d((r.randint(1, 6), r.choice([None, 3, 5]))), channels
    if kind == "point":
        return r.choice([nn.BatchNorm2d(channels), nn.PReLU(), nn.ReLU()]), channels
    return nn.ZeroPad2d(tuple(r.randint(0, 2) for _ in range(4))), channels


def described(module):
    """The class and the settings: a bias is only there or not."""
    kind = type(module).__name__
    settings = {name: getattr(module, name) for name in SETTINGS[kind]}
    return [kind, {**settings, "bias": module.bias is not None} if "bias" in settings else settings]


def torch_case(seed):
    import torch

    r = random.Random(seed)
    modules, channels = [], r.choice([1, 3])
    shape = (channels, r.randint(6, 20), r.randint(6, 20))
    for _ in range(r.randint(1, 5)):
        module, channels = torch_module(r, channels)
        modules.append(module)
    net = torch.nn.Sequential(*modules, torch.nn.Flatten()).eval()
    case = {"modules": [described(module) for module in net], "shape": shape, "features": None}
    for parameter in net.parameters():
        parameter.data = torch.rand_like(parameter) + 0.5
    x = torch.rand(1, *shape, requires_grad=True)
    try:
        y = net(x)
    except (RuntimeError, ValueError):
        return case  # PyTorch refuses it
    index = r.randrange(y.shape[1])
    y[0, index].backward()
    touched = (x.grad[0] != 0).any(0)
    spans = [torch.nonzero(touched.any(axis)).flatten().tolist() for axis in (1, 0)]
    case |= {"features": y.shape[1], "parameters": sum(each.numel() for each in net.parameters()), "index": index}
    if not any(kind == "MaxPool2d" for kind, _ in case["modules"]):
        case["window"] = [[span[0], span[-1] + 1] if span else [0, 0] for span in spans]
    return case


def keras_layer(r, layers):
    padding = r.choice(["same", "valid"])
    return r.choice(
        [
            lambda: layers.Conv2D(r.randint(1, 4), (r.randint(1, 3), r.randint(1, 3)), r.randint(1, 2), padding),
            lambda: layers.MaxPooling2D(r.randint(1, 3), padding=padding),
            lambda: layers.AveragePooling2D(2, r.randint(1, 3), padding),
            lambda: layers.ZeroPadding2D(((1, 0), (2, 1))),
            lambda: layers.BatchNormalization(),
        ]
    )()


def keras_case(seed):
    import keras

    keras.backend.clear_session()
    r = random.Random(seed)
    start = keras.Input((r.randint(9, 16), r.randint(9, 16), 2))
    middle = [keras_layer(r, keras.layers) for _ in range(r.randint(1, 4))]
    stack = [*middle, keras.layers.Flatten(), keras.layers.Dense(r.randint(2, 9)), keras.layers.Dense(2)]
    try:
        if seed % 2:
            model = keras.Sequential([start, *stack])
        else:
            y = start
            for layer in stack:
                y = layer(y)
            model = keras.Model(start, y)
    except ValueError:
        return None  # the maps became too small
    shapes = [layer.output.shape[1:] for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return {"name": model.name, "json": model.to_json(), "shapes": shapes, "parameters": model.count_params()}


def main():
    case = {"torch": torch_case, "keras": keras_case}[sys.argv[1]]
    count = {"torch": 120, "keras": 12}[sys.argv[1]]
    cases = [made for made in map(case, range(count)) if made is not None]
    print("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]")


if __name__ == "__main__":
    main()
