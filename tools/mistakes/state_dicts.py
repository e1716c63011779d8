"""Mistakes with PyTorch's state dicts and files, which need no PyTorch to be read."""

from __future__ import annotations

from cases import Mistake, Stage

_STATE = """\
state = keras.convert.to_torch_state_dict(cnn())
names = list(state)
"""

_FILE = """\
import pickle, zipfile
with zipfile.ZipFile(folder / "{name}", "w") as file:  # as {writer} writes it
    file.writestr("net/data.pkl", pickle.dumps({{}}))
    file.writestr("{member}", "")
keras.models.load_model(folder / "{name}")
"""


def _mistake(title: str, code: str, torch: str) -> Mistake:
    return Mistake(title, _STATE + code, torch, own=True)


def _load(change: str = "") -> str:
    return f"state = cnn().state_dict()\n{change}cnn().load_state_dict(state)\n"


STATE_DICTS = Stage(
    "Weights of PyTorch",
    (
        Mistake(
            "Weights of a module for larger images",
            "state = keras.convert.to_torch_state_dict(cnn(32))\nkeras.convert.from_state_dict(state, like=cnn(28))\n",
            "cnn().load_state_dict(cnn(7200).state_dict())\n",
            own=True,
        ),
        _mistake(
            "Weights of a module with other classes",
            "state[names[2]], state[names[3]] = np.zeros((1000, 5408), 'f4'), np.zeros(1000, 'f4')\n"
            "keras.convert.from_state_dict(state, like=cnn())\n",
            "cnn().load_state_dict(cnn(classes=1000).state_dict())\n",
        ),
        _mistake(
            "A weight that is missing",
            "del state[names[1]]\nkeras.convert.from_state_dict(state, like=cnn())\n",
            _load("del state['0.bias']\n"),
        ),
        _mistake(
            "A layer that is left over",
            "state['head.weight'], state['head.bias'] = np.zeros((5, 10), 'f4'), np.zeros(5, 'f4')\n"
            "keras.convert.from_state_dict(state, like=cnn())\n",
            _load("state['head.weight'] = torch.zeros(5, 10)\n"),
        ),
        _mistake(
            "Weights of a DataParallel module",
            "keras.convert.from_state_dict({f'module.{name}': array for name, array in state.items()}, like=cnn())\n",
            "cnn().load_state_dict(nn.DataParallel(cnn()).state_dict())\n",
        ),
        _mistake(
            "Weights in half precision",
            "keras.convert.from_state_dict({name: array.astype('f2') for name, array in state.items()}, like=cnn())\n",
            _load("state = {name: array.half() for name, array in state.items()}\n"),
        ),
        _mistake(
            "A checkpoint in place of its weights",
            "checkpoint = {'epoch': 3, 'state_dict': state, 'optimizer': {}}\n"
            "keras.convert.from_state_dict(checkpoint, like=cnn())\n",
            "cnn().load_state_dict({'epoch': 3, 'state_dict': cnn().state_dict()})\n",
        ),
        _mistake(
            "A kernel in Keras's order",
            "state[names[0]] = state[names[0]].transpose(2, 3, 1, 0)\n"
            "keras.convert.from_state_dict(state, like=cnn())\n",
            _load("state['0.weight'] = state['0.weight'].permute(2, 3, 1, 0)\n"),
        ),
        _mistake(
            "The path of weights in place of the weights",
            "keras.convert.from_state_dict('net.pt', like=cnn())\n",
            "cnn().load_state_dict('net.pt')\n",
        ),
        _mistake(
            "Weights without names",
            "keras.convert.from_state_dict(list(state.values()), like=cnn())\n",
            "cnn().load_state_dict(list(cnn().state_dict().values()))\n",
        ),
        _mistake(
            "A function in place of the model that it makes",
            "keras.convert.from_state_dict(state, like=cnn)\n",
            "cnn.load_state_dict(cnn().state_dict())\n",
        ),
        Mistake(
            "Weights of a model that is not built",
            "keras.convert.to_torch_state_dict(Sequential([Dense(10)]))\n",
            None,
            own=True,
        ),
        Mistake(
            "A checkpoint of PyTorch as a model",
            _FILE.format(name="net.pt", writer="torch.save", member="net/version"),
            None,
            own=True,
        ),
        Mistake(
            "A TorchScript file as a model",
            _FILE.format(name="script.pt", writer="torch.jit.save", member="net/code/net.py"),
            None,
            own=True,
        ),
    ),
)
