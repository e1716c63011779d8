"""Names of layers, made of what operators are called in a foreign network."""

from __future__ import annotations

import itertools
import re

from planish.convert.graphs.foreign_graph import Operation

_LONGEST = 120


class Names:
    """Gives each layer a name of its own."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def fresh(self, operation: Operation, suffix: str = "") -> str | None:
        """A name for a layer of this operator; None if it has none that can be one."""
        stem = readable(operation.name, operation.kind)
        return self.unique(f"{stem}_{suffix}" if suffix else stem) if stem else None

    def unique(self, stem: str) -> str:
        """The stem, or the stem with a number."""
        name, number = stem, 0
        while name.lower() in self._used:
            number += 1
            name = f"{stem}_{number}"
        self._used.add(name.lower())
        return name


def readable(name: str, kind: str) -> str:
    """ "/layer1/layer1.0/conv1/Conv" -> "layer1_0_conv1": without what is said twice, and without what cannot be in a
    layer's name."""
    parts = [part for part in re.split(r"[/\\:]+", name) if part]
    if len(parts) > 1 and re.fullmatch(rf"(?:node_)?{re.escape(kind)}(?:_\d+)?", parts[-1], re.IGNORECASE):
        parts.pop()
    said = [behind.startswith(f"{part}.") for part, behind in itertools.pairwise([*parts, ""])]
    kept = [part for part, again in zip(parts, said, strict=True) if not again]
    forbidden = r"\W+" if "/" in name else r"[^\w.]+"  # a path of modules, "layer1.0.conv1", stays one
    text = re.sub(forbidden, "_", "_".join(kept), flags=re.ASCII).strip("_.")
    return text[-_LONGEST:].strip("_.")
