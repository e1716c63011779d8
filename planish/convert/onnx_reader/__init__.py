"""Files of ONNX, read as networks: bounds first, nothing executed, nothing from outside of the file's folder."""
