"""What a type checker tells those who use planish: which arguments there are, and what comes back."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

PROGRAM = """\
import planish as keras
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import load_model
from planish.optimizers import Adam

Dense(10, activatoin="softmax")  # wrong: activatoin
Conv2D(8, 3, input_shpae=(28, 28, 1))  # wrong: input_shpae
MaxPooling2D(2, strids=2)  # wrong: strids
Flatten(nmae="rows")  # wrong: nmae
BatchNormalization(momentun=0.9)  # wrong: momentun
Dropout(0.5, trainable="no")  # wrong: trainable
Adam(learning_rat=0.1)  # wrong: learning_rat
load_model("m.keras").fti()  # wrong: fti
keras.layers.Dence(3)  # wrong: Dence
keras.lossses  # wrong: lossses
keras.Sequential([Dense(3)]).save("m.keras", overwrit=True)  # wrong: overwrit

model = keras.Sequential([Input((28, 28, 1)), Conv2D(8, 3, name="first", trainable=False, dtype="float32")])
model.add(Flatten(input_shape=(28, 28)))
model.add(Dense(10, activation="softmax", kernel_initializer="he_normal", input_dim=784, autocast=False))
model.compile(keras.optimizers.SGD(0.1, momentum=0.9), keras.losses.MSE, metrics=["accuracy"])
model.save("m.keras", include_optimizer=False)
again: keras.Model = load_model("m.keras")
again.summary()
"""


def test_mypy_finds_arguments_that_do_not_exist_and_nothing_else(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(program)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    found = {int(number): text for number, text in re.findall(r"program\.py:(\d+): error: (.*)", told)}
    wrong = {
        number: re.search("# wrong: (.*)", line)[1]
        for number, line in enumerate(PROGRAM.splitlines(), 1)
        if "# wrong" in line
    }
    assert set(found) == set(wrong), told
    for number, name in wrong.items():
        assert f'"{name}"' in found[number]
