"""Records what PyTorch and Keras say, for the tests, which have neither.

python tests/structure/record.py torch > tests/structure/torch_cases.json
python tests/structure/record.py spaces > tests/structure/spaces_cases.json
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
    "AdaptiveMaxPool2d": ("output_size",),
    "BatchNorm2d": ("num_features", "affine"),
    "PReLU": ("num_parameters",),
    "ZeroPad2d": ("padding",),
    "ReLU": (),
    "Flatten": ("start_dim", "end_dim"),
    "ConvTranspose": (
        *("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias"),
        "dilation",
    ),
    "InstanceNorm": ("num_features", "affine", "momentum", "eps"),
    "GroupNorm": ("num_groups", "num_channels", "affine", "eps"),
    "Upsample": ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"),
}


def settings_of(kind):
    """Those of a module for images are those of its kin for sequences and volumes."""
    return SETTINGS[kind] if kind in SETTINGS else SETTINGS.get(f"{kind[:-2]}2d") or SETTINGS[kind[:-2]]


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
    settings = {name: getattr(module, name) for name in settings_of(kind)}
    return [kind, {**settings, "bias": module.bias is not None} if "bias" in settings else settings]


def torch_case(seed):
    r = random.Random(seed)
    modules, channels = [], r.choice([1, 3])
    shape = (channels, r.randint(6, 20), r.randint(6, 20))
    for _ in range(r.randint(1, 5)):
        module, channels = torch_module(r, channels)
        modules.append(module)
    return answered(r, modules, shape)


def module_in_space(r, rank, channels):
    """A random module for sequences, images or volumes, and the channels that it gives."""
    from torch import nn

    def several(low, high):
        return tuple(r.randint(low, high) for _ in range(rank))

    def of(name, *arguments, **options):
        return getattr(nn, f"{name}{rank}d")(*arguments, **options)

    kind = r.choice(["conv", "conv", "transposed", "max", "average", "adaptive", "norm", "upsample", "pad"])
    groups = r.choice([1, channels])
    window = several(1, 3)
    padding = tuple(r.randint(0, size // 2) for size in window)
    if kind == "conv":
        made = of("Conv", channels, groups * r.randint(1, 3), window, several(1, 2), padding, several(1, 2), groups)
        return made, made.out_channels
    if kind == "transposed" and rank < 3:
        strides = several(1, 3)
        more = tuple(r.randint(0, stride - 1) for stride in strides)
        made = of("ConvTranspose", channels, groups * 2, window, strides, padding, more, groups, r.random() < 0.5)
        return made, made.out_channels
    if kind == "max":
        ceil = r.random() < 0.5
        return of("MaxPool", window, r.choice([None, 2]), padding, r.choice([1, 2]), ceil_mode=ceil), channels
    if kind == "average":
        return of("AvgPool", window, r.choice([None, 2]), padding, r.random() < 0.5), channels
    if kind == "adaptive":
        return of(r.choice(["AdaptiveAvgPool", "AdaptiveMaxPool"]), several(1, 4)), channels
    if kind == "upsample":
        mode = r.choice(["nearest", {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]])
        return nn.Upsample(scale_factor=r.choice([2, 1.5]), mode=mode), channels
    if kind == "pad":
        return of("ZeroPad", tuple(r.randint(0, 2) for _ in range(2 * rank))), channels
    norms = [of("BatchNorm", channels), of("InstanceNorm", channels, affine=True), nn.GroupNorm(channels, channels)]
    return r.choice(norms), channels


def spaces_case(seed):
    r = random.Random(seed)
    rank, channels, modules = 1 + seed % 3, r.choice([2, 3]), []
    shape = (channels, *(r.randint(5, 12) for _ in range(rank)))
    for _ in range(r.randint(1, 4)):
        module, channels = module_in_space(r, rank, channels)
        modules.append(module)
    return answered(r, modules, shape)


def answered(r, modules, shape):
    """What PyTorch says of the modules, one after another, with a Flatten behind them."""
    import torch

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
    case |= {"features": y.shape[1], "parameters": sum(each.numel() for each in net.parameters()), "index": index}
    if len(shape) != 3:
        return case
    touched = (x.grad[0] != 0).any(0)
    spans = [torch.nonzero(touched.any(axis)).flatten().tolist() for axis in (1, 0)]
    unseen = ("MaxPool2d", "AdaptiveMaxPool2d", "InstanceNorm2d", "GroupNorm")  # the gradient misses parts of windows
    if not any(kind in unseen for kind, _ in case["modules"]):
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
    case = {"torch": torch_case, "spaces": spaces_case, "keras": keras_case}[sys.argv[1]]
    count = {"torch": 120, "spaces": 90, "keras": 12}[sys.argv[1]]
    cases = [made for made in map(case, range(count)) if made is not None]
    print("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]")


if __name__ == "__main__":
    main()
