"""Mistakes with optimizers, losses and metrics beyond the common ones, and with runs that go on."""

from __future__ import annotations

from cases import Mistake, Stage

TRAINING = Stage(
    "Optimizers, losses, metrics and runs that go on",
    (
        Mistake(
            "One batch that is to make a step of several",
            """\
model = cnn()
model.compile(keras.optimizers.Adam(gradient_accumulation_steps=1), "sparse_categorical_crossentropy")
""",
            None,
        ),
        Mistake(
            "The name of a layer in place of a list of names",
            """\
keras.optimizers.Muon(exclude_layers=7)
""",
            None,
        ),
        Mistake(
            "Averages of weights that nobody keeps",
            """\
cnn().fit(x, y, callbacks=[keras.callbacks.SwapEMAWeights()], verbose=0)
""",
            None,
        ),
        Mistake(
            "A backup of another run",
            """\
backup = keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
cnn().fit(x, y, batch_size=16, callbacks=[backup], verbose=0)
cnn().fit(x, y, batch_size=32, epochs=2, callbacks=[backup], verbose=0)
""",
            None,
        ),
        Mistake(
            "A weight of each class for other classes",
            """\
model = Sequential([Input((3,)), Dense(3, activation="softmax")])
model.compile("adam", keras.losses.CategoricalFocalCrossentropy(alpha=[0.5, 0.5]))
model.fit(np.zeros((8, 3)), np.eye(3)[np.zeros(8, int)], verbose=0)
""",
            None,
        ),
        Mistake(
            "Overlaps of class numbers, asked of vectors",
            """\
model = Sequential([Input((3,)), Dense(4, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=[keras.metrics.MeanIoU(num_classes=4)])
model.fit(np.zeros((8, 3)), np.zeros(8, int), verbose=0)
""",
            None,
        ),
    ),
)
