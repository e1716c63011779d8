"""Elements of the user's arrays, of any of NumPy's numeric types, as f32, f64 or i32."""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index, Pointer, Value

# LLVM's type in memory, and how a value of it becomes f32 and i32; f64 is reached as f32 is, unless it is told below.
ELEMENT_TYPES: dict[str, tuple[str, str, str]] = {
    "float32": ("float", "", "fptosi"),
    "float64": ("double", "fptrunc", "fptosi"),
    "float16": ("half", "fpext", "fptosi"),
    "uint8": ("i8", "uitofp", "zext"),
    "int8": ("i8", "sitofp", "sext"),
    "uint16": ("i16", "uitofp", "zext"),
    "int16": ("i16", "sitofp", "sext"),
    "uint32": ("i32", "uitofp", ""),
    "int32": ("i32", "sitofp", ""),
    "uint64": ("i64", "uitofp", "trunc"),
    "int64": ("i64", "sitofp", "trunc"),
    "bool": ("i8", "uitofp", "zext"),
}

_TO_DOUBLE = {"float": "fpext", "double": ""}
_HALF_BIAS = 127 - 15  # between the exponents of float16 and float32

_NBYTES = {"float": 4, "double": 8, "half": 2, "i8": 1, "i16": 2, "i32": 4, "i64": 8}


def element_nbytes(memory_dtype: str) -> int:
    return _NBYTES[ELEMENT_TYPES[memory_dtype][0]]


def load_elements(
    f: Function, memory_dtype: str, pointer: Pointer, place: Index, count: int, wanted: str = "float"
) -> Value:
    """`count` elements from index `place` on, as LLVM's type `wanted`: float, double or i32."""
    memory, to_float, to_integer = ELEMENT_TYPES[memory_dtype]
    cast = to_integer if wanted == "i32" else to_float
    if wanted == "double":
        cast = _TO_DOUBLE.get(memory, to_float)
    stored, result = (f"<{count} x {memory}>", f"<{count} x {wanted}>") if count > 1 else (memory, wanted)
    value = f.let(f"load {stored}, ptr {f.offset(pointer, f.multiply(place, _NBYTES[memory]))}, align 1")
    if memory == "half" and wanted != "i32":
        single = _float_from_half(f, value, count)
        return single if wanted == "float" else f.let(f"fpext {stored.replace('half', 'float')} {single} to {result}")
    return f.let(f"{cast} {stored} {value} to {result}") if cast else value


def _float_from_half(f: Function, half: Value, count: int) -> Value:
    """The same number as f32: not every processor has an instruction for it, and there is no library to call."""

    def typed(element: str) -> str:
        return f"<{count} x {element}>" if count > 1 else element

    def repeated(element: str, number: object) -> str:
        return f"<{', '.join([f'{element} {number}'] * count)}>" if count > 1 else str(number)

    def integer(opcode: str, a: Value, number: int) -> Value:
        return f.let(f"{opcode} {typed('i32')} {a}, {repeated('i32', number)}")

    def chosen(predicate: str, bound: int, a: Value, b: Value) -> Value:
        mask = f.let(f"icmp {predicate} {typed('i32')} {size}, {repeated('i32', bound)}")
        return f.let(f"select {typed('i1')} {mask}, {typed('i32')} {a}, {typed('i32')} {b}")

    words, integers, floats = typed("i16"), typed("i32"), typed("float")
    stored = f.let(f"bitcast {typed('half')} {half} to {words}")
    bits = f.let(f"zext {words} {stored} to {integers}")
    size = integer("and", bits, 0x7FFF)
    moved = integer("shl", size, 13)
    normal = integer("add", moved, _HALF_BIAS << 23)
    endless = integer("add", moved, 2 * _HALF_BIAS << 23)  # infinity and NaN have the largest exponent of both types
    counted = f.let(f"sitofp {integers} {size} to {floats}")
    denormal = f.let(f"fmul {floats} {counted}, {repeated('float', f.float_constant(2.0**-24))}")
    small = f.let(f"bitcast {floats} {denormal} to {integers}")
    sign = integer("shl", integer("lshr", bits, 15), 31)
    joined = chosen("ult", 0x400, small, chosen("ult", 0x7C00, normal, endless))
    signed = f.let(f"or {integers} {joined}, {sign}")
    return f.let(f"bitcast {integers} {signed} to {floats}")
