"""The public names of Keras 3 that planish does not have, room by room, with what to use instead.

A test compares the table with real Keras's names (tests/keras/names.json): each of them is here or in planish, not in
both.
"""

from __future__ import annotations

from functools import cache

_ELSEWHERE = "use Keras itself for such a model: planish compiles convolutional classifiers of images"
_AUGMENT = "planish.layers.RandAugment(), or other image layers, such as RandomShear(0.2, 0.2)"
_PLAIN_IMAGES = "change the images before fit, with NumPy or Pillow"
_TEXT = "turn text into arrays of numbers before fit; planish's models are for images"
_RECURRENT = "layers on steps, such as AveragePooling1D and TimeDistributed(Dense(units)), or Keras itself"
_ATTENTION = "weights for channels: Multiply()([x, Dense(channels, 'sigmoid')(GlobalAveragePooling2D()(x))])"
_NUMPY = "the function of that name in NumPy, on arrays; in a layer or a loss, operators: x * 2 + 1"
_ON_ARRAYS = "the function of that name in NumPy or SciPy, on arrays: before fit, or in a callback"
_NO_COMPLEX = "NumPy on arrays before fit: values of a model are real numbers, without complex ones and bits"
_FLOAT32 = "leave it out: planish computes in float32"
_ONE_PROCESS = "leave it out: planish uses all processors of one machine, see planish.set_num_threads"
_LEGACY = "the optimizer of that name in planish.optimizers"


BEFORE_KERAS_3 = {
    ("", "Functional"),
    *(("constraints", name) for name in ("RadialConstraint", "radial_constraint")),
    ("models", "Functional"),
    ("utils", "np_utils"),
    *(("layers", name) for name in ("advanced_activations", "convolutional", "core", "experimental", "normalization")),
}
"""Names that programs still use and that Keras 3 does not have."""

Groups = tuple[tuple[str, str], ...]

# For each room: (what to use instead, the names).
_TABLE: dict[str, Groups] = {
    "": (
        ("Model(inputs, outputs), which is called on arrays", "Function"),
        ("planish.utils.is_keras_tensor(x) for isinstance(x, KerasTensor); planish.Input makes one", "KerasTensor"),
        ("NumPy on arrays, or a subclass of Layer", "Operation StatelessScope SymbolicScope"),
        ("Sequential([Input(shape=...), layer, layer, ...])", "Functional"),
        (_FLOAT32, "Quantizer quantizers"),
        (_ONE_PROCESS, "device"),
        ("layers' own names: Dense(10, name='scores')", "name_scope"),
        ("leave it out: planish keeps what gradients need, in slices of the batch", "RematScope remat"),
        ("train the small model on the large one's outputs: fit(x, teacher.predict(x))", "distillation"),
        ("model.export('model.onnx', format='onnx')", "export"),
        ("model.save('model.keras')", "legacy"),
        ("a list or a dictionary by hand", "tree"),
        ("planish.__version__", "version"),
        ("matplotlib, or `planish explain` for what a model sees in an image", "visualization"),
    ),
    "backend": (
        (
            _NUMPY,
            "batch_dot foldl foldr in_top_k map_fn moving_average_update repeat is_float_dtype is_int_dtype"
            " result_type standardize_dtype random_bernoulli random_normal random_normal_variable"
            " random_uniform random_uniform_variable truncated_normal",
        ),
        ("planish.losses.BinaryCrossentropy()", "binary_focal_crossentropy"),
        ("planish.losses.CategoricalCrossentropy()", "categorical_focal_crossentropy"),
        (
            _ELSEWHERE,
            "ctc_batch_cost ctc_decode ctc_label_dense_to_sparse rnn conv1d conv2d_transpose conv3d pool3d"
            " resize_volumes spatial_3d_padding temporal_padding",
        ),
        (
            "the layer of that kind in planish.layers",
            "batch_normalization conv2d depthwise_conv2d dropout pool2d spatial_2d_padding separable_conv2d",
        ),
        ("planish.utils.load_img(path, target_size=(height, width))", "resize_images"),
        ("layers' own names: Dense(10, name='scores')", "get_uid name_scope"),
        ("model.gradients(x, target)", "gradients"),
    ),
    "callbacks": (
        ("BackupAndRestore('backup'), or ModelCheckpoint('last.keras')", "OrbaxCheckpoint"),
        ("LambdaCallback(on_epoch_end=lambda epoch, logs: ...)", "RemoteMonitor"),
    ),
    "config": (
        ("leave it out: planish has no attention layers", "disable_flash_attention enable_flash_attention"),
        ("leave it out: planish has no attention layers", "is_flash_attention_enabled"),
        ("leave it out: code in a file is never run", "enable_unsafe_deserialization"),
        ("leave it out: planish is its own backend", "set_backend is_nnx_enabled"),
        ("fit(epochs=..., steps_per_epoch=...)", "max_epochs max_steps_per_epoch set_max_epochs"),
        ("fit(epochs=..., steps_per_epoch=...)", "set_max_steps_per_epoch"),
    ),
    "constraints": (("MaxNorm(), or a subclass of Constraint", "RadialConstraint radial_constraint"),),
    "datasets": (
        ("planish.datasets.mnist, fashion_mnist, cifar10, cifar100 or digits", "imdb reuters"),
        ("scikit-learn: sklearn.datasets.fetch_california_housing()", "boston_housing california_housing"),
    ),
    "initializers": (
        ("a function of the shape that gives an array: kernel_initializer=function", "STFT STFTInitializer stft"),
    ),
    "layers": (
        ("from planish.layers import Conv2D, Dense, LeakyReLU", "advanced_activations convolutional core"),
        ("from planish.layers import BatchNormalization, Rescaling", "experimental normalization"),
        (
            _AUGMENT,
            "RandomHeight RandomWidth MaxNumBoundingBoxes",
        ),
        ("ReLU(threshold=1.0)", "ThresholdedReLU"),
        ("sequences of one length, padded with zeros: a model without masks sees the zeros", "Masking"),
        (
            _TEXT,
            "CategoryEncoding Discretization Embedding HashedCrossing Hashing IntegerLookup"
            " ReversibleEmbedding StringLookup TextVectorization",
        ),
        (
            _RECURRENT,
            "Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU GRUCell LSTM LSTMCell RNN SimpleRNN SimpleRNNCell"
            " StackedRNNCells",
        ),
        (_ATTENTION, "AdditiveAttention Attention GroupQueryAttention MultiHeadAttention"),
        (
            _ELSEWHERE,
            "Conv3DTranspose Convolution3DTranspose EinsumDense"
            " FlaxLayer JaxLayer"
            " MelSpectrogram STFTSpectrogram TFSMLayer TorchModuleWrapper",
        ),
    ),
    "dtype_policies": (
        (
            _FLOAT32,
            "AWQDTypePolicy DTypePolicyMap GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy"
            " QuantizedFloat8DTypePolicy",
        ),
    ),
    "losses": (
        (_ELSEWHERE, "CTC ctc"),
        ("the string itself: reduction='sum_over_batch_size', 'sum' or 'none'", "Reduction"),
    ),
    "models": (("Sequential([Input(shape=...), layer, layer, ...])", "Functional"),),
    "ops": (
        (_NO_COMPLEX, "extract_sequences fft fft2 ifft2 irfft istft rfft stft view_as_complex view_as_real"),
        ("ops.reshape and ops.transpose", "rearrange"),
        ("ops.fori_loop or ops.map, or a loop of Python's", "associative_scan scan"),
        ("a function of ops, whose gradient follows from it; ops.stop_gradient(x) takes one out", "custom_gradient"),
        (_ON_ARRAYS, "cdist erfinv logdet segment_max segment_min segment_prod segment_sum"),
    ),
    "ops.image": (
        (
            _PLAIN_IMAGES,
            "affine_transform elastic_transform extract_patches extract_patches_3d gaussian_blur hsv_to_rgb"
            " map_coordinates perspective_transform rgb_to_hsv scale_and_translate sobel_edges ssim",
        ),
    ),
    "ops.linalg": (
        (
            _NO_COMPLEX,
            "eig",
        ),
        (
            "a function of ops, whose gradient follows from it; ops.stop_gradient(x) takes one out",
            "jvp",
        ),
        (
            _ON_ARRAYS,
            "cholesky_inverse lstsq lu_factor matrix_rank pinv solve_triangular",
        ),
    ),
    "ops.nn": (
        (
            _NO_COMPLEX,
            "polar",
        ),
        (
            "ops.matmul, ops.softmax and ops.where",
            "dot_product_attention",
        ),
        (
            _ELSEWHERE,
            "ctc_decode ctc_loss",
        ),
        (
            "ops.reshape and ops.transpose",
            "fold unfold",
        ),
    ),
    "ops.numpy": (
        (
            _NO_COMPLEX,
            "angle conj conjugate imag isreal view",
        ),
        (
            "ops.maximum, ops.minimum and ops.mod",
            "fmax fmin fmod",
        ),
        (
            "ops.where(ops.isnan(x), 0.0, x), and then the function without `nan`",
            "nanargmax nanargmin nancumprod nancumsum nanmedian nanpercentile nanprod nanquantile nanstd nanvar",
        ),
        (
            _ON_ARRAYS,
            "bartlett blackman corrcoef correlate geomspace hamming hanning histogram i0 isin kaiser ldexp"
            " logaddexp2 nextafter slogdet trapezoid unique unravel_index vander vectorize",
        ),
    ),
    "optimizers": (
        ("one optimizer for all weights: compile(optimizer=Adam())", "MultiOptimizer OptimizerMap"),
        (_LEGACY, "legacy"),
    ),
    "preprocessing": (
        (_TEXT, "sequence text text_dataset_from_directory"),
        (_ELSEWHERE, "timeseries_dataset_from_array"),
    ),
    "saving": (("load_model(path), and get_weights() of its layers", "KerasFileEditor"),),
    "utils": (
        ("ProgbarLogger in planish.callbacks", "Progbar"),
        (_TEXT, "FeatureSpace pad_sequences text_dataset_from_directory"),
        (_ELSEWHERE, "audio_dataset_from_directory bounding_boxes timeseries_dataset_from_array"),
        ("a class of your own, or types.SimpleNamespace", "Config"),
        ("np.dtype(dtype).name", "standardize_dtype"),
        ("planish.saving.serialize_keras_object and deserialize_keras_object", "legacy"),
        ("planish.utils.to_categorical and the like, which Keras 2 had in it", "np_utils"),
    ),
}


_PARTS = {"ops": ("ops.linalg", "ops.nn", "ops.numpy")}
"""Rooms that have the names of others, too."""


@cache
def _instead(room: str) -> dict[str, str]:
    """What to use instead of each name of a room."""
    own = {name: instead for instead, names in _TABLE.get(room, ()) for name in names.split()}
    for part in _PARTS.get(room, ()):
        own |= _instead(part)
    return own


def lookup(room: str, name: str) -> str | None:
    """What to use instead of a name that only Keras has; None for any other name. Whatever is in a module that only
    Keras has goes the module's way."""
    outer, _, inner = room.rpartition(".")
    return _instead(room).get(name) or (lookup(outer, inner) if room else None)


def names(room: str) -> set[str]:
    """The names of a room that only Keras has."""
    return set(_instead(room))


def spelled(room: str, text: str) -> str | None:
    """The name of a room that only Keras has which a string means, whatever its case and underscores."""
    names = _instead(room)
    return text if text in names else {_plain(name): name for name in names}.get(_plain(text))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def rooms() -> set[str]:
    """The rooms of which something is said."""
    return set(_TABLE)
