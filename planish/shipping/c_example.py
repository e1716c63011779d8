"""A program that runs the model of a library: on an image that it makes itself, of which it knows what should come out,
or on files with the elements of each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.shipping import self_test
from planish.shipping.c_header import size_macro
from planish.shipping.c_interface import CArray, CInterface

Array = NDArray[Any]

_MOST_EXPECTED = 1000  # elements of an output that are written into the program

_TEXT = """\
/* Runs the model of {library} on a test image, or on a file for each input with its elements as they are in memory.

   cc -std=c99 -O2 {stem}_example.c {link} -o {stem}_example
   ./{stem}_example{arguments} */
#include <stdio.h>

#include "{stem}.h"

static uint64_t work[{macros}_WORK_NBYTES / 8];
{arrays}

static int read_file(const char *path, void *elements, size_t nbytes) {{
  FILE *file = fopen(path, "rb");
  size_t got = file == NULL ? 0 : fread(elements, 1, nbytes, file);
  int more = file != NULL && fgetc(file) != EOF;
  if (file != NULL) fclose(file);
  if (got == nbytes && !more) return 1;
  fprintf(stderr, "%s: a file of %lu bytes is expected\\n", path, (unsigned long)nbytes);
  return 0;
}}

/* Elements of the test image: numbers from 0 to 1. */
static double element(size_t place) {{
  return (uint32_t)((uint32_t)place * 2654435761u) / 4294967296.0;
}}

{distance}int main(int argc, char **argv) {{
  const {prefix}_description *model = {prefix}_describe();
  int status, failed = 0;
  size_t i;
  if (argc != 1 && argc != 1 + {input_count}) {{
    fprintf(stderr, "usage: %s{arguments}\\n", argv[0]);
    return 2;
  }}
  if (argc == 1) {{
{made}
  }} else if ({read}) {{
    return 2;
  }}
  status = {prefix}_init(work, sizeof work);
  if (status == {macros}_OK) status = {prefix}_run({parameters}, 1, work);
  if (status != {macros}_OK) {{
    fprintf(stderr, "%s: status %d\\n", model->name, status);
    return 1;
  }}
{printed}
{compared}
  return failed;
}}
"""

_DISTANCE = """\
static double distance(double a, double b) {
  return a < b ? b - a : a - b;
}

"""
_PRINTED = """\
  for (i = 0; i < {size}; i++) printf("{parameter} %lu %.9g\\n", (unsigned long)i, (double)array_{parameter}[i]);
"""
_CLASS = """\
  if (model->class_count == {size}) {{
    size_t best = 0;
    for (i = 1; i < {size}; i++) if (array_{parameter}[i] > array_{parameter}[best]) best = i;
    printf("%s\\n", model->class_names[best]);
  }}
"""
_COMPARED = """\
  if (argc == 1) {{
    for (i = 0; i < {size}; i++) failed |= !(distance(array_{parameter}[i], expected_{parameter}[i]) <= {tolerance});
    printf("{parameter}: the test %s\\n", failed ? "fails" : "passes");
  }}
"""


def text(interface: CInterface, stem: str, library: str, link: str, expected: Mapping[str, Array]) -> str:
    """The program. Names of files begin with `stem`, `library` has the functions, and `link` is it for a compiler's
    command line; `expected` is what should come out for the test image, by the arguments of the program."""
    known = {each: expected[each.argument] for each in interface.outputs if _is_known(expected[each.argument])}
    return _TEXT.format(
        library=library, stem=stem, link=link, prefix=interface.prefix, macros=interface.macros,
        arguments="".join(f" {each.parameter}.raw" for each in interface.inputs), input_count=len(interface.inputs),
        arrays="\n".join(_arrays(interface, known)),
        distance=_DISTANCE if known else "",  # compilers warn of functions that nothing calls
        made="\n".join(_made(interface, each) for each in interface.inputs),
        read=" || ".join(
            f"!read_file(argv[{place}], array_{each.parameter}, sizeof array_{each.parameter})"
            for place, each in enumerate(interface.inputs, 1)
        ),
        parameters=", ".join(f"array_{each.parameter}" for each in interface.arrays),
        printed="".join(_printed(interface, each) for each in interface.outputs).rstrip(),
        compared="".join(_compared(interface, each, values) for each, values in known.items()).rstrip(),
    )  # fmt: skip


def _is_known(values: Array) -> bool:
    """Whether the program can have them."""
    return values.size <= _MOST_EXPECTED and bool(np.isfinite(values).all())


def _arrays(interface: CInterface, known: Mapping[CArray, Array]) -> Iterator[str]:
    for each in interface.arrays:
        yield f"static {each.type} array_{each.parameter}[{size_macro(interface, each)}];"
    for each, values in known.items():
        numbers = ", ".join(f"{number:.9g}" for number in values.ravel().astype(np.float64))
        yield f"static const double expected_{each.parameter}[{size_macro(interface, each)}] = {{{numbers}}};"


def _made(interface: CInterface, array: CArray) -> str:
    """As `self_test.images` makes them."""
    value = "element(i)" if np.dtype(array.dtype).kind == "f" else "element(i) >= 0.5"
    size = size_macro(interface, array)
    return f"    for (i = 0; i < {size}; i++) array_{array.parameter}[i] = ({array.type})({value});"


def _printed(interface: CInterface, array: CArray) -> str:
    words = {"size": size_macro(interface, array), "parameter": array.parameter}
    return _PRINTED.format(**words) + (_CLASS.format(**words) if len(interface.outputs) == 1 else "")


def _compared(interface: CInterface, array: CArray, values: Array) -> str:
    largest = float(np.abs(values.astype(np.float64)).max(initial=0.0))
    tolerance = f"{self_test.TOLERANCE * largest:.9g}"
    return _COMPARED.format(size=size_macro(interface, array), parameter=array.parameter, tolerance=tolerance)
