"""ResNet50 under the name that its module had in Keras 2."""

from planish.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
