"""`planish train DATA`: trains a model, keeps the last and the best one, and shows what the best one confuses."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import layers, utils
from planish.callbacks import Callback, EarlyStopping
from planish.cli import data, folder_data, model_choice, model_files, nets, pictures, results, splitting, together
from planish.cli.console import facts, say
from planish.cli.data import Data, Part
from planish.cli.folders import TEST
from planish.cli.runs import BEST, MODEL, Run
from planish.errors import explain, number_of
from planish.models.looking.results import CLASS_NAMES, Results
from planish.saving import class_names

if TYPE_CHECKING:
    from planish.models.model import Model

_EXAMPLES = """\
examples:
  planish train photos --out pets                   photos/cat/1.jpg, photos/dog/2.jpg, ...
  planish train photos --out pets --resume --epochs 50
  planish train mnist --model softmax --epochs 3
  planish train photos --out pets --model mobilenetv2 --fine-tune 5
"""

_FEWEST_EPOCHS, _MOST_EPOCHS = 5, 30
_ENOUGH_IMAGES = 6_000  # that a model sees if --epochs is not given


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model on folders of images, or on a data set",
        description="Trains a model, and saves the last and the best one with pictures of what it learned. "
        "Ctrl-C ends it, and keeps both.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("data", metavar="DATA", help=data.HELP)
    _add_training(parser)
    _add_nets(parser)
    _add_images(parser)
    _add_output(parser)
    parser.set_defaults(run=run)


def _add_training(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    add = group.add_argument
    add("--model", metavar="MODEL", help=model_choice.HELP_WITH_NETS + f" (default: {model_choice.DEFAULT})")
    add(
        "--epochs", type=model_files.whole, metavar="N",
        help=f"how often every image is seen (default: {_FEWEST_EPOCHS}, and up to {_MOST_EPOCHS} for few images)",
    )  # fmt: skip
    add("--batch-size", type=model_files.count, default=32, metavar="N", help="images in a step (default: %(default)s)")
    add("--lr", type=model_files.positive, metavar="RATE", help="learning rate (default: that of the model, 0.001)")
    add(
        "--class-weight", choices=("balanced",),
        help="balanced: classes of few images count as much as those of many (default: every image counts the same)",
    )  # fmt: skip
    add(
        "--patience", type=model_files.count, metavar="N",
        help="end after N epochs without progress in validation (default: never)",
    )  # fmt: skip
    add(
        "--augment", action="store_true",
        help="mirror, turn, shift and zoom the images at random while training (default: as they are)",
    )  # fmt: skip
    add(
        "--distribute", choices=("mpi",),
        help="mpi: the processes that mpiexec has started train together: mpiexec -n 4 planish train ... (default: this"
        " process trains alone)",
    )  # fmt: skip
    add("--seed", type=int, metavar="N", help="the same seed gives the same model (default: another one each time)")


def _add_nets(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("nets of keras.applications, such as --model mobilenetv2")
    add = group.add_argument
    add(
        "--weights", metavar="FILE",
        help="a file of Keras's weights for the net; imagenet: those learnt on ImageNet, from Keras's folder or"
        " downloaded; none: random ones (default: imagenet)",
    )  # fmt: skip
    add(
        "--alpha", type=model_files.positive, metavar="A",
        help="how wide the layers of a MobileNet are, in files of weights as well (default: 1)",
    )  # fmt: skip
    add(
        "--fine-tune", type=model_files.count, metavar="N",
        help="after --epochs, in which only the new classifier learns, train the whole net for N more, with a hundredth"
        " of the learning rate (default: the net stays as it is)",
    )  # fmt: skip


def _add_images(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images of folders")
    largest = folder_data.LARGEST_BY_ITSELF
    group.add_argument(
        "--size", type=data.image_size, metavar="HxW",
        help=f"64, or 64x48 (height x width) (default: the usual size of the images, at most {largest}x{largest}; for a"
        " net, the size that it was made for)",
    )  # fmt: skip
    group.add_argument(
        "--color", choices=("grayscale", "rgb", "rgba"), help="channels (default: rgb, or grayscale if all are grey)"
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--out", default="trained", metavar="DIR", help="folder for the run (default: %(default)s)")
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--resume", action="store_true", help="continue the run in --out until it has seen --epochs epochs"
    )
    either.add_argument("--overwrite", action="store_true", help="replace the run in --out")


def run(arguments: argparse.Namespace) -> None:
    if arguments.distribute is None:
        _run(arguments)
    else:
        together.run(arguments, _run)


def _run(arguments: argparse.Namespace) -> None:
    run = Run(arguments.out)
    net = model = None
    if arguments.resume:
        _check_resumed(arguments)
        model = run.resume()
    else:
        net = nets.chosen(arguments)
        run.check_free(overwrite=arguments.overwrite)
        if net is None:
            model_choice.check(arguments.model or model_choice.DEFAULT, nets.NETS)
    _seed(arguments.seed, run.epochs)
    with _memory_explained(arguments.data):
        base = None if net is None else _base_for_photos(net, arguments)
        examples = _examples(arguments, run, model, net)
        _say_what_was_found(arguments, examples)
        if net is not None:
            model = _with_notes(_on_net(net, base, arguments, examples), examples)
        elif model is None:
            model = _with_notes(_made(arguments, examples), examples)
        _train(model, examples, arguments, run)
        if together.ends_here():
            _report(model, examples, run)


def _base_for_photos(net: nets.Net, arguments: argparse.Namespace) -> Model | None:
    """The net for the photographs of a folder: what is wrong with its weights is found out before those are read."""
    if not data.is_folder(arguments.data):
        return None
    return net.base((*(arguments.size or (net.side, net.side)), 3))


def _on_net(net: nets.Net, base: Model | None, arguments: argparse.Namespace, examples: Data) -> Model:
    nets.check_shape(net, examples.image_shape, arguments.data)
    model = net.model(base or net.base(examples.image_shape), len(examples.class_names), _augmentation(arguments))
    once = "in every epoch, as each has other images (--augment)" if arguments.augment else "once for each image"
    say(f"{net.name} is frozen, and computed {once}; a new classifier learns from what it gives")
    return model


def _augmentation(arguments: argparse.Namespace) -> list[Any]:
    if not arguments.augment:
        return []
    shift = layers.RandomTranslation(0.1, 0.1)
    return [layers.RandomFlip("horizontal"), layers.RandomRotation(0.05), shift, layers.RandomZoom(0.1)]


def _check_resumed(arguments: argparse.Namespace) -> None:
    for name in ("model", "weights", "alpha", "size", "color", "augment"):
        if getattr(arguments, name):
            raise ValueError(
                explain(
                    what=f"--{name} cannot be changed when a run is resumed",
                    remedy="leave it out, or begin a new run: --out NAME instead of --resume",
                )
            )


def _seed(seed: int | None, epochs: int) -> None:
    """A resumed run does not draw the same random numbers as its first epochs."""
    if seed is not None:
        utils.set_random_seed(seed + epochs)


def _examples(arguments: argparse.Namespace, run: Run, model: Model | None, net: nets.Net | None) -> Data:
    """The data in the size and with the classes of the model, if there is one already; in the size of the net."""
    if not data.is_folder(arguments.data):
        return data.arrays(arguments.data)
    if net is not None:
        return folder_data.for_training(arguments.data, arguments.size or (net.side, net.side), "rgb")
    if model is None:
        return folder_data.for_training(arguments.data, arguments.size, arguments.color)
    height, width, *channels = model_files.image_shape(model)
    names = class_names.known(model, run.path(MODEL))
    rule = splitting.checked_rule(model.notes.get(folder_data.HELD_OUT), names or ())
    mode = data.color_mode(channels[0] if channels else 1)
    return folder_data.for_training(arguments.data, (height, width), mode, names, rule)


def _say_what_was_found(arguments: argparse.Namespace, examples: Data) -> None:
    height, width, _ = examples.image_shape
    how = ": --size changes that" if data.is_folder(arguments.data) and not (arguments.size or arguments.resume) else ""
    say(f"{len(examples):,} images, {len(examples.class_names)} classes, {height}x{width} pixels{how}")
    parts = ", ".join(f"{len(part):,} for {name}" for name, part in examples.parts.items())
    say(parts + (" (there are none for validation: the test images judge the epochs)" if _shares(examples) else ""))


def _shares(examples: Data) -> bool:
    return examples.validation is not None and examples.validation is examples.parts.get(TEST)


def _made(arguments: argparse.Namespace, examples: Data) -> Any:
    pixels = examples.training.x.dtype.kind in "iu"
    classes = len(examples.class_names)
    choice = arguments.model or model_choice.DEFAULT
    augmentation = _augmentation(arguments)
    return model_choice.make(choice, examples.image_shape, classes, pixels=pixels, augmentation=augmentation)


def _with_notes(model: Any, examples: Data) -> Any:
    model.notes.update({**examples.notes, CLASS_NAMES: list(examples.class_names)})
    return model


def _train(model: Model, examples: Data, arguments: argparse.Namespace, run: Run) -> None:
    """`fit`, and its result on disk however it ends."""
    epochs = arguments.epochs if arguments.epochs is not None else _usual_epochs(len(examples.training))
    frozen = nets.head_epochs(model)  # in a run that is resumed while the whole net learns
    more = arguments.fine_tune or 0
    if more:
        nets.refuse_tuning(model)
    last = epochs + more if frozen is None else max(epochs, frozen + more)
    if run.epochs and run.epochs >= last:
        raise ValueError(
            explain(
                what=f"the run in {run.folder!r} has already seen {run.epochs} epochs",
                received=f"--epochs {epochs}" + (f" --fine-tune {more}" if more else ""),
                remedy=f"--epochs {run.epochs + epochs} continues for {epochs} more",
            )
        )
    if arguments.lr is not None:
        assert model.optimizer is not None, "it has been compiled"
        model.optimizer.learning_rate = arguments.lr
    if not arguments.resume:
        run.begin()
    model_files.write_class_names(examples.class_names, run.folder)
    try:
        if frozen is not None:
            _fit(model, examples, arguments, run, last)
        else:
            _fit(model, examples, arguments, run, epochs)
            if more:
                nets.thaw(model, run.epochs)
                say(f"Now the whole net learns, for {number_of(more, 'epoch')}")
                _fit(model, examples, arguments, run, run.epochs + more)
    except KeyboardInterrupt:
        run.save(model)
        raise KeyboardInterrupt(run.kept()) from None
    run.save(model)


def _fit(model: Model, examples: Data, arguments: argparse.Namespace, run: Run, epochs: int) -> None:
    """Until the run has seen so many epochs."""
    x, y = _inputs(model, examples.training, examples)
    judged = examples.validation
    monitor = "loss" if judged is None else "val_loss"
    model.fit(
        x, y, arguments.batch_size, epochs,
        validation_data=None if judged is None else _inputs(model, judged, examples),
        class_weight=_class_weight(arguments, examples),
        initial_epoch=run.epochs,
        callbacks=[*run.keepers(monitor), *_stopping(arguments, monitor)],
    )  # fmt: skip


def _usual_epochs(images: int) -> int:
    """Few images are seen more often."""
    return max(_FEWEST_EPOCHS, min(_MOST_EPOCHS, math.ceil(_ENOUGH_IMAGES / max(1, images))))


def _inputs(model: Model, part: Part, examples: Data) -> tuple[Any, Any]:
    classes = len(examples.class_names)
    return model_files.as_input(model, part.x), model_files.as_targets(model, part.y, classes)


def _class_weight(arguments: argparse.Namespace, examples: Data) -> dict[int, float] | None:
    """Weights with which every class counts the same: n / (classes * images of the class)."""
    if arguments.class_weight is None:
        return None
    counts = np.bincount(examples.training.y.astype(np.int64), minlength=len(examples.class_names))
    present = np.flatnonzero(counts)
    return {int(label): counts.sum() / (len(present) * int(counts[label])) for label in present}


def _stopping(arguments: argparse.Namespace, monitor: str) -> list[Callback]:
    return [] if arguments.patience is None else [EarlyStopping(monitor, patience=arguments.patience, verbose=1)]


def _report(model: Model, examples: Data, run: Run) -> None:
    """The best model's results on images that it has not seen."""
    best = run.path(BEST) if os.path.exists(run.path(BEST)) else None
    model = model if best is None else model_files.load(best)
    judged = examples.test or examples.validation
    _show_values(model, examples, run)
    found = None if judged is None else results.of(model, judged)
    if found is not None and judged is not None:
        results.show(found, judged, examples.class_names)
    _draw(run, examples, found, judged)
    say(f"wrote {run.path(MODEL)} (the last model)" + ("" if best is None else f" and {best} (the best one)"))


def _show_values(model: Model, examples: Data, run: Run) -> None:
    rows = [("best epoch", f"{model.notes.get('epochs', 0)} of {run.epochs}")]
    for name, part in (("validation", examples.validation), ("test", examples.test)):
        if part is not None:
            values = model.evaluate(*_inputs(model, part, examples), verbose=0, return_dict=True)
            rows.append((name, ", ".join(f"{key} {model_files.mean(value):.4f}" for key, value in values.items())))
    facts("Result", rows)


def _draw(run: Run, examples: Data, found: Results | None, judged: Part | None) -> None:
    if not pictures.can_draw():
        say(f"No pictures: they need matplotlib ({pictures.INSTALL})")
        return
    if run.history:
        pictures.training_curve(run.history, run.path("training-curve.png"))
        say(f"wrote {run.path('training-curve.png')}")
    if found is None or judged is None:
        return
    pictures.confusion(found, examples.class_names, run.path("confusion.png"))
    say(f"wrote {run.path('confusion.png')}")
    if len(found.mistakes()):
        pictures.worst_mistakes(judged.x, found, examples.class_names, run.path("mistakes.png"))
        say(f"wrote {run.path('mistakes.png')}")


@contextmanager
def _memory_explained(text: str) -> Iterator[None]:
    """Adds which arguments make a training run smaller."""
    try:
        yield
    except MemoryError as error:
        if "--size" in str(error):
            raise
        first = str(error).splitlines()[0] if str(error) else "no memory is left"
        smaller = "smaller images (--size 64), or " if data.is_folder(text) else ""
        raise MemoryError(
            explain(
                what="training does not fit into memory",
                received=first,
                remedy=f"{smaller}a smaller model (--model small), or fewer images in a step (--batch-size 8)",
            )
        ) from error
