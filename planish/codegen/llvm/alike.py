"""Functions that differ only in numbers share their code: what differs becomes arguments.

A deep net has many layers of one kind that differ in how many channels they see. Their kernels have the same
instructions, with other distances between rows and other numbers of turns. LLVM takes a second for a megabyte of text,
so equal code is given to it once:

    define void @k1(ptr %x) { ... getelementptr i8, ptr %x, i64 96 ... icmp slt i64 %i, 24 }
    define void @k2(ptr %x) { ... getelementptr i8, ptr %x, i64 160 ... icmp slt i64 %i, 40 }
    =>
    define void @k1(ptr %x, i64 %own0) { %own1 = mul i64 %own0, 4 ... i64 %own1 ... %i, %own0 }

Only numbers that are added, multiplied, compared or handed over take part. So the results have the same bits. Divisors
do not, because dividing by a number that is known takes a tenth of the time; nor do places of lanes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import NamedTuple

FEWEST = 4
"""Functions that share their code, at least: a number that is known in advance needs no register."""

_NUMBER = re.compile(
    r"(i64 (?<!udiv i64 )(?<!urem i64 )(?:%\w+, )?)(?!0$)(-?\d+)(?=[,)]|$)",
    re.MULTILINE,
)
_CONSTANT_VECTOR = "<i64 "  # whose numbers have to be known
_CALL = re.compile(r"(call void @(\w+)\(.*)\)$", re.MULTILINE)

_Numbers = tuple[int, ...]
_Kept = tuple[str, ...]


class Defined(NamedTuple):
    """A function of a module as text. `attributes`: the number of the group that it has; `called`: the functions of the
    module that it calls; `result`: what it returns, with its type."""

    name: str
    parameters: str
    body: str
    internal: bool
    attributes: int
    called: frozenset[str]
    result: str = "void"

    def text(self, *, hidden: bool = False) -> str:
        """`hidden`: functions of other modules may call it, too."""
        linkage = ("hidden " if hidden else "internal ") if self.internal else ""
        type_ = self.result.partition(" ")[0]
        head = f"define {linkage}{type_} @{self.name}({self.parameters}) #{self.attributes}"
        return f"{head} {{\nentry:\n{self.body}\n  ret {self.result}\n}}\n"

    @property
    def declaration(self) -> str:
        """For modules that call it, and do not have it."""
        parameters = re.sub(r" %\w+", "", self.parameters)
        return f"declare hidden void @{self.name}({parameters})\n"


class _Member(NamedTuple):
    """One of the functions that are alike, and its numbers."""

    function: Defined
    numbers: _Numbers


class Shared(NamedTuple):
    """The function that is called in place of one, and the further arguments that make it the same."""

    name: str
    arguments: str


def joined(functions: Sequence[Defined], sharing: Collection[str]) -> tuple[list[Defined], dict[str, Shared]]:
    """The functions, those of the names in `sharing` joined where they are alike, and called accordingly; and what is
    to be called in place of each that was joined."""
    written: dict[str, Defined] = {}
    instead: dict[str, Shared] = {}
    for kept, members in _groups(function for function in functions if function.name in sharing):
        first, calls = _one_of(members, kept)
        written[first.name] = first
        instead.update(calls)
    left = (written.get(function.name, function) for function in functions if _stays(function.name, instead))
    return calling(left, instead), instead


def _groups(functions: Iterable[Defined]) -> Iterator[tuple[_Kept, list[_Member]]]:
    """What functions that are alike have in common, and they with the numbers of each."""
    similar: dict[tuple[object, ...], list[Defined]] = {}
    for function in functions:  # quickly told apart
        if _CONSTANT_VECTOR in function.body:
            continue
        key = (function.parameters, function.attributes, function.body.count("\n"))
        similar.setdefault(key, []).append(function)
    for some in similar.values():
        alike: dict[_Kept, list[_Member]] = {}
        for function in some if len(some) >= FEWEST else ():
            kept, numbers = _without_numbers(function.body)
            alike.setdefault(kept, []).append(_Member(function, numbers))
        yield from ((kept, members) for kept, members in alike.items() if len(members) >= FEWEST)


def _stays(name: str, instead: Mapping[str, Shared]) -> bool:
    return name not in instead or instead[name].name == name


def _without_numbers(body: str) -> tuple[_Kept, _Numbers]:
    """What is between the numbers, and they."""
    pieces = _NUMBER.split(body)
    kept = tuple(text + before for text, before in zip(pieces[0::3], [*pieces[1::3], ""], strict=True))
    return kept, tuple(map(int, pieces[2::3]))


def _one_of(members: Sequence[_Member], kept: _Kept) -> tuple[Defined, dict[str, Shared]]:
    """The function that all of them become, and how each is called."""
    places = list(zip(*(member.numbers for member in members), strict=True))
    given, lines, names = _arguments({numbers for numbers in places if len(set(numbers)) > 1})
    written = (names.get(numbers, str(numbers[0])) for numbers in places)
    body = "".join(chain.from_iterable(zip(kept, [*written, ""], strict=True)))
    first = members[0].function
    parameters = ", ".join([first.parameters, *(f"i64 {names[numbers]}" for numbers in given)])
    calls = {
        member.function.name: Shared(first.name, "".join(f", i64 {numbers[place]}" for numbers in given))
        for place, member in enumerate(members)
    }
    return first._replace(parameters=parameters, body="\n".join([*lines, body])), calls


def _arguments(differing: Set[_Numbers]) -> tuple[list[_Numbers], list[str], dict[_Numbers, str]]:
    """The numbers that are handed over, in each function its own; instructions that make the others of them; and what
    all are called.

    Most are multiples of another, or sums of two: distances of rows and pixels, of lanes and bytes.
    """
    given: list[_Numbers] = []
    lines: list[str] = []
    names: dict[_Numbers, str] = {}
    for numbers in sorted(differing, key=lambda numbers: ([abs(number) for number in numbers], numbers)):
        made = _made_of(numbers, given, names)
        names[numbers] = f"%own{len(names)}"
        if made:
            lines.append(f"  {names[numbers]} = {made}")
        else:
            given.append(numbers)
    return given, lines, names


def _made_of(numbers: _Numbers, given: Sequence[_Numbers], names: Mapping[_Numbers, str]) -> str | None:
    """The instruction that makes these numbers of others, if one can."""
    for other in given:
        times = numbers[0] // other[0] if other[0] else 0
        if all(number == times * each for number, each in zip(numbers, other, strict=True)):
            return f"mul nsw i64 {names[other]}, {times}"
    for other, name in names.items():
        rest = tuple(number - each for number, each in zip(numbers, other, strict=True))
        if rest in names:
            return f"add nsw i64 {name}, {names[rest]}"
        if len(set(rest)) == 1:
            return f"add nsw i64 {name}, {rest[0]}"
    return None


def calling(functions: Iterable[Defined], instead: Mapping[str, Shared]) -> list[Defined]:
    """The functions with calls of what is there instead."""

    def call(found: re.Match[str]) -> str:
        shared = instead.get(found[2])
        if shared is None:
            return found[0]
        return f"{found[1].replace(f'@{found[2]}(', f'@{shared.name}(', 1)}{shared.arguments})"

    def changed(function: Defined) -> Defined:
        if function.called.isdisjoint(instead):
            return function
        called = frozenset(instead[name].name if name in instead else name for name in function.called)
        return function._replace(body=_CALL.sub(call, function.body), called=called)

    return [changed(function) for function in functions]
