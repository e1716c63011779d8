"""Images that are transformed at random, and brought to another scale, while a model trains on them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import config, warned
from planish.errors import explain
from planish.preprocessing.file_iterators import DataFrameIterator, DirectoryIterator
from planish.preprocessing.generator_arguments import (
    check_old,
    checked_function,
    checked_number,
    checked_order,
    checked_shift,
    checked_split,
    drawn_shift,
)
from planish.preprocessing.image_iterators import RANDOM, NumpyArrayIterator, check_images, drawing_from
from planish.preprocessing.transforms import (
    Affine,
    Reading,
    apply_brightness_shift,
    apply_channel_shift,
    check_fill_mode,
    is_number,
    pair,
)
from planish.utils.image_reader import channels_first

Array = NDArray[Any]
Transform = dict[str, Any]

_TINY = 1e-6


class ImageDataGenerator:
    """Makes batches of images from arrays and files, transformed at random and standardized, for `fit`.

    In this order: the transforms, `preprocessing_function` (of one image [height, width, channels]), `rescale` (a
    factor), `samplewise_center` and `samplewise_std_normalization` (of each image), `featurewise_center` and
    `featurewise_std_normalization` (of each channel of all images that `fit` saw), `zca_whitening` (with `zca_epsilon`;
    from `fit`).

    Transforms: `rotation_range`, degrees; `width_shift_range` and `height_shift_range`: a part of the size below 1,
    pixels from 1 on, or a list of pixels of which one is drawn, with either sign; `brightness_range`: (darkest,
    brightest) factor; `shear_range`, degrees; `zoom_range`: (smallest, largest) or z for (1 - z, 1 + z);
    `channel_shift_range`: added to all values; `horizontal_flip`, `vertical_flip`: half of the images. `fill_mode`
    ('nearest', 'constant' with `cval`, 'reflect', 'wrap') says what lies beyond the edges, `interpolation_order` how
    values between pixels are found (0 to 5; 1 is linear). Turning, shifting, shearing and zooming need SciPy.

    `validation_split`: the part of the images that `subset='validation'` has. `data_format`, `dtype`: of the images.

    ValueError for wrong arguments.

    >>> generator = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    >>> images, labels = next(generator.flow(np.full((4, 8, 8, 3), 255), np.arange(4), batch_size=2))
    >>> images.shape, float(images.max())
    ((2, 8, 8, 3), 1.0)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-06,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: tuple[float, float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | tuple[float, float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        first = channels_first(data_format)
        self.data_format = "channels_first" if first else "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        self.dtype = config.floatx() if dtype is None else dtype
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = checked_number("rotation_range", rotation_range)
        self.width_shift_range = checked_shift("width_shift_range", width_shift_range)
        self.height_shift_range = checked_shift("height_shift_range", height_shift_range)
        self.brightness_range = None if brightness_range is None else pair("brightness_range", brightness_range)
        self.shear_range = checked_number("shear_range", shear_range)
        zoom: Any = (1 - zoom_range, 1 + zoom_range) if is_number(zoom_range) else zoom_range  # type: ignore[operator]
        self.zoom_range = list(pair("zoom_range", zoom))
        self.channel_shift_range = checked_number("channel_shift_range", channel_shift_range)
        check_fill_mode(fill_mode)
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = checked_function(preprocessing_function)
        self.interpolation_order = checked_order(interpolation_order)
        self._validation_split = checked_split(validation_split)
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None
        self._settle_what_goes_together()

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches from an array of images; arguments are those of `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            ignore_class_split=ignore_class_split,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches from a folder whose sub-folders are the classes; arguments are those of `DirectoryIterator`."""
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches of the files that a table names; arguments are those of `DataFrameIterator`.

        `kwargs`: 'has_ext', 'sort' and 'drop_duplicates', which Keras 2 had, change nothing; others are a TypeError.
        """
        check_old(kwargs)
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode="raw" if class_mode == "other" else class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            dtype=self.dtype,
            validate_filenames=validate_filenames,
        )

    def standardize(self, x: Array) -> Array:
        """An image (or a batch) after `preprocessing_function`, `rescale` and normalization.

        `x` itself is changed if it has floats and `preprocessing_function` gives it back.
        """
        if self.preprocessing_function is not None:
            x = np.asarray(self.preprocessing_function(x))
        if x.dtype.kind != "f":
            x = x.astype(self.dtype)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + _TINY
        if self.featurewise_center and self._was_fit("featurewise_center", self.mean):
            x -= self.mean
        if self.featurewise_std_normalization and self._was_fit("featurewise_std_normalization", self.std):
            x /= np.asarray(self.std) + _TINY
        if self.zca_whitening and self._was_fit("zca_whitening", self.zca_whitening_matrix):
            flat = x.reshape(-1, math.prod(x.shape[-3:]))
            x = (flat @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> Transform:
        """Parameters for `apply_transform`, drawn from NumPy's global generator, or from one with this `seed`.

        `img_shape`: (height, width, channels), or as `data_format` has it.
        """
        random: Any = (RANDOM.get() or np.random) if seed is None else np.random.RandomState(seed)
        theta = random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        ty = drawn_shift(random, self.height_shift_range, img_shape[self.row_axis - 1])
        tx = drawn_shift(random, self.width_shift_range, img_shape[self.col_axis - 1])
        shear = random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if self.zoom_range == [1, 1] else random.uniform(*self.zoom_range, 2).tolist()
        flips = [bool((random.random() < 0.5) and flip) for flip in (self.horizontal_flip, self.vertical_flip)]
        span = self.channel_shift_range
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flips[0],
            "flip_vertical": flips[1],
            "channel_shift_intensity": random.uniform(-span, span) if span else None,
            "brightness": None if self.brightness_range is None else random.uniform(*self.brightness_range),
        }

    def apply_transform(self, x: Array, transform_parameters: Transform) -> Array:
        """An image changed as the parameters say, in the same shape.

        `transform_parameters`: 'theta', 'tx', 'ty', 'shear', 'zx', 'zy' as in `apply_affine_transform`, then
        'channel_shift_intensity', 'flip_horizontal', 'flip_vertical' and 'brightness'; those left out change nothing.
        """
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        asked = transform_parameters.get
        change = Affine(**{name: value for name, value in transform_parameters.items() if name in Affine._fields})
        x = change.of(x, Reading(rows, columns, channels, self.fill_mode, self.cval, self.interpolation_order))
        intensity, brightness = asked("channel_shift_intensity"), asked("brightness")
        if intensity is not None:
            x = apply_channel_shift(x, intensity, channels)
        turned = (("horizontal", columns), ("vertical", rows))
        x = np.flip(x, tuple(axis for name, axis in turned if asked(f"flip_{name}")))
        if brightness is not None:
            brighter = apply_brightness_shift(np.moveaxis(x, channels, -1), brightness, False)
            x = np.moveaxis(brighter, -1, channels)
        return x

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """An image changed at random, in the same shape."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Takes means, deviations and the whitening matrix from images [n, height, width, channels].

        `augment`: from randomly transformed ones, `rounds` of each, drawn with `seed`.
        """
        from planish.models.data.arrays import as_array

        images = as_array(x, "x").astype(self.dtype)
        check_images(images, "x", self.channel_axis)
        if self.rescale:
            images *= self.rescale
        if augment:
            with nullcontext() if seed is None else drawing_from(np.random.RandomState(seed)):
                images = np.stack([self.random_transform(image) for _ in range(rounds) for image in images])
        if self.featurewise_center:
            self.mean = self._of_channels(np.mean, images)
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = self._of_channels(np.std, images)
            images /= self.std + _TINY
        if self.zca_whitening:
            flat = images.reshape(len(images), -1)
            directions, lengths, _ = np.linalg.svd(flat.T, full_matrices=False)
            scale = math.sqrt(len(images)) / (lengths + self.zca_epsilon)
            self.zca_whitening_matrix = (directions * scale) @ directions.T

    def _of_channels(self, statistic: Callable[..., Array], images: Array) -> Array:
        """Of each channel, in a shape that fits one image."""
        found: Array = statistic(images, axis=(0, self.row_axis, self.col_axis), keepdims=True)[0]
        return found

    def _was_fit(self, argument: str, found: Array | None) -> bool:
        if found is None:
            warned.warn(
                explain(
                    what=f"ImageDataGenerator({argument}=True) has not seen images: {argument} is left out",
                    remedy="generator.fit(x) before flow, with an array of images like those that will come",
                )
            )
        return found is not None

    def _settle_what_goes_together(self) -> None:
        """What needs something else switches it on, and says so, as in Keras."""
        if self.zca_whitening:
            self._switch("zca_whitening", "featurewise_center", True)
            self._switch("zca_whitening", "featurewise_std_normalization", False)
        if self.featurewise_std_normalization:
            self._switch("featurewise_std_normalization", "featurewise_center", True)
        if self.samplewise_std_normalization:
            self._switch("samplewise_std_normalization", "samplewise_center", True)

    def _switch(self, reason: str, name: str, value: bool) -> None:
        if bool(getattr(self, name)) != value:
            setattr(self, name, value)
            warned.warn(f"{reason}=True makes it {name}={value}")
