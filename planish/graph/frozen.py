"""Small immutable classes that cost next to nothing to define.

Python takes half a millisecond to make a dataclass or a named tuple, because it writes and compiles their methods.
There are some sixty kinds of settings, and a fresh process has 20 ms to be ready: so all of them share the methods
below, which read the names from the annotations. Type checkers see a frozen dataclass with keyword arguments.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Frozen:
    """A subclass's annotations are its fields. All have to be given, by name. Equal fields make equal objects."""

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._names = tuple(sorted({*cls._names, *cls.__annotations__}))

    def __init__(self, **values: Any) -> None:
        names = self._names
        if len(values) != len(names) or not all(map(values.__contains__, names)):
            raise TypeError(f"{type(self).__name__} has {', '.join(names)}, not {', '.join(sorted(values))}")
        vars(self).update({name: values[name] for name in names})

    def changed(self, **values: Any) -> Self:
        """The same with other values for some fields."""
        return type(self)(**{**vars(self), **values})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change; `changed` gives another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change; {name} stays")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))
