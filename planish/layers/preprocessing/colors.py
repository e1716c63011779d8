"""Colors as hue, saturation and value, as TensorFlow has them."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node

_SIXTH = 1.0 / 6.0


def to_hsv(x: Node) -> tuple[Node, Node, Node]:
    """Maps (height, width, 3) of red, green and blue as hue and saturation from 0 to 1, and the greatest of the
    three: each of the shape (height, width)."""
    red, green, blue = primitives.unstack(x, 2)
    value = primitives.maximum(primitives.maximum(red, green), blue)
    span = primitives.subtract(value, primitives.minimum(primitives.minimum(red, green), blue))
    saturation = primitives.select(primitives.greater(value, 0.0), primitives.divide(span, value), 0.0)

    def from_third(a: Node, b: Node, start: float) -> Node:
        return primitives.add(primitives.multiply(primitives.divide(primitives.subtract(a, b), span), _SIXTH), start)

    hue = primitives.select(
        primitives.equal(red, value),
        from_third(green, blue, 0.0),
        primitives.select(
            primitives.equal(green, value), from_third(blue, red, 2 * _SIXTH), from_third(red, green, 4 * _SIXTH)
        ),
    )
    hue = primitives.select(primitives.greater(span, 0.0), hue, 0.0)
    return primitives.select(primitives.less(hue, 0.0), primitives.add(hue, 1.0), hue), saturation, value


def from_hsv(hue: Node, saturation: Node, value: Node) -> Node:
    """Hue, saturation and value as maps (height, width, 3) of red, green and blue."""
    sixths = primitives.multiply(hue, 6.0)

    def full(middle: float, sign: float) -> Node:
        """How much of a color there is where colors are pure."""
        away = primitives.absolute(primitives.subtract(sixths, middle))
        amount = primitives.add(primitives.multiply(away, sign), 2.0 if sign < 0 else -1.0)
        return primitives.minimum(primitives.maximum(amount, 0.0), 1.0)

    gray = primitives.subtract(1.0, saturation)
    shares = (full(3.0, 1.0), full(2.0, -1.0), full(4.0, -1.0))
    colors = [
        primitives.multiply(primitives.add(gray, primitives.multiply(saturation, share)), value) for share in shares
    ]
    return primitives.stack(colors, 2)
