"""Checks in a browser of what follows a drawing: by mouse, by touch, by keys, by a file, with filters switched off."""

from __future__ import annotations

import base64
import io
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.explain.browsing import boxes, opened

THREE = [(0.35, 0.25), (0.55, 0.2), (0.65, 0.3), (0.5, 0.45), (0.65, 0.6), (0.6, 0.75), (0.4, 0.78), (0.32, 0.7)]
_PER_LINE = 12


def answer(page: Page) -> tuple[str, float]:
    """The class that the page gives now, and its score."""
    page.wait_for_timeout(400)
    found = re.search(r"Its answer: (.+?), ([\d.]+)%", page.inner_text("#answer-now"))
    assert found, page.inner_text("#answer-now")
    return found[1], float(found[2])


def pad_at(page: Page) -> tuple[float, float, float, float]:
    page.locator("#pad-picture").scroll_into_view_if_needed()
    return boxes(page, "#pad-picture canvas")[0]


def draw(page: Page, points: list[tuple[float, float]]) -> float:
    """Draws with the mouse; pictures a second while it moves."""
    left, top, width, height = pad_at(page)
    places = [(left + width * x, top + height * y) for x, y in points]
    page.evaluate("() => { window.seen = 0; const next = () => (window.seen++, requestAnimationFrame(next)); next(); }")
    page.mouse.move(*places[0])
    page.mouse.down()
    start, first = time.perf_counter(), page.evaluate("seen")
    for (x, y), (to_x, to_y) in pairwise(places):
        for step in range(1, _PER_LINE + 1):
            page.mouse.move(x + (to_x - x) * step / _PER_LINE, y + (to_y - y) * step / _PER_LINE)
            time.sleep(0.012)
    pictures = page.evaluate("seen") - first
    seconds = time.perf_counter() - start
    page.mouse.up()
    return pictures / seconds


def pixels(page: Page) -> np.ndarray:
    """The grey levels that the pad shows, 28 x 28."""
    script = """() => {
        const canvas = document.querySelector("#pad-picture canvas");
        const small = Object.assign(document.createElement("canvas"), { width: 28, height: 28 }).getContext("2d");
        small.imageSmoothingEnabled = false;
        small.drawImage(canvas, 0, 0, 28, 28);
        return [...small.getImageData(0, 0, 28, 28).data].filter((_, at) => at % 4 === 0);
    }"""
    return np.array(page.evaluate(script), np.uint8).reshape(28, 28)


def check_against(page: Page, model) -> None:
    """The page's answer is the model's, for what the page shows."""
    name, score = answer(page)
    scores = model.predict(pixels(page)[None, ..., None], verbose=0)[0]
    assert name == str(scores.argmax()), (name, scores)
    assert abs(score - 100 * scores.max()) < 0.5, (score, scores.max())


def check_mouse(page: Page, model) -> None:
    page.locator("#pad-clear").click()
    shown = boxes(page, "#pad-picture canvas")
    draw(page, THREE)
    assert shown[0][2:] == boxes(page, "#pad-picture canvas")[0][2:]
    check_against(page, model)
    assert answer(page)[0] == "3"
    page.wait_for_timeout(400)
    assert page.inner_text("#answer").startswith("Its answer: 3")
    assert page.inner_text("#scores-rows tr:first-child th") == "3"
    best = page.locator(".layer [data-scores] .best").inner_text()
    assert best.split()[0] == "3", best
    assert "to the logit of 3; " in page.inner_text("#sum")
    page.locator("#pad-first").click()
    assert answer(page)[0] == "7"


def check_touch(browser: Browser, path: Path, model) -> None:
    with opened(browser, path, 390, has_touch=True, is_mobile=True) as page:
        page.locator("#pad-clear").tap()
        left, top, width, height = pad_at(page)
        session = page.context.new_cdp_session(page)
        for place, (x, y) in enumerate(THREE):
            point = {"x": left + width * x, "y": top + height * y}
            kind = "touchMove" if place else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert pad_at(page)[1] == top  # drawing does not scroll
        check_against(page, model)
        assert answer(page)[0] == "3"


def check_pad_keys(page: Page, model) -> None:
    page.locator("#pad-picture").focus()
    page.keyboard.press("Delete")
    page.wait_for_timeout(100)
    assert pixels(page).max() == 0
    for key, times in (("ArrowDown", 5), ("ArrowRight", 8)):
        for _ in range(times):
            page.keyboard.press(key)
    for key, times in (("Shift+ArrowRight", 11), ("Shift+ArrowDown", 17)):
        for _ in range(times):
            page.keyboard.press(key)
    check_against(page, model)
    assert (pixels(page)[5, 8:19] > 200).all()
    assert (pixels(page)[6:22, 19] > 200).all()
    page.keyboard.press("Delete")
    page.keyboard.press(" ")
    page.wait_for_timeout(100)
    assert pixels(page)[22, 19] > 200
    assert (pixels(page) > 0).sum() < 20


def engine(page: Page) -> str:
    """What computes the page's numbers, once that is settled."""
    page.wait_for_function("document.documentElement.dataset.engine")
    page.wait_for_timeout(500)
    return page.evaluate("document.documentElement.dataset.engine")


def check_engines(browser: Browser, path: Path, model) -> None:
    """WebAssembly follows a drawing, and where there is none, the script does."""
    for expected, before in (("webassembly", ""), ("script", "delete globalThis.WebAssembly")):
        with opened(browser, path, before=before) as page:
            assert engine(page) == expected
            assert ("WebAssembly" in page.inner_text("#engine-words")) == (expected == "webassembly")
            page.locator("#pad-clear").click()
            print(f"{expected}: {draw(page, THREE):.0f} pictures a second while drawing")
            check_against(page, model)
            assert answer(page)[0] == "3"


def drop(page: Page, name: str, content: bytes) -> None:
    """Drags a file over the pad, and drops it there."""
    script = """([name, text]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
        return carried;
    }"""
    carried = page.evaluate_handle(script, [name, base64.b64encode(content).decode()])
    page.dispatch_event("#pad", "dragover", {"dataTransfer": carried})
    assert "dropping" in page.locator("#pad").get_attribute("class")
    page.dispatch_event("#pad", "drop", {"dataTransfer": carried})
    assert "dropping" not in page.locator("#pad").get_attribute("class")


def check_file(page: Page, model, digit: np.ndarray) -> None:
    """Black on white, as people draw: it is swapped by itself."""
    written = io.BytesIO()
    Image.fromarray(255 - digit).save(written, "PNG")
    drop(page, "digit.png", written.getvalue())
    check_against(page, model)
    np.testing.assert_allclose(pixels(page).astype(int), digit, atol=2)
    page.locator("#pad-clear").click()
    drop(page, "<b>no.png", b"not a picture")
    page.wait_for_timeout(200)
    assert page.inner_text("#answer-now") == "<b>no.png is not a picture that this browser can read."
    page.locator("#pad-file").set_input_files(
        {"name": "<b>digit.png", "mimeType": "image/png", "buffer": written.getvalue()}
    )
    check_against(page, model)
    np.testing.assert_allclose(pixels(page).astype(int), digit, atol=2)
    assert page.locator("#pad-swap").is_checked()
    page.locator("#pad-swap").uncheck()
    page.wait_for_timeout(200)
    assert pixels(page)[0, 0] == 255
    wrong = {"name": "<b>no.png", "mimeType": "image/png", "buffer": b"not a picture"}
    page.locator("#pad-file").set_input_files(wrong)
    page.wait_for_timeout(200)
    assert page.inner_text("#answer-now") == "<b>no.png is not a picture that this browser can read."
    page.locator("#pad-first").click()


def check_switches(page: Page, model, image: np.ndarray) -> None:
    """A filter that is switched off is as if its weights were zero."""
    page.locator("#sum-layer").select_option("0")
    page.locator("#sum-channel").fill("6")
    page.locator("#sum-off").click()
    page.wait_for_timeout(400)
    weights = model.get_weights()
    silent = [each.copy() for each in weights]
    silent[0][..., 6], silent[1][6] = 0, 0
    model.set_weights(silent)
    expected = model.predict(image[None], verbose=0)[0]
    model.set_weights(weights)
    found = {row.split("\t")[0]: row.split("\t")[2] for row in page.inner_text("#effect-rows").splitlines()}
    best = int(expected.argmax())
    assert abs(float(found[str(best)].rstrip("%")) - 100 * expected[best]) < 0.01, (found, expected)
    assert "filter 6 of" in page.inner_text("#effect-words")
    assert page.inner_text("#sum-total").endswith("It is switched off, so 0 goes on.")
    page.locator("#all-on").click()
    page.wait_for_timeout(300)
    assert page.locator("#effect").is_hidden()
    assert page.evaluate("document.activeElement.id") == "sum-off"


def numbers_in(table) -> np.ndarray:
    rows = table.locator("tr").all()
    return np.array([[float(cell) for cell in row.locator("td").all_inner_texts()] for row in rows])


def check_arithmetic(page: Page, model, image: np.ndarray) -> None:
    """The numbers in the tables are the model's, and make up its output."""
    page.locator("#sum-layer").select_option("2")
    for name, value in (("channel", 19), ("row", 4), ("column", 7), ("source", 3)):
        page.locator(f"#sum-{name}").fill(str(value))
    tables = page.locator("#sum-tables table.numbers")
    window, weights, products = (numbers_in(tables.nth(at)) for at in range(3))
    before = [*model.activations(image[None]).values()][2][0]
    np.testing.assert_allclose(window, before[4:7, 7:10, 3], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(weights, model.get_weights()[2][:, :, 3, 19], rtol=1e-3)
    np.testing.assert_allclose(products, window * weights, rtol=5e-3, atol=1e-6)
    given = float([*model.activations(image[None]).values()][3][0, 4, 7, 19])
    (said,) = re.findall(r"relu makes ([\d.e-]+) of it", page.inner_text("#sum-total"))
    assert abs(float(said) - given) < 1e-3 * max(1, given)
    page.locator("#sum-layer").select_option("1")
    assert re.match(r"The largest of 4 numbers is [\d.]+\.", page.inner_text("#sum-total"))
    assert page.locator("#sum-tables td.most").count() == 1
    page.locator("#sum-layer").select_option("5")
    assert "softmax makes a share of it" in page.inner_text("#sum-total")


def check_clicks(page: Page) -> None:
    """Filters, pixels, cells of the confusion matrix and mistakes lead to their explanations."""
    page.locator("#filters button").nth(6).click()
    assert page.locator("#sum-channel").input_value() == "6"
    page.wait_for_timeout(600)  # what was out of sight is shown when there is time
    page.locator("#saliency-picture").click(position={"x": 145, "y": 145})
    said = page.inner_text("#saliency-pixel")
    assert said.startswith("Row 14, column 14: if its number grows"), said
    cell = page.locator("button[data-pair]").first
    pair = cell.get_attribute("data-pair")
    cell.click()
    left = page.locator("li[data-mistake]:visible")
    assert {each.get_attribute("data-pair") for each in left.all()} == {pair}
    page.locator("#worst-all").click()
    first = page.locator("li[data-mistake]").first
    label, predicted = (first.get_attribute("data-pair") or "").split()
    first.locator("button").click()
    assert answer(page)[0] == predicted
    assert page.inner_text("#answer-now").endswith(f"Right is {label}.")
    assert page.evaluate("document.activeElement.id") == "pad-picture"
    page.locator("#pad-first").click()


def check_still(browser: Browser, path: Path) -> None:
    """Whoever wants no motion gets a line at each press."""
    with opened(browser, path, reduced_motion="reduce") as page:
        button = page.locator("#play")
        assert button.inner_text() == "Show the first line"
        button.click()
        page.wait_for_timeout(200)
        assert page.locator("#strip-picture").get_attribute("aria-valuenow") == "63"
        assert button.inner_text() == "Show the next line"


def check_pinned(page: Page) -> None:
    page.locator("#pad-pin").check()
    page.evaluate("document.getElementById('scores').scrollIntoView()")
    left, top, width, height = boxes(page, "#pad-picture canvas")[0]
    assert left >= 0
    assert left + width <= page.viewport_size["width"]
    assert top >= 0
    assert top + height <= page.viewport_size["height"]
    page.locator("#pad-pin").uncheck()


def check_alive(browser: Browser, path: Path, model, image: np.ndarray) -> None:
    with opened(browser, path) as page:
        check_mouse(page, model)
        check_pad_keys(page, model)
        check_file(page, model, image[..., 0])
        check_switches(page, model, image)
        check_arithmetic(page, model, image)
        check_clicks(page)
        check_pinned(page)
    check_engines(browser, path, model)
    check_touch(browser, path, model)
    check_still(browser, path)
