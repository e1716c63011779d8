"""Arguments of Keras's that planish takes with their meaning, or refuses by their name."""

import numpy as np
import pytest

import planish as keras
from planish import callbacks, initializers, layers, optimizers
from tests.rows import failures


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (lambda: layers.Dense(3, lora_rank=4), "lora_rank"),
        (lambda: layers.Dense(3, lora_alpha=4), "lora_alpha"),
        (lambda: layers.Dense(3, quantization_config={}), "quantization_config"),
        (lambda: layers.Conv2D(3, 3, lora_rank=4), "lora_rank"),
        (lambda: layers.BatchNormalization(renorm=True), "renorm"),
        (lambda: layers.Input((3,), sparse=True), "sparse"),
        (lambda: layers.Input((3,), ragged=True), "ragged"),
        (lambda: layers.Input((3,), optional=True), "optional"),
        (lambda: layers.Dense(3).add_weight("w", (3,), overwrite_with_gradient=True), "overwrite_with_gradient"),
        (lambda: optimizers.SGD(lr=0.1), "lr"),
        (lambda: initializers.VarianceScaling(input_axes=(0,)), "input_axes"),
        (lambda: small_model().save("m.keras", zipped=False), "zipped"),
        (lambda: small_model().save("m.keras", save_format="h5"), "save_format"),
        (lambda: small_model().save_weights("m.weights.json", max_shard_size=0), "max_shard_size"),
    ],
)
def test_an_argument_without_a_meaning_is_refused_by_its_name(use, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"\b{name}\b"):
        use()
    assert not list(tmp_path.iterdir())


SPATIAL = [
    getattr(layers, f"{kind}{rank}D")
    for kind, ranks in {
        "AdaptiveAveragePooling": (1, 2, 3), "AdaptiveMaxPooling": (1, 2, 3), "AveragePooling": (1, 2),
        "Cropping": (1, 2, 3), "GlobalAveragePooling": (1, 2), "GlobalMaxPooling": (1, 2), "MaxPooling": (1, 2),
        "UpSampling": (1, 2, 3), "ZeroPadding": (1, 2, 3),
    }.items()
    for rank in ranks
]  # fmt: skip
LAYERS = [
    layers.Activation, layers.BatchNormalization, layers.Conv2D, layers.Dense, layers.Dropout, layers.ELU,
    layers.Flatten, layers.Identity, layers.InputLayer, layers.Lambda, layers.LeakyReLU, layers.Permute, layers.ReLU,
    layers.RepeatVector, layers.Rescaling, layers.Reshape, layers.Softmax,
    layers.TimeDistributed, layers.Wrapper, *SPATIAL,
    layers.GroupNormalization, layers.LayerNormalization, layers.Normalization, layers.RMSNormalization,
    layers.UnitNormalization,
    layers.ActivityRegularization, layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise,
    layers.PReLU, layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D,
    layers.CenterCrop, layers.RandomBrightness, layers.RandomContrast, layers.RandomCrop,
    layers.RandomErasing, layers.RandomFlip, layers.RandomGrayscale, layers.RandomRotation,
    layers.RandomShear, layers.RandomTranslation, layers.RandomZoom, layers.Resizing,
    layers.AutoContrast, layers.Equalization, layers.RandAugment, layers.RandomColorDegeneration,
    layers.RandomColorJitter, layers.RandomGaussianBlur, layers.RandomHue, layers.RandomInvert,
    layers.RandomPosterization, layers.RandomSaturation, layers.RandomSharpness, layers.Solarization,
    layers.CutMix, layers.MixUp, layers.AugMix, layers.ContrastLimitedAdaptiveHistogramEqualization,
    layers.RandomElasticTransform, layers.RandomPerspective,
]  # fmt: skip
NEEDED = {
    layers.AlphaDropout: (0.5,), layers.GaussianDropout: (0.5,), layers.GaussianNoise: (0.5,),
    layers.SpatialDropout1D: (0.5,), layers.SpatialDropout2D: (0.5,), layers.SpatialDropout3D: (0.5,),
    layers.Activation: ("relu",), layers.Conv2D: (2, 2), layers.Dense: (2,), layers.Dropout: (0.5,),
    layers.CenterCrop: (2, 2), layers.RandomBrightness: (0.5,), layers.RandomContrast: (0.5,),
    layers.RandomCrop: (2, 2), layers.Resizing: (2, 2), layers.RandomRotation: (0.5,), layers.RandomZoom: (0.5,),
    layers.RandomTranslation: (0.5, 0.5), layers.RandomColorDegeneration: (0.5,), layers.RandomHue: (0.5,),
    layers.RandomPosterization: (3,), layers.RandomSaturation: (0.5,), layers.RandomSharpness: (0.5,),
    layers.InputLayer: ((2,),), layers.Lambda: (abs,), layers.Permute: ((1,),), layers.RepeatVector: (2,),
    layers.Rescaling: (2.0,), layers.Reshape: ((1,),), layers.TimeDistributed: (layers.Dense(2),),
    layers.Wrapper: (layers.Dense(2),),
    **{layer: (2,) for layer in SPATIAL if "Adaptive" in layer.__name__ or layer.__name__.startswith("Average")},
}  # fmt: skip


def test_an_argument_that_no_layer_has():
    def check(layer):
        with pytest.raises(ValueError, match=rf"^unknown argument of {layer.__name__} 'foo'\n  expected: one of '"):
            layer(*NEEDED.get(layer, ()), foo=1)
        with pytest.raises(ValueError, match=r"unknown argument(.*\n)*.*did you mean (.* or )?'trainable'(.*)\?"):
            layer(*NEEDED.get(layer, ()), trainabel=False)

    assert failures(LAYERS, check) == {}


def test_arguments_that_every_layer_has():
    def check(layer):
        made = layer(*NEEDED.get(layer, ()), name="own", trainable=False, dtype="float32", autocast=False)
        assert (made.name, made.trainable, made.dtype, made.autocast) == ("own", False, "float32", False)
        assert layer(*NEEDED.get(layer, ()), input_shape=(4, 4, 1)).declared_shape == (None, 4, 4, 1)
        assert layer(*NEEDED.get(layer, ()), batch_input_shape=(8, 4)).declared_shape == (8, 4)

    assert failures((layer for layer in LAYERS if layer is not layers.InputLayer), check) == {}


def small_model():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, name="d")])
    model.compile(optimizers.Adam(0.1), "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    return model


def test_a_file_without_the_optimizer(tmp_path):
    model = small_model()
    model.save(tmp_path / "with.keras", include_optimizer=True, save_format="keras", zipped=True)
    model.save(tmp_path / "without.keras", include_optimizer=False)
    with_it, without = (keras.models.load_model(tmp_path / f"{name}.keras") for name in ("with", "without"))
    assert with_it.compiled
    assert int(with_it.optimizer.iterations) == 1
    assert not without.compiled
    assert model.compiled
    np.testing.assert_array_equal(without.get_weights()[0], model.get_weights()[0])
    sizes = [(tmp_path / f"{name}.keras").stat().st_size for name in ("with", "without")]
    assert sizes[1] < sizes[0]
    with pytest.raises(FileExistsError):
        model.save(tmp_path / "with.keras", overwrite=False)


def test_weights_of_a_layer_of_ones_own():
    class Scale(layers.Layer):
        def create_weights(self, shape):
            self.first = self.add_weight((2,), "ones")
            self.second = self.add_weight(shape=(3,), initializer="zeros", dtype="float32", trainable=False, name="s")
            self.third = self.add_weight("t", (2, 2))
            self.fourth = self.add_weight(4)

    layer = Scale()
    layer.build((None, 3))
    assert {(each.name, each.shape, each.trainable) for each in layer.weights} == {
        ("variable_0", (2,), True), ("s", (3,), False), ("t", (2, 2), True), ("variable_3", (4,), True),
    }  # fmt: skip
    np.testing.assert_array_equal(layer.first.numpy(), [1, 1])
    assert len(np.unique(layer.third.numpy())) == 4
    with pytest.raises(ValueError, match="this dtype is not supported"):
        layer.add_weight("h", (2,), dtype="float16")


def test_a_loss_that_is_not_finite_can_end_training_with_an_error():
    model = keras.Sequential([layers.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(optimizers.SGD(1e30), "mse")
    x, y = np.ones((4, 1)) * 1e10, np.zeros((4, 1))
    with pytest.raises(RuntimeError, match=r"^the loss is (nan|inf) after batch \d\n  remedy:"):
        model.fit(x, y, batch_size=1, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_objects_of_ones_own_by_name():
    class Half(initializers.Initializer):
        def values(self, shape):
            return np.full(shape, 0.5)

    config = {"class_name": "Half", "config": {}}
    assert isinstance(initializers.deserialize(config, {"Half": Half}), Half)
    assert keras.activations.deserialize("twice", {"twice": abs}) is abs
    own = type("Own", (keras.regularizers.L2,), {})
    assert isinstance(keras.regularizers.deserialize({"class_name": "Own", "config": {"l2": 0.1}}, {"Own": own}), own)
