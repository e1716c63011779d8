"""Images in a column of Parquet files: lists of numbers, or encoded files. Each worker reads its own groups of rows.

| the column's type                                | an image is                                              |
| ------------------------------------------------ | -------------------------------------------------------- |
| list or fixed-size list of numbers, nested or not | its numbers in C order, in the shape that the model takes |
| binary                                           | an encoded file: PNG, JPEG, ...                          |
| struct with the field `bytes`                    | the same: how Hugging Face's data sets have images       |
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np

from planish.distributed import parts
from planish.distributed.libraries import needed
from planish.distributed.parts import Array, Shape
from planish.distributed.pictures import Reader
from planish.errors import explain, unknown_name

ENDING = ".parquet"
MAGIC = b"PAR1"

_NUMBERS = {
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "bool": "bool",
    **{name: name for bits in (8, 16, 32, 64) for name in (f"int{bits}", f"uint{bits}")},
}
"""NumPy's names of Arrow's types."""

_MOST_SLICES = 8
"""Parts of one group of rows: to read the last, all before it are unpacked."""


def library(module: str = "pyarrow.parquet") -> Any:
    return needed(module, "Parquet tables need the pyarrow package, which is missing", "parquet")


@dataclass(frozen=True)
class Column:
    """The column that holds the images, and how: `reader` decodes those that are encoded, None stands for numbers."""

    name: str
    image_shape: Shape
    dtype: np.dtype[Any]
    reader: Reader | None

    def images(self, table: Any, path: str, first: int) -> Array:
        """The images of a table of rows, the first of which is row `first` of the file."""
        column = table.column(self.name).combine_chunks()
        place = f"column {self.name!r} of {path!r}"
        if column.null_count:
            raise _bad_row(place, first + int(np.argmax(column.is_null())), "is empty", "an image in every row")
        return self._numbers(column, place, first) if self.reader is None else self._decoded(column, place, first)

    def _numbers(self, column: Any, place: str, first: int) -> Array:
        """Lists, one after another in memory. Those inside of lists all have one length, as the rows of an image do."""
        count, size = len(column), math.prod(self.image_shape)
        pc = library("pyarrow.compute")
        flat, rows = column, np.arange(count)
        per_row = None
        while hasattr(flat, "flatten") and hasattr(flat.type, "value_type"):
            self._check_complete(flat, rows, place, first)
            lengths = np.asarray(pc.list_value_length(flat).to_numpy(zero_copy_only=False), np.int64)
            if per_row is not None and len(lengths) and (lengths != lengths[0]).any():
                row = int(rows[np.argmax(lengths != lengths[0])])
                raise _bad_row(place, first + row, "has lists of different lengths in it", "an image, row by row")
            rows = np.repeat(rows, lengths)
            per_row = np.bincount(rows, minlength=count)
            flat = flat.flatten()
        self._check_complete(flat, rows, place, first)
        assert per_row is not None
        wrong = np.flatnonzero(per_row != size)
        if len(wrong):
            row, expected = int(wrong[0]), f"{size:,} numbers: {' x '.join(map(str, self.image_shape))}"
            what = "does not hold an image that the model takes"
            raise _bad_row(place, first + row, what, expected, f"{int(per_row[row]):,} numbers")
        return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(count, *self.image_shape)

    def _check_complete(self, values: Any, rows: Array, place: str, first: int) -> None:
        """ValueError if lists or numbers are missing; `rows` are those that the values belong to."""
        if values.null_count:
            row = first + int(rows[np.argmax(np.asarray(values.is_null()))])
            raise _bad_row(
                place, row, "does not hold an image that the model takes", "numbers", "some that are missing"
            )

    def _decoded(self, column: Any, place: str, first: int) -> Array:
        images = [self._picture(item, place, first + row) for row, item in enumerate(_encoded(column).to_pylist())]
        for row, image in enumerate(images):
            if image.shape != self.image_shape:
                raise _bad_row(place, first + row, "has another shape than the others", self.image_shape, image.shape)
        return np.stack(images)

    def _picture(self, encoded: bytes | None, place: str, row: int) -> Array:
        assert self.reader is not None
        if not encoded:
            raise _bad_row(place, row, "is empty", "the bytes of an image file")
        try:
            image = np.asarray(self.reader(BytesIO(encoded)))
        except ValueError as error:
            reason = str(error).splitlines()[0].removeprefix("'BytesIO' ")
            raise _bad_row(place, row, reason, "a PNG, a JPEG or another image file") from error
        return image


@dataclass(frozen=True)
class Table:
    """Parquet files with the same columns, in the order of their names; `groups` are the rows of their groups."""

    files: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    column: Column

    @classmethod
    def at(cls, path: str, name: str | None, image_shape: Shape, reader: Callable[[], Reader]) -> Table:
        """`path` is a file, or a folder of them. ValueError if there is no column of images."""
        files = files_in(path) if os.path.isdir(path) else [path]
        groups = []
        for file in files:
            held = _opened(file).metadata
            groups.append(tuple(held.row_group(place).num_rows for place in range(held.num_row_groups)))
        if not sum(map(sum, groups)):
            raise ValueError(explain(what=f"{path!r} has no rows", expected="a table with an image in each row"))
        column = _column(files[0], name, image_shape, reader)
        return cls(tuple(files), tuple(groups), column)

    @property
    def image_shape(self) -> Shape:
        return self.column.image_shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.column.dtype

    def parts(self, rows: int) -> Sequence[parts.Part]:
        held = zip(self.files, self.groups, strict=True)
        return [part for file, groups in held for part in self._of(file, groups, rows)]

    def _of(self, file: str, groups: Sequence[int], rows: int) -> Iterator[TableRows]:
        """Small groups together, large ones in a few slices."""
        waiting: list[int] = []
        first, count = 0, 0
        for place, held in enumerate(groups):
            if waiting and count + held > rows:
                yield TableRows(file, self.column, tuple(waiting), first, 0, count)
                first, waiting, count = first + count, [], 0
            if held > rows:
                step = max(rows, -(-held // _MOST_SLICES))
                for start, stop in parts.ranges(held, step):
                    yield TableRows(file, self.column, (place,), first, start, stop)
                first += held
            elif held:
                waiting.append(place)
                count += held
        if waiting:
            yield TableRows(file, self.column, tuple(waiting), first, 0, count)


@dataclass(frozen=True)
class TableRows:
    """Rows `start` to `stop` of some groups of a file, which begin at its row `first`."""

    file: str
    column: Column
    groups: tuple[int, ...]
    first: int
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start

    @property
    def image_type(self) -> tuple[Shape, np.dtype[Any]]:
        return self.column.image_shape, self.column.dtype

    def some(self, start: int, stop: int) -> parts.Part:
        return replace(self, start=self.start + start, stop=self.start + stop)

    def __call__(self) -> Array:
        try:
            opened = _opened(self.file)
        except OSError as error:
            raise parts.not_here(self.file, error) from error
        table = self._table(opened)
        if len(table) != self.rows:
            expected = f"{self.rows:,} rows from row {self.first + self.start:,}"
            raise parts.changed(self.file, expected, f"{len(table):,}")
        return self.column.images(table, self.file, self.first + self.start)

    def _table(self, opened: Any) -> Any:
        arrow = library("pyarrow")
        wanted, passed, found = [*self.groups], 0, []
        for batch in opened.iter_batches(self.rows, row_groups=wanted, columns=[self.column.name]):
            begin, end = max(self.start - passed, 0), min(self.stop - passed, len(batch))
            if begin < end:
                found.append(batch.slice(begin, end - begin))
            passed += len(batch)
            if passed >= self.stop:
                break
        return arrow.Table.from_batches(found, schema=None if found else opened.schema_arrow)


def files_in(folder: str) -> list[str]:
    """The Parquet files of a folder, by their names; what begins with a dot or '_' is left out, as elsewhere."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(ENDING) and name[0] not in "._")
    return [os.path.join(folder, name) for name in names]


def _opened(path: str) -> Any:
    parquet = library()
    try:
        return parquet.ParquetFile(path)
    except OSError as error:
        if not os.path.isfile(path):
            raise
        raise _damaged(path, error) from error
    except Exception as error:  # Arrow's own errors about damaged files
        raise _damaged(path, error) from error


def _damaged(path: str, error: Exception) -> ValueError:
    what = f"{path!r} is not a Parquet file, or is damaged"
    return ValueError(explain(what=what, received=str(error).splitlines()[0]))


def _column(file: str, name: str | None, image_shape: Shape, reader: Callable[[], Reader]) -> Column:
    opened = _opened(file)
    fields = {field.name: field.type for field in opened.schema_arrow}
    chosen = _chosen(file, name, fields)
    numbers = _numbers_of(fields[chosen])
    if numbers is not None:
        return Column(chosen, image_shape, numbers, None)
    decode = reader()
    found = Column(chosen, image_shape, np.dtype(np.float32), decode)
    encoded = _encoded(next(opened.iter_batches(1, columns=[chosen])).column(chosen))
    first = found._picture(encoded[0].as_py(), f"column {chosen!r} of {file!r}", 0)
    return Column(chosen, first.shape, first.dtype, decode)


def _encoded(column: Any) -> Any:
    """The bytes of a column of files, which may be a field of structs."""
    return column.field("bytes") if hasattr(column, "field") else column


def _chosen(file: str, name: str | None, fields: dict[str, Any]) -> str:
    if name is not None and name not in fields:
        raise ValueError(unknown_name(f"column of {file!r}", name, fields))
    known = [column for column, kind in fields.items() if _numbers_of(kind) is not None or _is_encoded(kind)]
    if name is not None and name in known:
        return name
    named = [column for column in known if column in ("image", "images")]
    if name is None and len(named or known) == 1:
        return (named or known)[0]
    what = (
        f"column {name!r} of {file!r} does not hold images" if name else f"which column of {file!r} holds the images?"
    )
    raise ValueError(
        explain(
            what=what,
            expected="a column of lists of numbers, of bytes, or of structs with the field 'bytes'",
            received=", ".join(f"{column!r}: {kind}" for column, kind in fields.items()),
            remedy=f"column={known[0]!r}" if known else None,
        )
    )


def _numbers_of(kind: Any) -> np.dtype[Any] | None:
    """The type of the numbers in a column of lists; None for other columns."""
    inner = kind
    while hasattr(inner, "value_type") and not _is_encoded(inner):
        inner = inner.value_type
    if inner is kind:
        return None
    name = _NUMBERS.get(str(inner))
    return None if name is None else np.dtype(name)


def _is_encoded(kind: Any) -> bool:
    types = library("pyarrow.types")
    if types.is_struct(kind):
        return any(field.name == "bytes" and _is_encoded(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _bad_row(place: str, row: int, what: str, expected: object, received: object = None) -> ValueError:
    return ValueError(
        explain(
            what=f"row {row:,} of {place} {what}",
            expected=expected,
            received=received,
            remedy="write the table without this row, or with an image like the others in it",
        )
    )
