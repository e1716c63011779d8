"""`planish.shapes`: the table, the arithmetic, the costs and the alternatives."""

import json
import math
import re

import pytest

import planish
from planish.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Permute,
    Reshape,
    SeparableConv1D,
    SeparableConv2D,
    ZeroPadding2D,
)

from . import stand_ins


def blog_layers(units=128):
    return [
        Conv2D(32, 3, activation="relu", name="conv"),
        MaxPooling2D(name="pool"),
        Conv2D(64, 3, activation="relu", name="conv_1"),
        MaxPooling2D(name="pool_1"),
        Flatten(name="flatten"),
        Dropout(0.5, name="dropout"),
        Dense(units, activation="relu", name="dense"),
        Dense(10, activation="softmax", name="dense_1"),
    ]


def test_the_table():
    assert str(planish.shapes(blog_layers(), (28, 28, 1))).splitlines() == [
        "model: images (28, 28, 1)",
        "",
        "layer                  output        why                           parameters  multiply-adds  activations",
        "---------------------  ------------  ----------------------------  ----------  -------------  -----------",
        "Conv2D 'conv'          (26, 26, 32)  floor((28 - 3) / 1) + 1 = 26         320        194,688     84.50 KB",
        "MaxPooling2D 'pool'    (13, 13, 32)  floor((26 - 2) / 2) + 1 = 13           0              0     21.12 KB",
        "Conv2D 'conv_1'        (11, 11, 64)  floor((13 - 3) / 1) + 1 = 11      18,496      2,230,272     30.25 KB",
        "MaxPooling2D 'pool_1'  (5, 5, 64)    floor((11 - 2) / 2) + 1 = 5            0              0      6.25 KB",
        "Flatten 'flatten'      (1600,)       5 * 5 * 64 = 1600                      0              0       0.00 B",
        "Dropout 'dropout'      (1600,)                                              0              0       0.00 B",
        "Dense 'dense'          (128,)        128 sums of 1600 products        204,928        204,800     512.00 B",
        "Dense 'dense_1'        (10,)         10 sums of 128 products            1,290          1,280      40.00 B",
        "total                                                                 225,034      2,631,040    142.66 KB",
        "",
        "Flatten 'flatten' -> Dense 'dense': 1,600 features, 204,928 of 225,034 parameters (91.1%)",
        "",
        "instead                                 features  parameters  multiply-adds  activations",
        "--------------------------------------  --------  ----------  -------------  -----------",
        "nothing                                    1,600     225,034      2,631,040    142.66 KB",
        "GlobalAveragePooling2D() for Flatten()        64      28,426      2,434,432    142.91 KB",
        "MaxPooling2D(2) before Flatten()             256      53,002      2,459,008    143.66 KB",
        "Dense(64) for Dense(128)                   1,600     121,930      2,528,000    142.41 KB",
    ]


def test_the_same_for_rich():
    from rich.console import Console

    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(planish.shapes(blog_layers(), (28, 28, 1)))
    for part in ("model: images (28, 28, 1)", "floor((26 - 2) / 2) + 1 = 13", "(91.1%)", "Dense(64) for Dense(128)"):
        assert part in capture.get()


def test_the_same_as_data():
    found = planish.shapes(blog_layers(), (28, 28, 1))
    data = json.loads(json.dumps(found.as_dict()))
    assert data["parameters"] == found.parameters == 225_034
    assert data["multiply_adds"] == found.multiply_adds == 2_631_040
    assert data["activation_nbytes"] == found.activation_nbytes
    assert data["flatten_share"] == pytest.approx(204_928 / 225_034)
    assert data["steps"][0]["output_shape"] == [26, 26, 32]
    assert data["pair"]["dense"]["name"] == "dense"
    assert len(data["alternatives"]) == 3
    assert (found.output_shape, found.input_shape) == ((10,), (28, 28, 1))
    assert found.chain.startswith("(28, 28, 1) -> Conv2D 'conv' (26, 26, 32) -> ")


def built(*layers):
    return planish.Sequential([Input((28, 28, 1)), *layers])


def test_alternatives_count_what_such_models_have():
    found = planish.shapes(blog_layers(), (28, 28, 1))
    before, after = blog_layers()[:4], blog_layers()[5:]
    models = [
        built(*before, GlobalAveragePooling2D(), *after),
        built(*blog_layers()[:4], MaxPooling2D(2), Flatten(), *blog_layers()[5:]),
        built(*blog_layers(units=64)),
    ]
    assert [other.parameters for other in found.alternatives] == [model.count_params() for model in models]
    assert [other.multiply_adds for other in found.alternatives] == [
        planish.shapes(model).multiply_adds for model in models
    ]


def test_channels_first():
    first = {"data_format": "channels_first"}
    layers = [Conv2D(4, 3, **first, name="conv"), Flatten(**first, name="flatten"), Dense(5), Dense(2)]
    found = planish.shapes(layers, (3, 9, 8))
    assert found.steps[0].output_shape == (4, 7, 6)
    assert found.steps[0].arithmetic == "rows floor((9 - 3) / 1) + 1 = 7, columns floor((8 - 3) / 1) + 1 = 6"
    assert [other.features for other in found.alternatives] == [4, 4 * 3 * 3, 168]


def test_no_alternatives_where_there_is_no_choice():
    assert planish.shapes([Flatten(), Dense(10)], (28, 28)).alternatives == ()  # no channels, and 10 classes
    assert [other.change for other in planish.shapes([Flatten(), Dense(10)], (1, 5, 3)).alternatives] == [
        "GlobalAveragePooling2D() for Flatten()"
    ]
    found = planish.shapes([Conv2D(3, 3), GlobalAveragePooling2D(), Dense(10)], (9, 9, 1))
    assert (found.pair, found.alternatives, found.flatten_share) == (None, (), 0.0)
    assert "instead" not in str(found)


def test_other_arithmetic():
    layers = [
        ZeroPadding2D(((1, 0), (2, 3))),
        Conv2D(2, 3, dilation_rate=2),
        Conv2D(2, (1, 2), padding="same", strides=2),
        Permute((3, 1, 2)),
        Reshape((4, -1)),
        Dense(5),
    ]
    assert [step.arithmetic for step in planish.shapes(layers, (10, 9, 1)).steps] == [
        "rows 10 + 1 + 0 = 11, columns 9 + 2 + 3 = 14",
        "rows floor((11 - (2 * (3 - 1) + 1)) / 1) + 1 = 7, columns floor((14 - (2 * (3 - 1) + 1)) / 1) + 1 = 10",
        "rows ceil(7 / 2) = 4, columns ceil(10 / 2) = 5",
        "",
        "2 * 4 * 5 = 4 * 10",
        "5 sums of 10 products",
    ]
    pooled = planish.shapes([GlobalAveragePooling2D()], (4, 6, 7)).steps[0]
    assert pooled.arithmetic == "means of 4 * 6 numbers: 7"


def test_the_arithmetic_of_convolutions_of_other_kinds():
    layers = [
        DepthwiseConv2D((3, 2), depth_multiplier=2),
        SeparableConv2D(2, 3, strides=2, padding="same"),
        Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=0),
        Conv2DTranspose(3, 3, strides=(1, 3), output_padding=(0, 2)),
        Reshape((-1, 3)),
        Conv1D(4, 3, padding="causal", strides=2),
        SeparableConv1D(2, 4, padding="same", strides=2),
        DepthwiseConv1D(2, dilation_rate=3),
        Conv1DTranspose(3, 1, strides=2),
    ]
    found = planish.shapes(layers, (10, 9, 1))
    assert [step.arithmetic for step in found.steps] == [
        "rows floor((10 - 3) / 1) + 1 = 8, columns floor((9 - 2) / 1) + 1 = 8",
        "ceil(8 / 2) = 4",
        "(4 - 1) * 2 + 3 - 2 = 7",
        "rows (7 - 1) * 1 + 3 = 9, columns (7 - 1) * 3 + 3 + 2 = 23",
        "9 * 23 * 3 = 207 * 3",
        "floor((207 + 2 + 0 - 3) / 2) + 1 = 104",
        "ceil(104 / 2) = 52",
        "floor((52 - (3 * (2 - 1) + 1)) / 1) + 1 = 49",
        "(49 - 1) * 2 + 1 + 1 = 98",
    ]
    for step in found.steps[:4] + found.steps[5:]:
        for left, right in equations(step.arithmetic):
            assert eval(left, {"floor": math.floor, "ceil": math.ceil}) == int(right), step


def equations(text):
    return re.findall(r"((?:floor|ceil)?[\d(][-+*/()\d .floorceil]*) = (\d+)", text)


RECORDED = [
    *(stand_ins.KerasModel(case["name"], case["json"]) for case in stand_ins.cases("keras")),
    *(
        (
            stand_ins.sequential(*(stand_ins.module(kind, **settings) for kind, settings in case["modules"])),
            case["shape"],
        )
        for case in stand_ins.cases("torch")
        if case["features"] is not None
    ),
]


def test_the_arithmetic_is_right(monkeypatch):
    """Every equation is computed; and there is one, or one for rows and one for columns, wherever a shape changes."""
    stand_ins.install_torch_fx(monkeypatch)
    computed = 0
    for source in RECORDED:
        found = planish.shapes(*source) if isinstance(source, tuple) else planish.shapes(source)
        for step in found.steps:
            for left, right in equations(step.arithmetic):
                assert eval(left, {"floor": math.floor, "ceil": math.ceil}) == int(right), step
                computed += 1
            changed = {extent for extent in step.output_shape if extent not in step.input_shape}
            said = {int(right) for _, right in equations(step.arithmetic)}
            assert step.kind in ("Conv2D", "Conv2d", "Dense", "AdaptiveAvgPool2d") or changed <= said, step
    assert computed > 300


def test_multiply_adds_of_groups():
    found = planish.shapes([Conv2D(6, (3, 2), groups=2, use_bias=False), Dense(3)], (5, 5, 4))
    assert found.steps[0].multiply_adds == 3 * 4 * 6 * (3 * 2 * 2)
    assert found.steps[1].multiply_adds == 3 * 4 * 6 * 3


def test_no_layers():
    with pytest.raises(ValueError, match="there are no layers") as caught:
        planish.shapes([], (28, 28, 1))
    assert str(caught.value).splitlines() == [
        "there are no layers",
        "  expected: a model or a list of layers, of planish, Keras or PyTorch, or the path of a model's file",
    ]


def test_layers_that_do_not_fit():
    with pytest.raises(ValueError, match="wrong rank") as caught:
        planish.shapes([Flatten(name="flatten"), Conv2D(3, 3, name="conv")], (8, 8, 1))
    assert str(caught.value).splitlines()[-3:] == [
        "  shapes:      (None, 8, 8, 1) -> Flatten 'flatten' (None, 64) -> Conv2D 'conv'",
        "  remedy:      put Conv2D 'conv' in front of Flatten 'flatten'",
        "               or turn the vectors back into maps after it: Reshape((8, 8, 1))",
    ]


def test_arithmetic_of_sequences():
    layers = [
        planish.layers.ZeroPadding1D((1, 2)),
        planish.layers.MaxPooling1D(3, 2),
        planish.layers.UpSampling1D(3),
        planish.layers.AdaptiveAveragePooling1D(8),
        Flatten(),
        Dense(4),
    ]
    found = planish.shapes(layers, (20, 6))
    assert [step.arithmetic for step in found.steps[:5]] == [
        "20 + 1 + 2 = 23",
        "floor((23 - 3) / 2) + 1 = 11",
        "11 * 3 * 6 = 33 * 6",
        "8 windows for 33 steps",
        "8 * 6 = 48",
    ]
