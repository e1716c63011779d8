"""What an operation is told besides its operands: `strides`, `axes`, `alpha`. One small class for each kind."""

from __future__ import annotations

from typing import Any, Protocol, Self

from planish.graph.frozen import Frozen


class HasSettings(Protocol):
    """A node, or what a kernel sees of it."""

    @property
    def settings(self) -> Settings: ...


class Settings(Frozen):
    """`Conv2DSettings.of(node).strides`: `of` says which settings a node has, so that type checkers know their names.

    As text, settings are `name=value, ...` in the order of their names: part of the text of a graph.
    """

    @classmethod
    def of(cls, node: HasSettings) -> Self:
        """The settings of `node`. TypeError if they are not of this kind."""
        settings = node.settings
        if not isinstance(settings, cls):
            raise TypeError(f"{node!r} has {type(settings).__name__}, not {cls.__name__}")
        return settings

    @classmethod
    def part_of(cls, settings: Settings) -> Self:
        """The settings of this kind among those of a kind that has more."""
        return cls(**{name: getattr(settings, name) for name in cls._names})

    @classmethod
    def extending(cls, settings: Settings, **more: Any) -> Self:
        """All of `settings`, and those that this kind has besides."""
        return cls(**vars(settings), **more)

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Names and values, in the order of the names."""
        return tuple(vars(self).items())

    def __str__(self) -> str:
        return ", ".join([f"{name}={value!r}" for name, value in vars(self).items()])

    def __repr__(self) -> str:
        """As inside of another setting, where `fused` nodes have those of their base."""
        return repr(self.items())


NO_SETTINGS = Settings()


class LeafSettings(Settings):
    """The name by which an input, a parameter or a scalar is bound to its value."""

    name: str


def name_of(leaf: HasSettings) -> str:
    """The name of an input, a parameter or a scalar."""
    return LeafSettings.of(leaf).name
