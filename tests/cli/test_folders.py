"""Where the images of a folder are, and which of them are held out."""

import os

import numpy as np
import pytest
from PIL import Image

from planish.cli import folder_data, splitting
from planish.cli.folders import ALL, TEST, TRAINING, VALIDATION, ImageFile, listed, part_named


@pytest.fixture
def images(tmp_path):
    """Makes images: `images("train/cat", 3)` makes three of them, 6x6, in that folder."""

    def make(place, count=1, size=(6, 6), first=0):
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            colours = np.full((*size, 3), (number * 10 % 256, 100, 200), np.uint8)
            Image.fromarray(colours).save(folder / f"{number}.png")
        return tmp_path

    return make


@pytest.mark.parametrize("name", ["train", "Train", "TRAINING", "training_set", "Train-Set", "train set", "trainset"])
def test_names_of_folders_for_training(name):
    assert part_named(name) == TRAINING


@pytest.mark.parametrize("name", ["val", "VALID", "Validation", "dev", "validation_set", "valid_data"])
def test_names_of_folders_for_validation(name):
    assert part_named(name) == VALIDATION


@pytest.mark.parametrize("name", ["test", "Testing", "Test_Set", "TEST-SET"])
def test_names_of_folders_for_tests(name):
    assert part_named(name) == TEST


@pytest.mark.parametrize("name", ["trains", "cat", "set", "_set", "", "device", "value", "contest"])
def test_other_names(name):
    assert part_named(name) is None


def test_parts_in_any_case(images):
    for place in ("Training_Set", "VAL", "Test"):
        images(f"{place}/cat", 2)
        root = images(f"{place}/dog", 1)
    found = listed(str(root))
    assert found.class_names == ["cat", "dog"]
    assert {part: len(files) for part, files in found.parts.items()} == {TRAINING: 3, VALIDATION: 3, TEST: 3}
    assert found.parts[TEST][2].path == str(root / "Test" / "dog" / "0.png")
    data = folder_data.for_training(str(root))
    assert data.validation is data.parts[VALIDATION]
    assert data.test is data.parts[TEST]
    assert folder_data.HELD_OUT not in data.notes


def test_a_part_for_training_alone_is_divided(images):
    images("train/cat", 10)
    data = folder_data.for_training(str(images("train/dog", 20)))
    assert np.bincount(data.validation.y).tolist() == [2, 4]
    assert set(data.notes[folder_data.HELD_OUT]) == {"cat", "dog"}


@pytest.mark.parametrize("name", ["train", "test", "val"])
def test_a_class_may_be_called_as_a_part_is(images, name):
    images(name, 3)
    images(f"{name}/more", 1)
    root = images("cat", 2)
    assert listed(str(root)).class_names == sorted(["cat", name])
    assert list(listed(str(root)).parts) == [ALL]


def test_what_is_beside_the_parts_is_named(images):
    images("train/cat")
    images("train/dog")
    images("extra/cat")
    root = images("test", 3)
    with pytest.warns(UserWarning, match=r"left out, .*extra', .*test'$"):
        assert list(listed(str(root)).parts) == [TRAINING]


def test_two_folders_for_one_part(images):
    for place in ("train", "val", "dev"):
        root = images(f"{place}/cat")
    with pytest.raises(ValueError, match=r"more than one folder for validation\n.*\n  received: dev, val\n"):
        listed(str(root))


def test_class_folders_that_hold_only_folders_are_warned_of(images):
    for place in ("part1", "part2"):
        images(f"{place}/cat")
        root = images(f"{place}/dog")
    with pytest.warns(UserWarning, match=r"hold only folders \('cat', 'dog'\), .* give '.*part1' instead$"):
        assert listed(str(root)).class_names == ["part1", "part2"]


def test_one_class_that_holds_the_classes(images):
    images("photos/cat")
    root = images("photos/dog")
    with (
        pytest.warns(UserWarning, match="holds only folders"),
        pytest.raises(
            ValueError, match=r"one class, .*\n.*\n.*\n  remedy:   if the classes are further down, give '.*photos'"
        ),
    ):
        folder_data.for_training(str(root))
    assert listed(str(root / "photos")).class_names == ["cat", "dog"]


def test_images_that_lie_in_no_class(images):
    root = images(".", 2)
    with pytest.raises(ValueError, match="has no folders for classes"):
        listed(str(root))


def test_a_test_folder_with_other_classes(images):
    images("train/cat")
    images("train/dog")
    root = images("test/cow")
    with pytest.raises(ValueError, match=r"not the classes in '.*train'\n  expected: cat, dog\n  received: cow"):
        listed(str(root))


def test_a_test_folder_may_lack_a_class(images):
    images("train/cat")
    images("train/dog")
    root = images("test/dog")
    assert [file.label for file in listed(str(root)).parts[TEST]] == [1]


def test_parts_without_one_for_training(images):
    images("val/cat")
    root = images("val/dog")
    with pytest.raises(ValueError, match=r"no images to train with\n  expected: a folder '.*train' beside the others"):
        folder_data.for_training(str(root))
    part, names = folder_data.everything(str(root), (6, 6), "rgb", None, smoothed=True)
    assert (len(part), names) == (2, ["cat", "dog"])


def test_what_other_systems_leave_behind(images):
    images("cat")
    images("dog")
    root = images("__MACOSX/cat")
    assert listed(str(root)).class_names == ["cat", "dog"]


# ---------------------------------------------------------------------- held out


def files_of(*counts, offset=0):
    return [
        ImageFile(f"{label}/{number}", label, f"{number}.png")
        for label, count in enumerate(counts)
        for number in range(offset, offset + count)
    ]


def test_a_fifth_of_each_class_is_held_out():
    names = ["a", "b", "c", "d", "e"]
    files = files_of(100, 10, 2, 1, 0)
    training, held = splitting.divided(files, names, splitting.rule_for(files, names))
    assert np.bincount([file.label for file in held], minlength=5).tolist() == [20, 2, 1, 0, 0]
    assert sorted(training + held) == sorted(files)


def test_it_is_no_fifth_in_a_row():
    files = files_of(1000)
    _, held = splitting.divided(files, ["a"], splitting.rule_for(files, ["a"]))
    numbers = [int(file.key.removesuffix(".png")) for file in held]
    assert 400 < np.mean(numbers) < 600
    assert max(np.diff(sorted(numbers))) < 60


def test_what_was_trained_on_is_never_held_out_later():
    names = ["a", "b"]
    before = files_of(50, 50)
    rule = splitting.rule_for(before, names)
    training, held = splitting.divided(before, names, rule)
    after = before[10:] + files_of(50, 50, offset=1000)
    training_after, held_after = splitting.divided(after, names, rule)
    assert not {*training} & {*held_after}
    assert not {*held} & {*training_after}
    assert 8 < len({*held_after} - {*held}) < 35  # some of the new images


@pytest.mark.skipif(os.sep != "/", reason="speaks of this system's paths")
def test_a_place_has_the_same_name_on_every_system(images):
    images("cat", 1)
    root = images("cat/sub", 1)
    (root / "cat" / "0.png").rename(root / "cat" / "1.gif")
    (root / "cat" / "sub" / "0.png").rename(root / "cat" / "sub" / "e\u0301.png")  # as macOS writes é
    assert [file.key for file in listed(str(root)).parts[ALL]] == ["1.gif", "sub/\u00e9.png"]


@pytest.mark.parametrize("noted", [None, 3, [], {}, {"a": "0"}, {"a": "0", "b": 3}])
def test_notes_that_hold_no_rule(noted):
    assert splitting.checked_rule(noted, ["a", "b"]) is None


# ---------------------------------------------------------------------- sizes and colours


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(20, 30), (22, 33), (300, 300)], (22, 33)),
        ([(64, 64)], (64, 64)),
        ([(65, 20)], (64, 64)),
        ([(300, 40)] * 2, (64, 64)),
        ([(30, 30), (300, 400), (300, 400)], (64, 64)),
    ],
)
def test_the_usual_size_is_taken_if_it_is_small(images, sizes, chosen):
    for number, size in enumerate(sizes):
        images("cat", 1, size, first=number)
        root = images("dog", 1, size, first=number)
    assert folder_data.for_training(str(root)).image_shape[:2] == chosen


def test_broken_files_do_not_end_the_work_and_are_named_at_once(images):
    images("cat", 10)
    root = images("dog", 10)
    broken = [root / "cat" / f"{number}.png" for number in (0, 3, 7)]
    for path in broken:
        path.write_text("nothing")
    with pytest.warns(UserWarning, match="3 of 20 images cannot be read, and are left out") as caught:
        data = folder_data.for_training(str(root))
    assert len(caught) == 1
    assert all(repr(str(path)) in str(caught[0].message) for path in broken)
    assert len(data) == 17


def test_a_class_of_which_nothing_can_be_read(images):
    images("cat", 3)
    root = images("dog", 1)
    (root / "dog" / "0.png").write_text("nothing")
    with (
        pytest.warns(UserWarning, match="1 of 4 images"),
        pytest.raises(ValueError, match=r"class 'dog' in .* has no image that can be read to train with"),
    ):
        folder_data.for_training(str(root))


def test_nothing_at_all_can_be_read(images):
    images("cat")
    root = images("dog")
    for name in ("cat", "dog"):
        (root / name / "0.png").write_text("nothing")
    with pytest.raises(ValueError, match="2 of 2 images cannot be read"):
        folder_data.for_training(str(root))


def test_images_that_are_all_grey_have_one_channel(images):
    for name in ("cat", "dog"):
        root = images(name, 5)
        for path in (root / name).iterdir():
            Image.fromarray(np.full((6, 6, 3), 90, np.uint8)).save(path)
    assert folder_data.for_training(str(root)).image_shape == (6, 6, 1)
    assert folder_data.for_training(str(root), color_mode="rgb").image_shape == (6, 6, 3)
    assert folder_data.for_training(str(images("dog", 5))).image_shape == (6, 6, 3)
