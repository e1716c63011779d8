"""ImageDataGenerator and its batches, beyond the values that Keras gives."""

import numpy as np
import pytest
from PIL import Image

import planish
from planish import layers
from planish.preprocessing.image import ImageDataGenerator, Iterator, apply_affine_transform
from planish_runtime.threads import get_num_threads, set_num_threads


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(0, 255, (10, 6, 8, 3)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """cat: 6 images, dog: 4; each is filled with its number."""
    for first, (name, count) in zip((0, 100), (("cat", 6), ("dog", 4)), strict=True):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(np.full((6, 4, 3), first + number, np.uint8)).save(
                tmp_path / "data" / name / f"{number}.png"
            )
    (tmp_path / "data" / "cat" / "notes.txt").write_text("not an image")
    return tmp_path / "data"


def model(shape, classes):
    net = planish.Sequential([planish.Input(shape), layers.Flatten(), layers.Dense(classes, activation="softmax")])
    net.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return net


def test_a_wide_image_is_zoomed_about_its_middle():
    image = np.zeros((4, 20, 1))
    image[1:3, 8:12] = 1
    half = apply_affine_transform(image, zx=0.5, zy=0.5, row_axis=0, col_axis=1, channel_axis=2)
    np.testing.assert_allclose(half, half[::-1, ::-1])
    assert half.sum() > image.sum()


def test_width_shifts_are_along_the_width():
    image = np.arange(12.0).reshape(1, 12, 1).repeat(3, axis=0)
    moved = ImageDataGenerator(width_shift_range=[2]).random_transform(image, seed=0)
    np.testing.assert_array_equal(moved[0, 3:9], image[0, 3:9] + (2 if moved[0, 5, 0] == 7 else -2))
    down = ImageDataGenerator(height_shift_range=0.5).random_transform(image, seed=0)
    np.testing.assert_allclose(down, image)


def test_the_same_batches_on_any_number_of_threads(images):
    generator = ImageDataGenerator(rotation_range=30, zoom_range=0.3, horizontal_flip=True, brightness_range=(0.5, 1))
    before, found = get_num_threads(), []
    try:
        for threads in (1, 3):
            set_num_threads(threads)
            planish.utils.set_random_seed(4)
            batches = generator.flow(images, batch_size=4)
            found.append(np.concatenate([next(batches) for _ in range(6)]))
    finally:
        set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_fit_evaluate_and_predict_take_their_steps_from_its_length(images):
    net = model((6, 8, 3), 2)
    labels = np.eye(2)[np.arange(10) % 2]
    train = ImageDataGenerator(rescale=1 / 255).flow(images, labels, batch_size=4, seed=1)
    history = net.fit(train, epochs=2, validation_data=train, verbose=0)
    assert len(history.history["val_loss"]) == 2
    still = ImageDataGenerator(rescale=1 / 255).flow(images, labels, batch_size=4, shuffle=False)
    np.testing.assert_allclose(net.predict(still, verbose=0), net.predict(images / 255, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(net.evaluate(still, verbose=0), net.evaluate(images / 255, labels, verbose=0), rtol=1e-5)


def test_next_goes_on_without_end_and_reset_begins_again(images):
    batches = ImageDataGenerator().flow(images, np.arange(10), batch_size=4, shuffle=False)
    assert [next(batches)[1].tolist() for _ in range(4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3]]
    batches.reset()
    assert batches.next()[1].tolist() == [0, 1, 2, 3]
    assert (len(batches), batches.n, batches.batch_size) == (3, 10, 4)


def test_a_folder_is_split_class_by_class(folder, capsys):
    generator = ImageDataGenerator(validation_split=0.5)
    train = generator.flow_from_directory(folder, target_size=(3, 2), subset="training", shuffle=False, batch_size=3)
    test = generator.flow_from_directory(str(folder), target_size=(3, 2), subset="validation", class_mode="sparse")
    assert "Found 5 images belonging to 2 classes." in capsys.readouterr().out
    assert train.filenames == ["cat/3.png", "cat/4.png", "cat/5.png", "dog/2.png", "dog/3.png"]
    assert train.class_indices == {"cat": 0, "dog": 1}
    assert (train.samples, train.num_classes, train.classes.tolist()) == (5, 2, [0, 0, 0, 1, 1])
    assert sorted(test.filenames) == ["cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png"]
    x, y = train[1]
    assert x[:, 0, 0, 0].tolist() == [102, 103]
    assert y.tolist() == [[0, 1], [0, 1]]
    net = model((3, 2, 3), 2)
    assert net.predict(train, verbose=0).shape == (5, 2)


def test_class_modes(folder):
    generator = ImageDataGenerator()
    given = {"target_size": (2, 2), "shuffle": False}
    assert generator.flow_from_directory(folder, class_mode=None, **given)[0].shape == (10, 2, 2, 3)
    x, y = generator.flow_from_directory(folder, class_mode="input", **given)[0]
    np.testing.assert_array_equal(x, y)
    x, y = generator.flow_from_directory(folder, class_mode="binary", classes=["dog", "cat"], **given)[0]
    assert (y.tolist(), y.dtype) == ([0] * 4 + [1] * 6, np.float32)


def test_a_table_of_files(folder):
    table = {
        "filename": ["cat/0.png", "dog/1.png", "gone.png", "dog/2.png"],
        "class": ["cat", "dog", "dog", ["dog", "cat"]],
        "age": [1.0, 2.0, 3.0, 4.0],
    }
    generator = ImageDataGenerator()
    given = {"directory": folder, "target_size": (2, 2), "shuffle": False}
    with pytest.warns(UserWarning, match=r"1 file of the column 'filename' is left out"):
        batches = generator.flow_from_dataframe(table, weight_col="age", **given)
    x, y, weight = batches[0]
    assert x[:, 0, 0, 0].tolist() == [0, 101, 102]
    assert y.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert weight.tolist() == [1, 2, 4]
    whole = {name: column[:2] for name, column in table.items()}
    y = generator.flow_from_dataframe(whole, y_col=["age", "age"], class_mode="raw", **given)[0][1]
    assert y.tolist() == [[1, 1], [2, 2]]
    y = generator.flow_from_dataframe(whole, y_col=["age", "class"][:1], class_mode="multi_output", **given)[0][1]
    assert [part.tolist() for part in y] == [[1, 2]]
    only = generator.flow_from_dataframe(whole, classes=["dog"], **given)
    assert only.filenames == ["dog/1.png"]


def test_the_users_function_is_called_in_order_on_one_thread(images):
    seen = []

    def noted(image):
        seen.append(image[0, 0, 0])
        return image * 2

    batches = ImageDataGenerator(preprocessing_function=noted).flow(images, shuffle=False, batch_size=10)
    np.testing.assert_allclose(batches[0], images * 2)
    assert seen == images[:, 0, 0, 0].tolist()


def test_transformed_images_are_saved(images, tmp_path):
    ImageDataGenerator().flow(images, batch_size=4, shuffle=False, save_to_dir=tmp_path, save_prefix="a")[0]
    assert sorted(path.name.split("_")[1] for path in tmp_path.iterdir()) == ["0", "1", "2", "3"]


def test_an_iterator_of_ones_own():
    class Numbers(Iterator):
        def _get_batches_of_transformed_samples(self, index_array):
            return np.asarray(index_array)

    assert [Numbers(3, 2, False, None)[place].tolist() for place in (0, 1)] == [[0, 1], [2]]


MISTAKES = [
    (lambda: ImageDataGenerator(zoom_range=(1, 2, 3)), ValueError, "zoom_range is not two numbers"),
    (lambda: ImageDataGenerator(fill_mode="mirrored"), ValueError, r"unknown fill_mode 'mirrored'"),
    (lambda: ImageDataGenerator(validation_split=20), ValueError, "validation_split is a part of 1"),
    (lambda: ImageDataGenerator(rotation_range="20"), ValueError, "rotation_range is not a number"),
    (lambda: ImageDataGenerator().flow(np.ones((3, 4, 4))), ValueError, "`x` does not hold images"),
    (lambda: ImageDataGenerator().flow(np.ones((3, 4, 4, 1)), [1]), ValueError, "`x` and `y` differ in length"),
    (lambda: ImageDataGenerator().flow(np.ones((3, 4, 4, 1)), subset="validation"), ValueError, "is empty"),
    (lambda: ImageDataGenerator().flow_from_dataframe({"file": []}), ValueError, "has no column 'filename'"),
    (lambda: ImageDataGenerator(validation_split=0.5).flow(np.ones((4, 2, 2, 1)), [0, 0, 1, 1], subset="training"),
     ValueError, "do not have the same classes"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "kind", "text"), MISTAKES, ids=[text for _, _, text in MISTAKES])
def test_a_mistake_is_told(mistake, kind, text):
    with pytest.raises(kind, match=text):
        mistake()


def test_missing_scipy_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.ndimage", None)
    with pytest.raises(ImportError, match=r"pip install 'planish\[images\]'"):
        apply_affine_transform(np.ones((1, 2, 2)), theta=3)


def test_statistics_that_were_not_taken_are_told(images):
    with pytest.warns(UserWarning, match="has not seen images"):
        ImageDataGenerator(featurewise_center=True).flow(images)[0]


@pytest.mark.parametrize("options", [{}, {"classes": ["cat"]}])
def test_a_folder_that_is_not_there(tmp_path, options):
    with pytest.raises(FileNotFoundError, match="there is no such folder of images"):
        ImageDataGenerator().flow_from_directory(tmp_path / "absent", **options)
