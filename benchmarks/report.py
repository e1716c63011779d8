"""Tables in Markdown, numbers in JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from pathlib import Path
from typing import Any

Times = dict[str, list[float]]


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, first column left, the others right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def comparison(title: str, times: Times, unit: str, scale: float) -> str:
    """Medians beside planish's."""
    medians = {name: statistics.median(values) for name, values in times.items()}
    own = next((median for name, median in medians.items() if name.startswith("planish")), None)
    rows = [
        [
            name,
            f"{median * scale:,.4g} {unit}",
            f"{min(times[name]) * scale:,.4g}",
            f"{own / median:.3f}" if own else "-",
        ]
        for name, median in sorted(medians.items(), key=lambda item: item[1])
    ]
    return f"{title}\n\n" + table(["", "median", "fastest", "planish's time as a share"], rows)


def best_peer(times: Times) -> tuple[str, float | None]:
    """The fastest other than planish, and its median; ("", None) if planish is alone."""
    medians = {name: statistics.median(values) for name, values in times.items() if not name.startswith("planish")}
    name = min(medians, key=medians.__getitem__, default="")
    return name, medians.get(name)


def machine_line() -> str:
    """The machine in a line for people."""
    facts = machine()
    return f"{facts['processor']}, {facts['processors']} processors, load {facts['load']}"


def machine() -> dict[str, Any]:
    """What was measured on."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line.split(":", 1)[1].strip() for line in information.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": model, "processors": os.cpu_count(), "python": platform.python_version(), "load": load}


def save(path: Path | None, **numbers: Any) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": machine(), **numbers}, indent=1, default=str) + "\n", encoding="utf-8")
