"""Bars from the numbers of two benchmarks: `python benchmarks/picture.py predict.json fit.json speed.svg`."""

from __future__ import annotations

import argparse
import json
import statistics
from html import escape
from pathlib import Path

WIDTH, ROW, LEFT, RIGHT = 760, 24, 190, 90
OWN, OTHERS, TEXT = "#c2410c", "#94a3b8", "#64748b"  # readable on white and on black


def medians(times: dict[str, list[float]]) -> list[tuple[str, float]]:
    """Names and median seconds, fastest first."""
    return sorted(((name, statistics.median(values)) for name, values in times.items()), key=lambda bar: bar[1])


def chart(title: str, bars: list[tuple[str, float]], top: int) -> tuple[list[str], int]:
    """SVG elements from `top` down, and where they end."""
    longest = max(seconds for _, seconds in bars)
    lines = [f'<text x="0" y="{top + 16}" font-weight="bold">{escape(title)}</text>']
    y = top + 28
    for name, seconds in bars:
        length = max(1, round((WIDTH - LEFT - RIGHT) * seconds / longest))
        colour = OWN if name.startswith("planish") else OTHERS
        lines.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>')
        lines.append(f'<rect x="{LEFT}" y="{y + 2}" width="{length}" height="{ROW - 8}" rx="2" fill="{colour}"/>')
        lines.append(f'<text x="{LEFT + length + 6}" y="{y + 15}">{seconds:.2f} s</text>')
        y += ROW
    return lines, y + 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("predict", type=Path)
    parser.add_argument("fit", type=Path)
    parser.add_argument("svg", type=Path)
    arguments = parser.parse_args()
    predict, fit = (json.loads(path.read_text(encoding="utf-8")) for path in (arguments.predict, arguments.fit))
    first, middle = chart(f"predict: {predict['images']:,} images, seconds", medians(predict["many"]), 0)
    second, end = chart(
        f"fit: an epoch of {fit['images']:,} images, batch {fit['batch']}, seconds", medians(fit["fit"]), middle
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {end}" width="{WIDTH}" height="{end}" '
        f'font-family="sans-serif" font-size="13" fill="{TEXT}" role="img" aria-label="Times of planish and its peers">'
    )
    arguments.svg.write_text("\n".join([head, *first, *second, "</svg>\n"]), encoding="utf-8")


if __name__ == "__main__":
    main()
