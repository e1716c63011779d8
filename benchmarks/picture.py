"""Pictures of what was measured: `python benchmarks/picture.py predict.json fit.json speed.svg` for the README."""

from __future__ import annotations

import argparse
import json
import math
import statistics
from html import escape
from pathlib import Path
from typing import Any

from report import Times

WIDTH, ROW, LEFT, RIGHT = 760, 24, 220, 80
OWN, TEXT = "#c2410c", "#64748b"  # readable on white and on black
OTHERS = ("#2563eb", "#0d9488", "#7c3aed", "#ca8a04", "#db2777", "#65a30d", "#94a3b8")


def document(elements: list[str], height: float, told: str) -> str:
    """An SVG file."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" font-family="sans-serif" font-size="13" fill="{TEXT}" role="img" '
        f'aria-label="{escape(told)}">'
    )
    return "\n".join([head, *elements, "</svg>\n"])


def text(x: float, y: float, words: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'


def bars(title: str, times: Times, top: int) -> tuple[list[str], int]:
    """Median seconds from `top` down, fastest first, and where they end."""
    medians = sorted(((statistics.median(values), name) for name, values in times.items()))
    elements = [text(0, top + 16, title, extra=' font-weight="bold"')]
    y = top + 28
    for seconds, name in medians:
        length = max(1, round((WIDTH - LEFT - RIGHT) * seconds / medians[-1][0]))
        colour = OWN if name.startswith("planish") else OTHERS[-1]
        elements.append(text(LEFT - 8, y + 15, name, "end"))
        elements.append(f'<rect x="{LEFT}" y="{y + 2}" width="{length}" height="{ROW - 8}" rx="2" fill="{colour}"/>')
        elements.append(text(LEFT + length + 6, y + 15, f"{seconds:.2f} s"))
        y += ROW
    return elements, y + 16


def speed_picture(predict: dict[str, Any], fit: dict[str, Any]) -> str:
    """Predicting with the first net, and an epoch of the first net that was trained."""
    cell, predicted = fit["cells"][0], predict["cells"][0]
    first, middle = bars(f"predict: {predicted['images']:,} images, seconds", predicted["many"], 0)
    second, end = bars(
        f"fit: an epoch of {cell['images']:,} images, batch {cell['batch']}, seconds", cell["times"], middle
    )
    return document([*first, *second], end, "Times of planish and its peers")


def training_picture(cells: list[dict[str, Any]]) -> str:
    """Images trained on per second, a row for each net and batch size, a dot for each library; logarithmic."""
    rates = [
        {name: cell["images"] / statistics.median(values) for name, values in cell["times"].items()} for cell in cells
    ]
    names = sorted({name for row in rates for name in row}, key=lambda name: (name != "planish", name))
    others = [name for name in names if name != "planish"]
    colours = {"planish": OWN} | {name: OTHERS[place % len(OTHERS)] for place, name in enumerate(others)}
    exponents = range(
        math.floor(math.log10(min(min(row.values()) for row in rates))),
        math.ceil(math.log10(max(max(row.values()) for row in rates))) + 1,
    )

    def across(rate: float) -> float:
        return LEFT + (WIDTH - LEFT - 50) * (math.log10(rate) - exponents[0]) / max(1, len(exponents) - 1)

    elements, top = _legend(names, colours)
    bottom = top + ROW * len(rates)
    for exponent in exponents:
        x = across(10.0**exponent)
        ends = f'x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}"'
        elements.append(f'<line {ends} stroke="{TEXT}" stroke-opacity="0.3"/>')
        elements.append(text(x, bottom + 16, f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:g}", "middle"))
    for place, (cell, row) in enumerate(zip(cells, rates, strict=True)):
        y = top + ROW * (place + 0.5)
        elements.append(text(LEFT - 12, y + 4, f"{cell['net']}, batch {cell['batch']}", "end"))
        for name in reversed(names):  # planish is drawn last, over the others
            if name in row:
                radius = 6 if name == "planish" else 4.5
                dot = f'<circle cx="{across(row[name]):.1f}" cy="{y:.1f}" r="{radius}" fill="{colours[name]}">'
                elements.append(f"{dot}<title>{escape(name)}: {row[name]:,.0f} images/s</title></circle>")
    return document(elements, bottom + 28, "Images trained on per second, by net, batch size and library")


def _legend(names: list[str], colours: dict[str, str]) -> tuple[list[str], int]:
    """The names with their dots, in lines, and where they end."""
    elements = [text(0, 16, "fit: images per second, more is better", extra=' font-weight="bold"')]
    x, y = 0.0, 40
    for name in names:
        width = 24 + 7.5 * len(name)
        if x + width > WIDTH:
            x, y = 0.0, y + 20
        elements.append(f'<circle cx="{x + 6:.1f}" cy="{y - 4}" r="5" fill="{colours[name]}"/>')
        elements.append(text(x + 16, y, name))
        x += width
    return elements, y + 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("predict", type=Path)
    parser.add_argument("fit", type=Path)
    parser.add_argument("svg", type=Path)
    arguments = parser.parse_args()
    predict, fit = (json.loads(path.read_text(encoding="utf-8")) for path in (arguments.predict, arguments.fit))
    arguments.svg.write_text(speed_picture(predict, fit), encoding="utf-8")


if __name__ == "__main__":
    main()
