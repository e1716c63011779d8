"""Calls of functions that treat each element by itself, of activations and of cross-entropies."""

from tests.ops import arrays as a
from tests.ops.case import case, words

_ANYWHERE = words(
    "abs absolute ceil cos exp exp2 expm1 fabs floor isfinite isinf isnan logical_not negative round sign sin"
    " sinh square tan tanh arctan arcsinh deg2rad rad2deg trunc reciprocal cosh erf erfc relu relu6 sigmoid"
    " silu softplus softsign elu selu celu gelu leaky_relu hard_sigmoid hard_silu hard_tanh hard_shrink"
    " soft_shrink tanh_shrink log_sigmoid squareplus sparse_plus sparse_sigmoid softmax log_softmax glu"
    " nan_to_num normalize rms_normalization layer_normalization zeros_like ones_like copy real"
)

_BINARY = words(
    "add subtract multiply divide true_divide divide_no_nan floor_divide mod maximum minimum greater"
    " greater_equal less less_equal equal not_equal logical_and logical_or logical_xor arctan2 hypot logaddexp"
    " isclose"
)

_BITS = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm"

CASES = [
    *(case(name, a.X) for name in _ANYWHERE),
    *(case(name, a.LARGE) for name in ["sqrt", "rsqrt", "log", "log1p", "log2", "log10", "arccosh"]),
    *(case(name, a.SMALL) for name in ["arcsin", "arccos", "arctanh"]),
    *(case(name, a.X, nodes=None) for name in ["sinc", "cbrt", "signbit"]),
    *(case(name, a.INTEGERS, nodes=None) for name in ("bitwise_not", "bitwise_invert")),
    *(case(name, a.STRANGE) for name in ["isnan", "isinf", "isfinite", "nan_to_num", "isposinf", "isneginf"]),
    case("nan_to_num", a.STRANGE, nan=1.5, posinf=2.5, neginf=-3.5),
    case("round", a.X, decimals=1),
    case("round", a.HALVES),
    *(case(name, a.WHOLE, a.OTHER) for name in _BINARY),
    *(case(name, a.WHOLE, 2.0) for name in _BINARY),
    case("power", a.LARGE, a.X),
    case("power", a.X, 3),
    case("heaviside", a.WHOLE, 0.5),
    case("add", a.X, a.ROW, nodes="bu"),
    case("multiply", a.X, a.ROW[None], nodes="bu"),
    case("multiply", a.X, a.ROW, nodes="b-"),
    case("subtract", a.MAP, a.X[:, None, :, None], nodes="bb"),
    case("maximum", 0.5, a.X),
    *(case(name, a.INTEGERS, a.SHIFTS, nodes=None) for name in _BITS.split()),
    case("allclose", a.X, a.X, nodes=None),
    case("where", a.X > 0, a.X, a.LARGE, nodes="bbb"),
    case("where", a.X > 0, a.X, 0.0, nodes="bb"),
    case("where", a.X > 0, nodes=None),
    case("clip", a.X, -0.5, 0.5),
    case("clip", a.X, a.ROW, 10.0, nodes="bu"),
    case("clip", a.INTEGERS, 1, 3, nodes=None),
    case("leaky_relu", a.X, 0.3),
    case("elu", a.X, alpha=0.5),
    case("celu", a.X, alpha=0.5),
    case("gelu", a.X, approximate=False),
    case("threshold", a.X, 0.1, -7.0),
    case("soft_shrink", a.X, threshold=0.2),
    case("squareplus", a.X, b=2),
    case("softmax", a.MAP, axis=1),
    case("softmax", a.MAP, axis=-2),
    case("log_softmax", a.MAP, axis=2),
    case("softmax", a.X, axis=None, nodes=None),
    case("glu", a.MAP, axis=2),
    case("select", [a.X > 1, a.X > 0], [a.X, a.LARGE], 3.0, nodes=None),
    *(
        case(name, a.SHARES, a.SHARES[::-1].copy(), from_logits=from_logits)
        for name in ("categorical_crossentropy", "binary_crossentropy")
        for from_logits in (False, True)
    ),
    case("sparse_categorical_crossentropy", a.CLASSES, a.SHARES, nodes="bb"),
    case("sparse_categorical_crossentropy", a.CLASSES, a.X, from_logits=True, nodes="bb"),
    case("sparse_categorical_crossentropy", a.CLASSES[:, None], a.SHARES, nodes="bb"),
    case("categorical_crossentropy", a.SHARES, a.SHARES[::-1] * 0.5, axis=1),
    case("psnr", a.X, a.LARGE, 2.0),
    case("cast", a.WHOLE, "int32"),
    case("cast", a.X, "bool"),
    case("cast", a.X, "float32"),
    case("cast", a.INTEGERS, "float32", nodes=None),
    case("saturate_cast", a.LARGE * 100, "uint8", nodes=None),
    case("full_like", a.X, 2.5),
]
