"""Values of odd sizes, of every kind that kernels make, for programs that tests look at closely."""

import numpy as np

from planish import primitives

SIZES = (1, 3, 7, 9, 15, 17, 31, 33)
DTYPES = ("float32", "float64", "float16", "uint8", "int16", "int64", "bool")


def odd_sizes(case):
    """Kernels that a random graph seldom has, with channels that fill no vector."""
    for size in SIZES:
        x = case.input(3, 4, size)
        case.output(primitives.softmax(primitives.dense(x, case.weight(size, size))))
        case.output(primitives.conv2d(x, case.weight(3, 3, size, size), padding=((1, 1), (1, 1))))
        case.output(primitives.conv2d(x, case.weight(3, 2, 1, size), (1, 2), ((1, 1), (0, 1)), groups=size))
        case.output(primitives.max_pool2d(x, (2, 2), (1, 2)))
        case.output(primitives.transpose(x, (2, 0, 1)))
        case.output(primitives.reduce_mean(x, (0, 1)))
        case.output(primitives.reduce_sum(primitives.multiply(x, case.weight(size)), (2,)))
        case.output(primitives.one_hot(case.input(values=np.full(case.images, 1, np.uint8), dtype="i32"), size))
        for dtype in DTYPES:
            case.output(primitives.square(case.input(size, values=np.ones((case.images, size), dtype))))
    drawings(case)


def drawings(case):
    """Layers on images of which some are mostly zeros, and some are not."""
    for size in (17, 33, 95):
        values = case.generator.standard_normal((case.images, size))
        for live in (values > 1.5, values != 0):
            x = case.input(size, values=np.where(live, values, 0).astype("f"))
            for units in (1, 10, 53):
                case.output(primitives.relu(primitives.dense(x, case.weight(size, units))))


def arranged(case, x, size):
    """Elements moved, and entries by numbers, some of which name none."""
    numbers = case.input(
        4, values=case.generator.choice([0, -3, 2, 3, -4, 2**31 - 1, -(2**31)], (case.images, 4)), dtype="i32"
    )
    x = x[:, :3, :4]
    case.output(x[:, ::-1, ::2, ::-1])
    case.output(primitives.pad(x, [(2, 0), (1, 3), (size - 1, size // 2)], "reflect"))
    case.output(primitives.spread_strided(x, (7, 4, size + 2), (6, 0, 1), (-3, 1, 1), 1.0))
    for entries in (numbers, primitives.multiply(case.input(4), 1e9), primitives.table([2, -1, 0])):
        case.output(primitives.take(x, entries))
        case.output(primitives.multiply(primitives.take(case.weight(3, size), entries), case.input()))
    case.output(primitives.take_along_axis(case.weight(3, size), primitives.multiply(case.input(2, size), 3.0), 0))
    for interpolation in ("nearest", "bilinear", "lanczos3"):
        case.output(primitives.resize2d(x, (5, size + 1), interpolation))


def computed(case, size):
    """Products of matrices, what is searched and sorted, running sums, and reductions of every kind."""
    x, y = case.input(5, size), case.input(size, 2 * size)
    case.output(primitives.matmul(x, y))
    case.output(primitives.matmul(case.weight(40, size), y))
    case.output(primitives.contract(x, case.input(3, size), ((1,), (1,))))
    case.output(primitives.as_floats(case.input(size, values=np.full((case.images, size), 3, np.uint8), dtype="i32")))
    for axis in (0, 1):
        case.output(primitives.argmax(x, axis))
        case.output(primitives.cumsum(x, axis))
        case.output(primitives.cumprod(x, axis, reverse=True))
        case.output(primitives.sort(y, axis))
        case.output(primitives.reduce_min(x, (axis,)))
        case.output(primitives.reduce_prod(x, (axis,)))
    case.output(primitives.top_k(x, min(size, 4))[1])


def joined_maps(case, size):
    """Kernels that write and read inside of a larger map."""
    border = ((1, 1), (1, 1))
    x = primitives.tanh(case.input(6, 7, size))
    parts = [
        x,
        primitives.conv2d(x, case.weight(1, 1, size, size + 1)),
        primitives.conv2d(x, case.weight(3, 3, size, 33), padding=border),
        primitives.conv2d(x, case.weight(3, 3, 1, size), padding=border, groups=size),
        primitives.max_pool2d(x, (3, 3), (1, 1), border),
        primitives.average_pool2d(x, (3, 3), (1, 1), border),
    ]
    whole = primitives.concatenate([primitives.concatenate(parts, 2), primitives.square(x)], 2)
    case.output(primitives.add(whole, 1.0))
    case.output(primitives.conv2d(parts[2], case.weight(3, 3, 33, 17)))
    case.output(primitives.max_pool2d(parts[1], (2, 2), (2, 2)))
    case.output(primitives.reduce_sum(primitives.square(parts[4]), (0, 1)))
    case.output(primitives.exp(whole[..., 1:size]))


def small_and_large_maps(case):
    """3x3 convolutions of one tile, and of some that are more than one row of a map."""
    for rows, columns, filters in ((3, 5, 100), (19, 27, 21)):
        for strides in ((1, 1), (2, 2)):
            case.output(primitives.conv2d(case.input(rows, columns, 20), case.weight(3, 3, 20, filters), strides))
