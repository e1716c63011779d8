"""The programs that were made for a model, kept until the model changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from planish import forking, overrides
from planish.models.compile_settings import CompileSettings
from planish.models.data.image_shapes import check_images
from planish.models.data.prepare import Key, Prepared, ensure_built
from planish.models.data.read_ahead import let_steps_catch_up
from planish.models.programs.predict_program import OtherRank, Predictor
from planish.models.programs.turn import Turn

if TYPE_CHECKING:
    from planish.models.programs.test_program import Tester
    from planish.models.programs.train_program import Trainer
    from planish.models.programs.value_program import ValueProgram


class Programs:
    """One model's programs by what they were made for. All are dropped when layers are added, removed or built."""

    def __init__(self) -> None:
        self.structure_version = -1
        self.predictors: dict[tuple[np.dtype[Any], tuple[int, ...]], Predictor | OtherRank] = {}
        self._testers: dict[Key, Tester] = {}
        self._trainers: dict[Key, Trainer] = {}
        self._value_programs: dict[Hashable, ValueProgram] = {}
        self.turn = Turn()
        self._making = forking.Lock()  # two threads that need a program use the same one, with the same slots

    def refresh(self, model: Any) -> None:
        """Drops the programs if the model's layers have changed since.

        A generator that uses the model that it feeds waits here first, before anything is read or made.
        """
        let_steps_catch_up()
        if self.structure_version != model.structure_version:
            with self._making.lock:
                self.clear()
                self.structure_version = model.structure_version  # last: whoever sees it may use the programs

    def clear(self) -> None:
        """Drops all programs, as `compile` does."""
        self.predictors.clear()
        self._testers.clear()
        self._trainers.clear()
        self._value_programs.clear()

    def predictor(self, model: Any, x: np.ndarray[Any, Any]) -> Predictor | OtherRank:
        """For images such as `x`. ValueError if they do not fit the model."""
        ensure_built(model, x)
        self.refresh(model)
        key = (x.dtype, x.shape[1:])
        with self._making.lock:
            if key not in self.predictors:
                overrides.refuse(model, "model", overrides.MODEL)
                check_images(x, model.input_shape[1:], model)
                settings = model._settings
                self.predictors[key] = Predictor(model, x.dtype, eager=settings is not None and settings.run_eagerly)
            return self.predictors[key]

    def tester(self, model: Any, settings: CompileSettings, data: Prepared) -> Tester:
        self.refresh(model)
        with self._making.lock:
            if data.key not in self._testers:
                from planish.models.programs.test_program import Tester

                self._testers[data.key] = Tester(model, settings, data)
            return self._testers[data.key]

    def trainer(
        self, model: Any, settings: CompileSettings, data: Prepared, batch_size: int, *, with_outputs: bool
    ) -> Trainer:
        """For batches of up to `batch_size` images. Which layers are frozen is part of the program."""
        self.refresh(model)
        frozen = tuple(variable.path for variable in model.trainable_weights), _trainable_flags(model)
        key = (*data.key, *frozen, with_outputs)
        with self._making.lock:
            found = self._trainers.get(key)
            if found is None or found.max_batch < batch_size:
                from planish.models.programs.train_program import Trainer

                found = Trainer(model, settings, data, batch_size, self.turn, with_outputs=with_outputs)
                self._trainers[key] = found
            return found

    def kept(self, model: Any, key: Hashable, make: Callable[[], ValueProgram]) -> ValueProgram:
        """The program of that key; `make` is called the first time."""
        self.refresh(model)
        with self._making.lock:
            if key not in self._value_programs:
                self._value_programs[key] = make()
            return self._value_programs[key]


class ProgramsOnce:
    """As an attribute of a class: the programs of each model, made when first asked for.

    From then on they are found in the model itself. No lock is taken: a forked child might find it locked.
    """

    @overload
    def __get__(self, model: None, owner: Any) -> ProgramsOnce: ...
    @overload
    def __get__(self, model: object, owner: Any) -> Programs: ...
    def __get__(self, model: object | None, owner: Any) -> ProgramsOnce | Programs:
        if model is None:
            return self
        programs: Programs = vars(model).setdefault("_programs", Programs())
        return programs


def _trainable_flags(model: Any) -> tuple[bool, ...]:
    """Which layers are frozen: it decides what batch normalization does."""
    return tuple(layer.trainable for layer in model.flattened())
