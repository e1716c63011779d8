"""Mistakes with frozen layers."""

from __future__ import annotations

from cases import Mistake, Stage

FREEZING = Stage(
    "Frozen layers",
    (
        Mistake(
            "Frozen weights that are not finite",
            """\
model = cnn()
first = model.layers[0]
first.trainable = False
first.set_weights([np.full(weight.shape, np.nan) for weight in first.get_weights()])
model.fit(x, y, verbose=0)
""",
            """\
model = cnn()
model[0].requires_grad_(False)
nn.init.constant_(model[0].weight, float("nan"))
loss_of(model(x), y).backward()
""",
        ),
    ),
)
