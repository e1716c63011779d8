"""Mistakes with what surrounds training: callbacks, weights of classes, methods of one's own."""

from __future__ import annotations

from cases import Mistake, Stage

WATCHING = Stage(
    "Callbacks, class weights and subclasses",
    (
        Mistake(
            "A checkpoint of a model in a folder of TensorFlow",
            """\
cnn().fit(x, y, callbacks=[keras.callbacks.ModelCheckpoint(folder / "best.tf")], verbose=0)
""",
            None,
        ),
        Mistake(
            "A checkpoint named after a metric that some epochs do not have",
            """\
checkpoint = keras.callbacks.ModelCheckpoint(folder / "{val_loss:.2f}.keras")
cnn().fit(x, y, validation_split=0.5, validation_freq=2, epochs=2, callbacks=[checkpoint], verbose=0)
""",
            None,
        ),
        Mistake(
            "A metric that has another name",
            """\
model = cnn()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, validation_split=0.5, callbacks=[keras.callbacks.EarlyStopping("val_acc")], verbose=0)
""",
            None,
        ),
        Mistake(
            "A metric whose better direction is unknown",
            """\
def closeness(y_true, y_pred):
    return 1 - abs(y_true - y_pred)

model = Sequential([Input((3,)), Dense(1)])
model.compile(optimizer="adam", loss="mse", metrics=[closeness])
stopping = keras.callbacks.ReduceLROnPlateau("closeness")
model.fit(np.zeros((8, 3)), np.zeros((8, 1)), callbacks=[stopping], verbose=0)
""",
            None,
        ),
        Mistake(
            "A hook that does not take the logs",
            """\
cnn().fit(x, y, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch: print(epoch))], verbose=0)
""",
            None,
        ),
        Mistake(
            "Weights of classes by name",
            """\
cnn().fit(x, y, class_weight={"cat": 1.0, "dog": 5.0}, verbose=0)
""",
            """\
nn.CrossEntropyLoss(weight={"cat": 1.0, "dog": 5.0})
""",
        ),
        Mistake(
            "A weight of a class that is NaN",
            """\
cnn().fit(x, y, class_weight={0: float("nan")}, verbose=0)
""",
            None,
        ),
        Mistake(
            "Weights of classes for several labels an image",
            """\
model = cnn()
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(x, np.ones((64, 10)), class_weight={0: 2.0}, verbose=0)
""",
            None,
        ),
        Mistake(
            "A length that is not a whole number",
            """\
class Photos(keras.utils.PyDataset):
    def __len__(self):
        return len(x) / 30

    def __getitem__(self, place):
        return x[30 * place : 30 * place + 30], y[30 * place : 30 * place + 30]

cnn().fit(Photos(), verbose=0)
""",
            None,
        ),
        Mistake(
            "A training step of one's own",
            """\
class Own(Sequential):
    def train_step(self, data):
        raise AssertionError("called")

model = Own([Input((3,)), Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(np.zeros((8, 3)), np.zeros((8, 1)), verbose=0)
""",
            None,
        ),
        Mistake(
            "Images and targets in one tuple",
            """\
cnn().fit((x, y), verbose=0)
""",
            None,
        ),
        Mistake(
            "Names of classes as targets, in an array of objects",
            """\
cnn().fit(x, np.array(["cat", "dog"] * 32, dtype=object), verbose=0)
""",
            """\
torch.tensor(["cat", "dog"] * 32)
""",
        ),
        Mistake(
            "One target for all images",
            """\
cnn().fit(x, 3, verbose=0)
""",
            """\
loss_of(cnn()(x), torch.tensor(3))
""",
        ),
    ),
)
