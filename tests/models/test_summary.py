"""The table is Keras 3's, to the character."""

import pytest

from planish.layers import BatchNormalization, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from planish.models import Sequential
from planish.models.summary import readable_size
from planish.naming import reset_names


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    reset_names()


def summary(model, **settings):
    printed = []
    model.summary(print_fn=printed.append, **settings)
    assert len(printed) == 1
    return printed[0]


def blog_model():
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D(pool_size=(2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D(pool_size=(2, 2)),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )


BLOG_SUMMARY = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                 │ (None, 26, 26, 32)     │           320 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)    │ (None, 13, 13, 32)     │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_1 (Conv2D)               │ (None, 11, 11, 64)     │        18,496 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d_1 (MaxPooling2D)  │ (None, 5, 5, 64)       │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ (None, 1600)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 128)            │       204,928 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 10)             │         1,290 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 225,034 (879.04 KB)
 Trainable params: 225,034 (879.04 KB)
 Non-trainable params: 0 (0.00 B)
"""


def test_the_blog_model():
    assert summary(blog_model()) == BLOG_SUMMARY


def test_the_terminal_gets_the_same(capsys):
    blog_model().summary()
    assert capsys.readouterr().out == BLOG_SUMMARY


UNBUILT_SUMMARY = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                 │ ?                      │   0 (unbuilt) │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)    │ ?                      │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization             │ ?                      │   0 (unbuilt) │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ ?                      │   0 (unbuilt) │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ ?                      │   0 (unbuilt) │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def test_an_unbuilt_model():
    model = Sequential([Conv2D(3, 3), MaxPooling2D(), BatchNormalization(), Flatten(), Dense(10)])
    assert summary(model) == UNBUILT_SUMMARY


def nested_model():
    inner = Sequential([Input((6, 6, 1)), Conv2D(2, 3), BatchNormalization()], name="in[ner]")
    model = Sequential([Input((6, 6, 1)), inner, GlobalAveragePooling2D(), Dense(1000)])
    model.layers[-1].trainable = False
    return model


NESTED_SUMMARY = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ in[ner] (Sequential)        │ (None, 4, 4, 2)       │         28 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│    └ conv2d (Conv2D)        │ (None, 4, 4, 2)       │         20 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│    └ batch_normalization    │ (None, 4, 4, 2)       │          8 │   Y   │
│ (BatchNormalization)        │                       │            │       │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ global_average_pooling2d    │ (None, 2)             │          0 │   -   │
│ (GlobalAveragePooling2D)    │                       │            │       │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense (Dense)               │ (None, 1000)          │      3,000 │   N   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 3,028 (11.83 KB)
 Trainable params: 24 (96.00 B)
 Non-trainable params: 3,004 (11.73 KB)
"""


def test_nested_models_and_what_is_trainable():
    assert summary(nested_model(), expand_nested=True, show_trainable=True) == NESTED_SUMMARY


NARROW_SUMMARY = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃                             ┃ Output   ┃                 ┃
┃ Layer (type)                ┃ Shape    ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ global_average_pooling2d    │ (4, 2)   │               0 │
│ (GlobalAveragePooling2D)    │          │                 │
├─────────────────────────────┼──────────┼─────────────────┤
│ dense (Dense)               │ (4,      │           3,000 │
│                             │ 1000)    │                 │
└─────────────────────────────┴──────────┴─────────────────┘
 Total params: 3,028 (11.83 KB)
 Trainable params: 24 (96.00 B)
 Non-trainable params: 3,004 (11.73 KB)
"""


@pytest.mark.parametrize("layer_range", [("glob", "dense"), ("dense", "glob")])
def test_line_length_positions_and_range(layer_range):
    inner = Sequential([Conv2D(2, 3), BatchNormalization()])
    model = Sequential(
        [Input((6, 6, 1), batch_size=4), inner, GlobalAveragePooling2D(), Dense(1000)], name="sequential"
    )
    model.layers[-1].trainable = False
    assert summary(model, line_length=60, positions=[0.5, 0.7, 1.0], layer_range=layer_range) == NARROW_SUMMARY


def test_wrong_settings():
    model = blog_model()
    with pytest.raises(ValueError, match="summary: the lines are too short for the table"):
        model.summary(line_length=10)
    with pytest.raises(ValueError, match="argument 'positions'"):
        model.summary(positions=[0.5, 1.0])
    with pytest.raises(ValueError, match="summary: layer_range does not name a layer of the model"):
        model.summary(layer_range=("dense", "lstm"))
    with pytest.raises(ValueError, match="argument 'layer_range'"):
        model.summary(layer_range=("dense",))


def test_sizes():
    assert [readable_size(n) for n in (0, 1023, 1536, 5 * 2**20, 2**50)] == [
        "0.00 B",
        "1023.00 B",
        "1.50 KB",
        "5.00 MB",
        "1.00 PB",
    ]


def test_lines_longer_than_the_terminal_are_whole(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    model = Sequential([Input((8,)), Dense(3)])
    model.summary(line_length=100)
    printed, passed = capsys.readouterr().out, summary(model, line_length=100)
    for text in (printed, passed):
        assert "Param # ┃\n" in text
        assert len(text.splitlines()[1]) == 100
