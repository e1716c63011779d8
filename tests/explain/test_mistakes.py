"""The part of a report about data: what is taken for what, and the worst mistakes."""

import numpy as np
import pytest

from planish.explain import mistakes as part
from planish.layers import Dense, Flatten, Input
from planish.models import Sequential
from tests.explain.pages import Page, decoded

IMAGE = np.zeros((2, 2, 1), np.uint8)


def brightest(classes=4):
    """A model whose answer is the brightest pixel."""
    model = Sequential([Input((classes // 2, 2, 1)), Flatten(), Dense(classes, activation="softmax", use_bias=False)])
    model.set_weights([np.eye(classes, dtype=np.float32)])
    return model


def with_light_at(*places, size=4, light=9):
    x = np.zeros((len(places), size), np.uint8)
    x[np.arange(len(places)), list(places)] = light
    return x.reshape(-1, size // 2, 2, 1)


def page_of(model, x, y, **options):
    return Page(model.explain(x[0], data=(x, y), **options).html)


@pytest.fixture(scope="module")
def taken():
    """Six images, of which the third and the last are not what the model takes them for."""
    x = with_light_at(0, 1, 2, 3, 3, 1)
    x[2] = with_light_at(2, light=5)[0]
    return brightest(), x, np.array([0, 1, 1, 3, 3, 0])


def test_counts_by_right_class_and_answer(taken):
    page = page_of(*taken)
    assert "Of 6 images the model gets 4 right, 66.7%." in page.text("mistakes")
    rows = ["".join(element[2].split()) for element in page.all("tr") if "·" in element[2]]
    assert rows == ["011··", "1·11·", "2··0·", "3···2"]


def test_the_surest_mistake_comes_first_with_all_of_its_numbers(taken):
    model, x, y = taken
    page = page_of(model, x, y)
    items = [element[1]["data-pair"] for element in page.all("li") if "data-mistake" in element[1]]
    assert items == ["0 1", "1 2"]
    for carried, row in zip(page.data["mistakes"], (5, 2), strict=True):
        np.testing.assert_array_equal(decoded(carried["values"], "<f4"), x[row].ravel())
        np.testing.assert_array_equal(decoded(carried["bytes"], "u1"), x[row].ravel())


def test_labels_may_be_rows_of_zeros_and_ones(taken):
    model, x, y = taken
    assert page_of(model, x, np.eye(4)[y]).text("mistakes") == page_of(model, x, y[:, None]).text("mistakes")


def test_names_and_files_are_only_text(taken):
    model, x, y = taken
    evil = "<script>alert(1)</script>"
    html = model.explain(x[0], data=(x, y, [f"{evil}{row}.png" for row in range(6)]), class_names=[evil, *"abc"]).html
    assert "<script>alert" not in html
    assert f"{evil}5.png" in Page(html).by_id("mistakes")[2]


def test_of_many_classes_the_most_frequent_confusions_are_listed():
    classes = 24
    x = with_light_at(*range(classes), *[5] * 3, size=classes)
    y = np.array([*range(classes), 6, 6, 7])
    page = page_of(brightest(classes), x, y)
    assert "The most frequent confusions." in page.text("mistakes")
    first = next(element for element in page.all("button") if element[1].get("data-pair"))
    assert first[1]["aria-label"] == "2 of 6 taken for 5: show examples"
    assert "confusion-caption" not in page.ids


def test_a_single_score_tells_two_classes_apart():
    model = Sequential([Input((2, 2, 1)), Flatten(), Dense(1, activation="sigmoid", use_bias=False)])
    model.set_weights([np.ones((4, 1), np.float32)])
    x = np.stack([IMAGE, IMAGE + 1])
    found = part.mistakes(model, (x, np.array([1, 1])), ["dog"], 0, "channels_last", exactly=False)
    assert found.names == ["not dog", "dog"]
    assert found.right == 1  # a half is not more than a half
    assert found.counts == [[0, 0], [1, 1]]


def test_pictures_take_no_more_room_than_there_is(taken, monkeypatch):
    model, x, y = taken
    monkeypatch.setattr(part, "MOST_NBYTES", 20)
    assert len(page_of(model, x, y).data["mistakes"]) == 1


def test_one_example_of_each_confusion_comes_before_others_of_the_same(monkeypatch):
    monkeypatch.setattr(part, "MOST_SHOWN", 2)
    x = with_light_at(1, 1, 1, 2)
    x[3] = with_light_at(2, light=1)[0]
    found = part.mistakes(brightest(), (x, np.array([0, 0, 0, 3])), [*"abcd"], 0, "channels_last", exactly=False)
    assert [(each.label, each.predicted) for each in found.shown] == [(0, 1), (3, 2)]
    assert "values" not in found.shown[0].picture


def test_without_data_the_page_says_how_to_give_them(taken):
    model, x, _ = taken
    text = Page(model.explain(x[0]).html).text("mistakes")
    assert "Left out: no data were given. planish explain MODEL IMAGE --data DATA" in text
    empty = Page(model.explain(x[0], data=(x[:0], [])).html)
    assert "Left out: there are no images in the data." in empty.text("mistakes")


def test_a_model_without_mistakes_has_none_to_show(taken):
    model, x, _ = taken
    page = page_of(model, x[:2], [0, 1])
    assert "Of 2 images the model gets 2 right, 100.0%." in page.text("mistakes")
    assert "worst-title" not in page.ids


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (lambda x, y: x, TypeError, "`data` is not images and their classes\n  expected: (x, y)\n  received: ndarray"),
        (lambda x, y: (x, y[:2]), ValueError, "`data` has images and classes of different lengths"),
        (lambda x, y: (x, y + 3), ValueError, "expected: class indices from 0 to 3\n  received: 3 to 6, int64"),
        (lambda x, y: (x, y / 2), ValueError, "`data` has classes that the model does not tell apart"),
    ],
)
def test_data_that_do_not_fit(taken, data, kind, message):
    model, x, y = taken
    with pytest.raises(kind) as caught:
        model.explain(x[0], data=data(x, y))
    assert message in str(caught.value)


def test_data_for_a_model_without_scores(cases):
    model = cases["maps come out"]
    with pytest.raises(ValueError, match="the model does not give a score for each class"):
        model.explain(np.zeros((9, 8, 1)), data=(np.zeros((2, 9, 8, 1)), [0, 1]))
