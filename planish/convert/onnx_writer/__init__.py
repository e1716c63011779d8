"""A model as ONNX: its graph of primitives, written in ONNX's operators one by one.

Everything that planish computes is made of primitives, so layers of the user's own, operations, nested and shared
models need no code here. `rows` is the table of primitives, `writing` what they are written into.
"""
