"""What facts.json is made of: tables without their lines, and parts that are written once. Needs nothing else."""

import json

LONG = 60
"""Characters of JSON from which on a part that is there twice is written once."""


def squeezed(text):
    """A summary's widths of columns, and its lines: in those of the table, the cells between bars."""
    lines = text.rstrip("\n").split("\n")
    rules = [line for line in lines if line.startswith("┏")]
    cells = ["|".join(cell.strip() for cell in line[1:-1].split(line[0])) for line in lines if line[:1] in "│┃"]
    others = [line for line in lines if line[:1] not in "│┃┏┡├└"]
    return [[[len(part) for part in rule[1:-1].split("┳")] for rule in rules], cells, others]


def packed(value):
    """The value with its repeated parts replaced by their numbers: {"value": ..., "parts": [...]}."""
    counts = {}

    def count(part):
        text = json.dumps(part, sort_keys=True)
        if isinstance(part, dict) and len(text) >= LONG:
            counts[text] = counts.get(text, 0) + 1
            if counts[text] > 1:
                return
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else []:
            count(inner)

    count(value)
    repeated = {text: number for number, text in enumerate(text for text, times in counts.items() if times > 1)}

    def short(part, *, whole=False):
        if isinstance(part, dict):
            number = repeated.get(json.dumps(part, sort_keys=True))
            if number is not None and not whole:
                return {"part": number}
            return {key: short(inner) for key, inner in part.items()}
        return [short(inner) for inner in part] if isinstance(part, list) else part

    return {"value": short(value), "parts": [short(json.loads(text), whole=True) for text in repeated]}


def unpacked(found):
    """The value that `packed` was given."""

    def whole(part):
        if isinstance(part, dict):
            if part.keys() == {"part"}:
                return whole(found["parts"][part["part"]])
            return {key: whole(inner) for key, inner in part.items()}
        return [whole(inner) for inner in part] if isinstance(part, list) else part

    return whole(found["value"])
