"""The header of a library: sizes as macros, statuses, the four functions. It is C99, and C++."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planish.codegen.plain_entries import STATUSES, WORK_ALIGNMENT
from planish.shipping.c_description import ARRAY_FIELDS, FIELDS
from planish.shipping.c_interface import CArray, CInterface

_SAID = {
    "ok": "",
    "null pointer": "an argument is NULL",
    "not aligned": "work memory, or an array, is not where its elements may begin",
    "too small": "fewer than {macros}_WORK_NBYTES bytes of work memory",
    "bad count": "n is less than 1, or more than can be in memory",
    "not initialized": "{prefix}_init has not seen this work memory, or it has moved since",
}

_TEXT = """\
/* {file}: a model that planish {version} compiled for {target}.

   The functions are in {library}. They call nothing from outside, allocate nothing, and have no
   variables of their own: all that they write is outputs and work memory. A call computes on the thread that makes it.
   Threads may call at the same time, each with work memory of its own. */
#ifndef {macros}_H
#define {macros}_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* Bytes of work memory, however many images there are, at an address that is a multiple of {alignment}:
   static uint64_t work[{macros}_WORK_NBYTES / 8];  or memory from malloc. */
#define {macros}_WORK_NBYTES {work_nbytes}

/* Elements of one image; arrays have n times as many. The last axis is the fastest. */
{sizes}

/* What functions return. */
enum {{
{statuses}
}};

/* {macros}_WORK_NBYTES, for whoever has no header: the size_t of work memory. */
size_t {prefix}_work_nbytes(void);

/* Makes work memory of so many bytes ready, once. */
int {prefix}_init(void *work, size_t work_nbytes);

/* Computes the outputs of n images. Arrays do not overlap. When it returns an error, it has written nothing. */
int {prefix}_run({parameters}, ptrdiff_t n, void *work);

/* An input or output. */
typedef struct {prefix}_array {{
{array_fields}
}} {prefix}_array;

/* The model. Texts are UTF-8. */
typedef struct {prefix}_description {{
{fields}
}} {prefix}_description;

/* Says what the model is. */
const {prefix}_description *{prefix}_describe(void);

#ifdef __cplusplus
}}
#endif

#endif
"""


def text(interface: CInterface, file: str, library: str, version: str, target: str, work_nbytes: int) -> str:
    """The header; `file` is its own name, `library` that of what has the functions."""
    prefix, macros = interface.prefix, interface.macros
    return _TEXT.format(
        file=file, library=library, version=version, target=target, prefix=prefix, macros=macros,
        alignment=WORK_ALIGNMENT, work_nbytes=work_nbytes,
        sizes="\n".join(f"#define {size_macro(interface, each)} {each.size} /* {each.extents} */" for each in
                        interface.arrays),
        statuses="\n".join(_statuses(interface)),
        parameters=", ".join(_parameters(interface)),
        array_fields="\n".join(_fields(ARRAY_FIELDS, prefix)),
        fields="\n".join(_fields(FIELDS, prefix)),
    )  # fmt: skip


def size_macro(interface: CInterface, array: CArray) -> str:
    """The macro that has the elements of an image."""
    return f"{interface.macros}_{array.parameter.upper()}_SIZE"


def _statuses(interface: CInterface) -> Iterator[str]:
    for place, status in enumerate(STATUSES):
        name = f"{interface.macros}_{status.upper().replace(' ', '_')}"
        said = _SAID[status].format(macros=interface.macros, prefix=interface.prefix)
        comma = "," if place + 1 < len(STATUSES) else ""
        yield f"  {name} = {-place}{comma}" + (f" /* {said} */" if said else "")


def _parameters(interface: CInterface) -> Iterator[str]:
    for each in interface.inputs:
        yield f"const {each.type} *{each.parameter}"
    for each in interface.outputs:
        yield f"{each.type} *{each.parameter}"


def _fields(fields: Sequence[tuple[str, str]], prefix: str) -> Iterator[str]:
    for declaration, said in fields:
        comment = f" /* {said} */" if said else ""
        yield f"  {declaration};{comment}".format(prefix=prefix)
