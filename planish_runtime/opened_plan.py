"""Opens a `.plan` file: mapped read-only, and everything checked before any of it is run."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
from typing import Any, NamedTuple

from planish_runtime.compiled import Compiled
from planish_runtime.errors import explain
from planish_runtime.facts import Facts, Program, facts_of
from planish_runtime.native import Mapped, NativeCode
from planish_runtime.plan_format import DamagedError, Part, read
from planish_runtime.processor import architecture, can_run

_BUILD = "build it anew with the planish that you have: model.build('model.plan')"


class Plan(NamedTuple):
    """A file whose bytes are as their digests say. `whole` is shared by all processes that have it open."""

    path: str
    whole: memoryview
    parts: dict[str, Part]
    facts: Facts

    def bytes_of(self, part: str, offset: int, nbytes: int) -> memoryview:
        start = self.parts[part].offset + offset
        return self.whole[start : start + nbytes]

    def compiled(self, program: Program) -> Compiled:
        """The program, ready to be called. Its code is run from a copy that nobody can write."""
        code = bytes(self.bytes_of("code", *program.code))
        return Compiled(
            NativeCode(Mapped(code, program.functions)), program.arguments,
            tuple(each.name for each in self.facts.outputs), 0, program.arena_nbytes, program.scratch_nbytes,
            program.block, program.multiply_adds, (), program.most_cut,
        )  # fmt: skip

    def programs_for(self, target: str | None) -> list[Program]:
        """Those of the best target for this processor, or of the one that is wanted. ValueError if there is none."""
        here = [each for each in self.facts.programs if each.architecture == architecture() and can_run(each.needs)]
        chosen = target if target is not None else next((each.target for each in here), None)
        found = [each for each in here if each.target == chosen]
        if not found:
            raise ValueError(
                explain(
                    layer=repr(self.path),
                    what="the plan has no program that this processor can run"
                    if target is None
                    else f"the plan has no program for {target!r} that this processor can run",
                    expected=f"a program for {architecture()}",
                    received=", ".join(dict.fromkeys(each.target for each in self.facts.programs)) or "none",
                    remedy="planish build MODEL -o model.plan --target x86-64-v2,x86-64-v3,x86-64-v4,aarch64",
                )
            )
        return found


def opened(path: str | os.PathLike[str], sha256: str | None = None) -> Plan:
    """OSError if there is no such file; ValueError if it is not a plan, is damaged, or does not have the digest
    `sha256` (of the whole file, in hexadecimal) that is required."""
    place = os.fspath(path)
    whole = _mapped(place)
    if sha256 is not None:
        _check_digest(place, whole, sha256)
    try:
        parts = read(whole)
        facts = parts["facts"]
        text = bytes(whole[facts.offset : facts.offset + facts.nbytes])
        return Plan(place, whole, parts, facts_of(text, {name: part.nbytes for name, part in parts.items()}))
    except DamagedError as error:
        raise ValueError(
            explain(layer=repr(place), what="the file is not a whole plan", received=str(error), remedy=_BUILD)
        ) from None


def _check_digest(path: str, whole: memoryview, wanted: Any) -> None:
    found = hashlib.sha256(whole).hexdigest()
    if not isinstance(wanted, str) or wanted.strip().lower() != found:
        raise ValueError(
            explain(
                layer=repr(path),
                what="the file does not have the digest that is required, so nothing of it is run",
                expected=f"sha256 {wanted}",
                received=f"sha256 {found}",
                remedy="get the file again from where the digest is from, or give the digest of the file that you mean",
            )
        )


def _mapped(path: str) -> memoryview:
    """The file's bytes, as the system has them in memory for all processes; pipes and devices are refused."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            received = "an empty file" if stat.S_ISREG(status.st_mode) else "not a file of a disk"
            raise ValueError(explain(layer=repr(path), what="the file is not a plan", received=received, remedy=_BUILD))
        return memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(descriptor)
