"""The processor that code is generated for. Nothing else in planish knows about processors."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

from planish import settings
from planish.codegen.llvm.element_type import F32, ElementType
from planish.codegen.llvm.library import binding
from planish.errors import explain, unknown_name

CACHE_LINE_NBYTES = 64


class Caches(NamedTuple):
    """Bytes of the second level of the cache, which each core has, and of the third, which cores share.

    How work is cut follows them, and never what is computed: all processors of a target give the same bits.
    """

    l2_nbytes: int
    l3_nbytes: int


ASSUMED = Caches(2**19, 2**24)
"""Where nobody says how large they are, and where methods are chosen."""


class Target(NamedTuple):
    """`lanes` numbers of the type `floats` fit in a vector register, of which there are `registers`.

    `permutes_lanes`: it can pick any lanes of two registers of f32 in one instruction. `exact`: what is computed for it
    may not round more than direct sums do.
    """

    name: str
    triple: str
    cpu: str
    features: str
    lanes: int
    registers: int
    fused_multiply_add: bool
    masked_memory: bool
    permutes_lanes: bool
    floats: ElementType = F32
    exact: bool = False
    caches: Caches = ASSUMED

    @property
    def architecture(self) -> str:
        """The first word of the triple: "x86_64", "aarch64"."""
        return architecture_of(self.triple)

    @property
    def pointer_nbytes(self) -> int:
        return 4 if self.data_layout else 8

    @property
    def has_fixed_addresses(self) -> bool:
        """Whether code and constants are at addresses that are known when they are linked."""
        return self.pointer_nbytes == 4

    @property
    def is_microcontroller(self) -> bool:
        """Whether memory is short: code and weights are in flash, and work memory is some kilobytes."""
        return self.name == "cortex-m"

    @property
    def data_layout(self) -> str:
        """How LLVM lays out data where pointers have 32 bits; nothing where they have 64, which it assumes."""
        return _SHORT_POINTERS.get(self.architecture, "")

    @property
    def takes_winograd(self) -> bool:
        """Whether a convolution may be computed by Winograd's method, which is made for float32 and trades digits."""
        return self.floats is F32 and not self.exact

    def computing_in(self, floats: ElementType) -> Target:
        """The same processor for programs whose numbers are of that type."""
        if floats is self.floats:
            return self
        lanes = self.lanes * self.floats.nbytes // floats.nbytes
        return self._replace(lanes=lanes, permutes_lanes=self.permutes_lanes and floats is F32, floats=floats)

    @property
    def key(self) -> str:
        """Everything that generated code depends on, for the object cache."""
        sizes = map(str, self.caches)
        return "|".join((self.name, self.triple, self.cpu, self.features, *sizes, *(("exact",) if self.exact else ())))


# name: lanes, registers, fused multiply-add, masked loads and stores in one instruction, any lanes of two registers
_SHAPES = {
    "avx512": (16, 32, True, True, True),
    "avx2": (8, 16, True, True, False),
    "x86-64": (4, 16, False, False, False),
    "aarch64": (4, 32, True, False, False),
    "wasm32": (4, 16, False, False, False),
    "cortex-m": (4, 8, True, False, False),
}

# By architecture, as LLVM has them.
_MICROCONTROLLER = "e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32-S64"
_SHORT_POINTERS = {
    "thumbv7em": _MICROCONTROLLER,
    "thumbv8m.main": _MICROCONTROLLER,
    "thumbv8.1m.main": _MICROCONTROLLER,
    "wasm32": "e-m:e-p:32:32-p10:8:8-p20:8:8-i64:64-i128:128-n32:64-S128-ni:1:10:20",
}

# What is assumed about a processor when a target below the host's is requested, or one that is not the host.
_GENERIC_CPUS = {
    "avx512": "skylake-avx512", "avx2": "haswell", "x86-64": "x86-64", "aarch64": "generic", "wasm32": "generic",
    "cortex-m": "cortex-m4",
}  # fmt: skip


def make_target(name: str, triple: str, cpu: str | None = None, features: str = "") -> Target:
    """The target of that name; without a processor, one that every machine of its kind can run."""
    if name not in _SHAPES:
        raise ValueError(unknown_name("target", name, list(_SHAPES)))
    lanes, registers, *abilities = _SHAPES[name]
    fused, masked, permutes = map(bool, abilities)
    target = Target(name, triple, cpu or _GENERIC_CPUS[name], features, lanes, registers, fused, masked, permutes)
    return target._replace(exact=target.is_microcontroller)  # Winograd's weights take two or four times the memory


class Processor(NamedTuple):
    """A kind of processor that programs are built for on any machine; `kind` is the name of its targets."""

    kind: str
    triple: str
    cpu: str
    features: str = ""

    def target(self) -> Target:
        return make_target(self.kind, self.triple, self.cpu, self.features)


_X86, _ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
HOST = "host"
PROCESSORS = {
    "x86-64-v4": Processor("avx512", _X86, "x86-64-v4"),
    "x86-64-v3": Processor("avx2", _X86, "x86-64-v3"),
    "x86-64-v2": Processor("x86-64", _X86, "x86-64-v2"),
    "aarch64": Processor("aarch64", _ARM, "generic", "+reserve-x18"),  # a register that macOS and Windows keep
}
"""What can be built for besides HOST, by names that do not depend on the machine: the levels of x86-64 are those of its
ABI. Code for one of them runs on any system, since it calls nothing."""

WEB = Processor("wasm32", "wasm32-unknown-unknown", "generic", "+simd128,+bulk-memory,+nontrapping-fptoint,+sign-ext")
"""WebAssembly, as browsers have it since 2021 (Safari since 2023). It has no processor's registers: what runs it
compiles it for the one it is on, and `registers` are what most have."""


MICROCONTROLLERS = {
    "cortex-m4": Processor("cortex-m", "thumbv7em-none-eabihf", "cortex-m4"),
    "cortex-m7": Processor("cortex-m", "thumbv7em-none-eabihf", "cortex-m7"),
    "cortex-m33": Processor("cortex-m", "thumbv8m.main-none-eabihf", "cortex-m33"),
    "cortex-m55": Processor("cortex-m", "thumbv8.1m.main-none-eabihf", "cortex-m55"),
}
"""Those that compute with floating-point numbers. Only Cortex-M55 has vectors; for the others LLVM takes them apart."""


def target_named(name: str) -> Target:
    """The target for one of PROCESSORS or MICROCONTROLLERS, or for HOST, the machine that this runs on. ValueError for
    another name."""
    if name == HOST:
        return current_target()
    every = {**PROCESSORS, **MICROCONTROLLERS}
    if name not in every:
        raise ValueError(unknown_name("target", name, [HOST, *every]))
    return _chosen_for(every[name])


def web_target() -> Target:
    """The target for WebAssembly."""
    return _chosen_for(WEB)


def _chosen_for(processor: Processor) -> Target:
    target = processor.target()
    return target._replace(exact=target.exact or settings.value("PLANISH_EXACT"))


def architecture_of(triple: str) -> str:
    first = triple.partition("-")[0]
    return "aarch64" if first.startswith(("arm64", "aarch64")) else first


class Host(NamedTuple):
    """This processor as LLVM knows it: "x86_64-unknown-linux-gnu", "znver3", "+avx2,-avx512f,..."."""

    triple: str
    cpu: str
    features: str


@functools.cache
def ask_llvm() -> Host:
    """What LLVM finds out about the processor that it runs on."""
    llvm = binding()
    return Host(llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())


def current_target() -> Target:
    """The host's own target, or the lower one that PLANISH_TARGET names."""
    return chosen_on(ask_llvm())


def shown_target() -> Target:
    """The target whose code is looked at: that of PLANISH_TARGET, whether this processor can run it or not."""
    requested = settings.value("PLANISH_TARGET")
    host = ask_llvm()
    if requested is None or requested in runnable(host):
        return chosen_on(host)
    return _chosen_for(next(each for each in (*PROCESSORS.values(), WEB) if each.kind == requested))


def chosen_on(host: Host) -> Target:
    """The target on a processor that PLANISH_TARGET and PLANISH_EXACT choose."""
    target = target_on(host, settings.value("PLANISH_TARGET") or None)
    return target._replace(exact=settings.value("PLANISH_EXACT"), caches=own_caches())


_MOST_CACHES = 8
"""Of a processor, as Linux numbers them: two of the first level, and one of each of the others."""


@functools.cache
def own_caches() -> Caches:
    """Those of the first processor, as Linux tells."""
    return caches_in("/sys/devices/system/cpu/cpu0/cache")


def caches_in(folder: str | os.PathLike[str]) -> Caches:
    """What is written there, within what caches can be; what is not there, or is not a size, is assumed."""
    found = {}
    for number in range(_MOST_CACHES):
        try:
            level, size = (_line(os.path.join(folder, f"index{number}", name)) for name in ("level", "size"))
        except (OSError, UnicodeError):
            continue
        if size.endswith("K") and size[:-1].isdecimal() and len(size) < 12:
            found[level] = 1024 * int(size[:-1])
    sizes = (found.get(number, assumed) for number, assumed in zip(("2", "3"), ASSUMED, strict=True))
    return Caches(*(min(max(size, assumed // 8), assumed * 8) for size, assumed in zip(sizes, ASSUMED, strict=True)))


def _line(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


@functools.cache
def target_on(host: Host, requested: str | None) -> Target:
    """The best target for a processor, or the lower one that is requested. ValueError if it cannot run that."""
    best = _best_name(host)
    if requested is None or requested == best:
        return make_target(best, host.triple, host.cpu, host.features)
    names = runnable(host)
    if requested not in names:
        raise ValueError(
            explain(
                what=f"PLANISH_TARGET is {requested!r}: this processor cannot run it",
                expected="one of " + ", ".join(map(repr, names)),
                received=repr(requested),
                remedy="to look at its code: model.program(emit='asm')\n"
                "to build a file for it: model.build('model.plan', targets=...)",
            )
        )
    return make_target(requested, host.triple)


def runnable(host: Host) -> list[str]:
    """The names of the targets whose code a processor runs, the best one first."""
    best = _best_name(host)
    return [name for name in _SHAPES if _runs(name, best)]


def _best_name(host: Host) -> str:
    features = set(host.features.split(","))
    if architecture_of(host.triple) == "aarch64":
        return "aarch64"
    if {"+avx512f", "+avx512vl", "+avx512bw", "+avx512dq"} <= features:
        return "avx512"
    return "avx2" if {"+avx2", "+fma"} <= features else "x86-64"


def _runs(name: str, best: str) -> bool:
    order = ["x86-64", "avx2", "avx512"]
    return name == best or (name in order and best in order and order.index(name) <= order.index(best))
