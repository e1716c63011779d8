"""PyTorch's modules as networks in ONNX's words: traced, measured, and written call by call.

PyTorch is imported by nothing here before there is a module of it.
"""
