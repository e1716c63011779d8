"""Mistakes in loading weights and models."""

from __future__ import annotations

from cases import Mistake, Stage

LOADING = Stage(
    "Loading",
    (
        Mistake(
            "Weights of a model for another image size",
            """\
cnn(28).set_weights(cnn(32).get_weights())
""",
            """\
cnn().load_state_dict(cnn(7200).state_dict())
""",
        ),
        Mistake(
            "A file of weights of a model for another image size",
            """\
cnn(32).save_weights(folder / "cnn.weights.h5")
cnn(28).load_weights(folder / "cnn.weights.h5")
""",
            """\
torch.save(cnn(7200).state_dict(), folder / "cnn.pt")
cnn().load_state_dict(torch.load(folder / "cnn.pt"))
""",
        ),
        Mistake(
            "The dense weights alone",
            """\
cnn().set_weights(cnn().layers[-1].get_weights())
""",
            """\
cnn().load_state_dict(cnn()[-1].state_dict())
""",
        ),
        Mistake(
            "Weights without the last bias",
            """\
cnn().set_weights(cnn().get_weights()[:-1])
""",
            """\
state = cnn().state_dict()
del state["4.bias"]
cnn().load_state_dict(state)
""",
        ),
        Mistake(
            "A convolution's kernel of PyTorch's",
            """\
layer = cnn().layers[0]
layer.set_weights([np.zeros((32, 1, 3, 3)), np.zeros(32)])
""",
            """\
layer = cnn()[0]
layer.load_state_dict({"weight": torch.zeros(3, 3, 1, 32), "bias": torch.zeros(32)})
""",
        ),
        Mistake(
            "A file of weights of a deeper model",
            """\
deeper = Sequential([Input((28, 28, 1)), Flatten(), Dense(64), Dense(10)])
deeper.save_weights(folder / "deeper.weights.h5")
model = Sequential([Input((28, 28, 1)), Flatten(), Dense(64)])
model.load_weights(folder / "deeper.weights.h5")
""",
            """\
deeper = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.Linear(64, 10))
torch.save(deeper.state_dict(), folder / "deeper.pt")
nn.Sequential(nn.Flatten(), nn.Linear(784, 64)).load_state_dict(torch.load(folder / "deeper.pt"))
""",
        ),
        Mistake(
            "A dense kernel the wrong way round",
            """\
layer = cnn().layers[-1]
layer.set_weights([layer.get_weights()[0].T, layer.get_weights()[1]])
""",
            """\
layer = cnn()[-1]
layer.load_state_dict({"weight": layer.weight.T, "bias": layer.bias})
""",
        ),
    ),
)
