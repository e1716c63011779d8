"""An image file, opened with care: only regular files, upright, in a mode that says what it holds."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Sequence
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.regular_file import opened

if TYPE_CHECKING:
    from PIL.Image import Image

Source = str | bytes | os.PathLike[str] | BytesIO

NOT_DECODED = frozenset(("BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"))
"""Formats of Pillow's that it does not decode itself: it would start another program, ask the system, or give up."""

_FULL_SCALE = ("JPEG2000", "PNG", "PPM")
"""Formats whose largest value is white, whatever their depth. In a TIFF, numbers are measurements."""

_ORIENTATION = 0x0112  # in EXIF data
_ON_ITS_SIDE = (5, 6, 7, 8)


class Decoded(NamedTuple):
    """Pillow's image, and the name of the format that it came from ("PNG")."""

    image: Image
    file_format: str

    @property
    def is_deep(self) -> bool:
        """Whether its one channel is of 16 or more bits or of floats."""
        return self.image.mode.startswith(("I", "F"))


class UnreadableImageError(ValueError):
    """A file that is not an image, or is a broken one. `reason` goes with a path before it: "is damaged"."""

    def __init__(self, path: str, reason: str, detail: str | None = None, remedy: str | None = None) -> None:
        super().__init__(explain(what=f"{path!r} {reason}", received=detail, remedy=remedy))
        self.path = path
        self.reason = reason if detail is None else f"{reason}: {detail}"

    def __reduce__(self) -> tuple[type[ValueError], tuple[str]]:
        """In another process it is its text: exceptions are pickled with positional arguments."""
        return ValueError, (str(self),)


def decoded(source: Source, *, grey: bool = False, least: int = 0, among: Sequence[str] | None = None) -> Decoded:
    """The first image of a file (or of the bytes in a BytesIO), upright as its EXIF data say.

    `grey` says that only its brightness is needed: a JPEG file stores that apart from its colours. `least` says how
    many pixels of a side are enough: a JPEG file can be decoded in a half, a quarter or an eighth of its size,
    averaged. `among` are the formats that it may have, by Pillow's names; by default all that Pillow decodes itself.
    UnreadableImageError if there is no image, OSError if the file cannot be opened.
    """
    pillow()  # which may be missing; better said before files are read
    path = named(source)
    if isinstance(source, BytesIO):
        return _decoded(source, path, grey, least, among)
    try:
        file = opened(path, "an image")
    except ValueError as error:
        raise UnreadableImageError(path, str(error).splitlines()[0].removeprefix(f"{path!r} ")) from None
    with file:
        return _decoded(file, path, grey, least, among)


def named(source: Source) -> str:
    """What messages call a source: its path."""
    return "BytesIO" if isinstance(source, BytesIO) else os.fsdecode(source)


def image_size(path: str) -> tuple[int, int] | None:
    """(height, width) of the image in a file, upright, by its first bytes alone; None if there is no image there."""
    opener = pillow()
    with (
        contextlib.suppress(Exception),
        opened(path, "an image") as file,
        opener.open(file, formats=formats()) as image,
    ):
        width, height = image.size
        return (width, height) if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else (height, width)
    return None


def pillow() -> Any:
    """The module PIL.Image; an ImportError that says what to install."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            explain(what="images are read and written by Pillow, which is missing", remedy="pip install pillow")
        ) from None
    return Image


@functools.cache
def formats() -> tuple[str, ...]:
    """The names of the formats that are read: all that Pillow decodes itself."""
    image = pillow()
    image.init()
    return tuple(name for name in image.ID if name not in NOT_DECODED)


@functools.cache
def endings() -> tuple[str, ...]:
    """How the names of files in these formats end: ".avif", ..., ".xpm"."""
    known = set(formats())
    return tuple(sorted(ending for ending, name in pillow().EXTENSION.items() if name in known))


def eight_bits(deep: Decoded) -> Image | None:
    """A picture of 16 bits as 8 bits, as TensorFlow reads it: the high byte. None if its numbers are not a brightness.

    A transparent grey becomes an alpha channel.
    """
    if deep.file_format not in _FULL_SCALE or deep.image.mode == "F":
        return None
    values = np.asarray(deep.image)
    high: Image = pillow().fromarray((values >> 8).clip(0, 255).astype(np.uint8))
    hidden = deep.image.info.get("transparency")
    if not isinstance(hidden, int):
        return high
    alpha = pillow().fromarray(np.where(values == hidden, 0, 255).astype(np.uint8))
    merged: Image = pillow().merge("LA", (high, alpha))
    return merged


def numbers(deep: Image) -> NDArray[np.float32]:
    """The values of a deep image, as they are: [height, width]."""
    return np.asarray(deep).astype(np.float32)


def _decoded(file: IO[bytes], path: str, grey: bool, least: int, among: Sequence[str] | None) -> Decoded:
    opener = pillow()
    try:
        with opener.open(file, formats=formats() if among is None else among) as image:
            file_format = image.format
            if file_format in ("JPEG", "MPO"):
                image.draft("L" if grey else None, (least, least) if least else None)
            image.load()
            return Decoded(_upright(image), file_format)
    except opener.UnidentifiedImageError as error:
        raise UnreadableImageError(path, "is not an image that can be read") from error
    except opener.DecompressionBombError as error:
        raise UnreadableImageError(
            path, "has too many pixels", str(error), "for a file that you trust: PIL.Image.MAX_IMAGE_PIXELS = None"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise UnreadableImageError(path, "is damaged or cut short", str(error) or type(error).__name__) from error


def _upright(image: Image) -> Image:
    try:
        turned = image.getexif().get(_ORIENTATION)
    except Exception:  # broken EXIF data do not spoil the image
        return image
    how = pillow().Transpose
    turns = {
        2: how.FLIP_LEFT_RIGHT,
        3: how.ROTATE_180,
        4: how.FLIP_TOP_BOTTOM,
        5: how.TRANSPOSE,
        6: how.ROTATE_270,
        7: how.TRANSVERSE,
        8: how.ROTATE_90,
    }
    return image.transpose(turns[turned]) if turned in turns else image
