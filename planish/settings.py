"""Every environment variable that planish reads, in one table: its own, and those of others that it respects.

A variable is read when it is needed, never at import. Set to nothing, it counts as unset. Values that make no sense are
refused with the name of the variable. `docs/environment.md` is checked against this table.
"""

from __future__ import annotations

import os
from typing import Any, Literal, overload

from planish.errors import explain, unknown_name
from planish_runtime.settings import NUM_THREADS, SPIN, Setting, present

EMITTED = ("graph", "plan", "loops", "llvm", "asm")
"""The forms in which a program can be looked at, from the first to the last."""

TARGETS = ("avx512", "avx2", "x86-64", "aarch64", "wasm32")
"""The kinds of processor that code can be generated for."""

_OF_LAUNCHERS: tuple[Literal["OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMIX_RANK"], ...] = (
    "OMPI_COMM_WORLD_SIZE",
    "PMI_RANK",
    "PMIX_RANK",
)

CACHE_OFF = "off"
_MOST_MEGABYTES = 2**40


@overload
def value(name: Literal["PLANISH_DUMP"]) -> tuple[str, ...]: ...
@overload
def value(name: Literal["PLANISH_COMPARE", "PLANISH_EXACT"]) -> bool: ...
@overload
def value(name: Literal["PLANISH_LLVM_LEVEL"]) -> int: ...
@overload
def value(name: Literal["PLANISH_TRUNK_MEMORY", "PLANISH_TRUNK_FILE"]) -> int | None: ...
@overload
def value(
    name: Literal[
        "PLANISH_CACHE_DIR",
        "PLANISH_TARGET",
        "KERAS_HOME",
        "XDG_CACHE_HOME",
        "LOCALAPPDATA",
        "OMPI_COMM_WORLD_SIZE",
        "PMI_RANK",
        "PMIX_RANK",
    ],
) -> str | None: ...
def value(name: str) -> Any:
    """The present value of a variable of the table.

    ValueError if the variable is set to something that makes no sense.
    """
    return present(TABLE[name])


def is_launched_by_mpi() -> bool:
    """Whether this process is one of a job of MPI."""
    return any(value(name) is not None for name in _OF_LAUNCHERS)


def _parse_anything(name: str, text: str) -> str:
    return text


def _parse_switch(name: str, text: str) -> bool:
    words = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}
    if text.lower() not in words:
        raise ValueError(explain(what=f"{name} is a switch", expected="1 or 0", received=repr(text)))
    return words[text.lower()]


def _parse_level(name: str, text: str) -> int:
    if text not in ("0", "1", "2", "3"):
        expected = "a whole number from 0 to 3"
        raise ValueError(explain(what=f"{name} is a level of LLVM's", expected=expected, received=repr(text)))
    return int(text)


def _parse_megabytes(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_MEGABYTES:
        expected = f"a whole number from 0 to {_MOST_MEGABYTES}"
        raise ValueError(explain(what=f"{name} is a number of megabytes", expected=expected, received=repr(text)))
    return int(text)


def _parse_emitted(name: str, text: str) -> tuple[str, ...]:
    forms = tuple(part.strip().lower() for part in text.split(","))
    for form in forms:
        if form not in EMITTED:
            raise ValueError(unknown_name(f"form in {name}", form, EMITTED))
    return forms


def _parse_target(name: str, text: str) -> str:
    if text.lower() not in TARGETS:
        raise ValueError(unknown_name(name, text, TARGETS))
    return text.lower()


def _parse_folder(name: str, text: str) -> str:
    folder = os.path.expanduser(text)
    if folder.startswith("~"):
        raise ValueError(explain(what=f"{name} is in the home folder of an unknown user", received=repr(text)))
    return os.path.abspath(folder)


def _parse_cache_folder(name: str, text: str) -> str:
    return CACHE_OFF if text.lower() == CACHE_OFF else _parse_folder(name, text)


def _parse_absolute_folder(name: str, text: str) -> str | None:
    return text if os.path.isabs(text) else None


_SETTINGS = (
    NUM_THREADS,
    SPIN,
    Setting(
        "PLANISH_CACHE_DIR",
        "The folder in which compiled programs are kept from one process to the next: about 256 MB; what has not"
        " been used for the longest time is removed first. It contains code, so a folder or file that others can"
        " write, or that belongs to another user, is not used.",
        f"a folder, or `{CACHE_OFF}` to keep nothing",
        None,
        "`planish` in the user's cache folder (see below)",
        _parse_cache_folder,
    ),
    Setting(
        "PLANISH_TARGET",
        "Generates code for another kind of processor: a lesser one than the one it runs on, or any kind whose code is"
        " only looked at (`model.program(emit='asm')`).",
        ", ".join(f"`{target}`" for target in TARGETS),
        None,
        "the processor it runs on",
        _parse_target,
    ),
    Setting(
        "PLANISH_LLVM_LEVEL",
        "How much LLVM does for fast machine code. At 0, programs are compiled in less time and run"
        " slower, which suits tests of whatever uses planish. Results do not depend on it.",
        "a whole number from 0 to 3",
        2,
        "`2`",
        _parse_level,
    ),
    Setting(
        "PLANISH_EXACT",
        "Computes every convolution by direct sums. Otherwise those of 3 x 3 kernels are computed by Winograd's method"
        " where that is faster, which rounds up to ten times as much: a few millionths of the largest output.",
        "`1` or `0`",
        False,
        "`0`",
        _parse_switch,
    ),
    Setting(
        "PLANISH_DUMP",
        "Writes every program to standard error. For this, programs are compiled even if the cache has them.",
        "one or more of " + ", ".join(f"`{form}`" for form in EMITTED) + ", separated by commas",
        (),
        "nothing",
        _parse_emitted,
    ),
    Setting(
        "PLANISH_COMPARE",
        "Runs every compiled program beside a slow NumPy interpreter, and raises an error that names the first"
        " operation whose result differs.",
        "`1` or `0`",
        False,
        "`0`",
        _parse_switch,
    ),
    Setting(
        "PLANISH_TRUNK_MEMORY",
        "How much memory `fit` may use to keep what frozen layers give for each image"
        " ([training.md](training.md#a-frozen-trunk-is-computed-once)). What needs more is kept in a file.",
        "megabytes; `0` for none",
        None,
        "a quarter of the machine's, or the container's, memory, but at most half of what is free",
        _parse_megabytes,
    ),
    Setting(
        "PLANISH_TRUNK_FILE",
        "How large the file may be, in the folder for temporary files, in which `fit` keeps what frozen layers give for"
        " each image. What needs more is not kept: the layers are computed in every epoch.",
        "megabytes; `0` for no file",
        None,
        "half of what is free there",
        _parse_megabytes,
    ),
    Setting(
        "KERAS_HOME",
        "Keras's own folder: data sets that Keras has downloaded are read from `datasets` in it.",
        "a folder",
        None,
        "`~/.keras`",
        _parse_folder,
    ),
    Setting(
        "XDG_CACHE_HOME",
        "The user's cache folder, except on macOS and Windows.",
        "a folder, from the root; others are ignored",
        None,
        "`~/.cache`",
        _parse_absolute_folder,
    ),
    Setting(
        "LOCALAPPDATA",
        "The user's cache folder on Windows, which sets it.",
        "a folder, from the root; others are ignored",
        None,
        "`AppData\\Local` in the user's folder",
        _parse_absolute_folder,
    ),
    Setting(
        "OMPI_COMM_WORLD_SIZE",
        "Set by Open MPI's `mpiexec`: this process is one of a job ([scale.md](scale.md)).",
        "a number",
        None,
        "this process is alone",
        _parse_anything,
    ),
    Setting(
        "PMI_RANK",
        "Set by the `mpiexec` of MPICH, Intel MPI and Microsoft MPI, and by SLURM's `srun`: this process is one of a"
        " job.",
        "a number",
        None,
        "this process is alone",
        _parse_anything,
    ),
    Setting(
        "PMIX_RANK",
        "Set by whatever starts jobs with PMIx, such as SLURM's `srun`: this process is one of a job.",
        "a number",
        None,
        "this process is alone",
        _parse_anything,
    ),
)

TABLE: dict[str, Setting] = {setting.name: setting for setting in _SETTINGS}
