"""The nets of `planish.applications` are Keras's, layer by layer, so that Keras's files of weights fit them."""

import json
from pathlib import Path

import pytest

import planish
from tests.applications.describe import digest
from tests.applications.nets import NETS, built

RECORDED = json.loads((Path(__file__).parent / "structures.json").read_text(encoding="utf-8"))
SAMPLE = {
    "VGG16 pooled",
    "ResNet50 for 7",
    "ResNet50V2",
    "DenseNet121",
    "InceptionV3 odd",
    "Xception open",
    "MobileNet quarter",
    "MobileNetV2 wide",
    "MobileNetV3Small",
    "MobileNetV3Small minimalistic",
    "MobileNetV3Large wide",
    "EfficientNetB0 pooled",
    "EfficientNetB2",
    "EfficientNetV2B2 pooled",
    "EfficientNetV2B0 gray",
    "InceptionResNetV2 odd",
    "NASNetMobile odd",
    "ConvNeXtTiny",
    "ConvNeXtTiny pooled",
}


@pytest.mark.parametrize("spec", NETS)
def test_a_net_has_the_layers_of_keras(spec, request, zeros_at_first):
    if spec not in SAMPLE and not request.config.getoption("every_net"):
        pytest.skip("one of the sample, with --every-net all")
    planish.utils.clear_session(free_memory=False)
    assert digest(built(planish, spec)) == RECORDED[spec]


def test_the_sample_has_every_family():
    assert SAMPLE <= set(NETS) == set(RECORDED)
    assert {spec.split()[0].rstrip("0123456789") for spec in SAMPLE} >= {
        "VGG",
        "EfficientNetB",
        "DenseNet",
        "ConvNeXtTiny",
    }
