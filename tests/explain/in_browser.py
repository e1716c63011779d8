"""Drives reports in a real Chromium, as their readers do: by pointer, by keyboard, narrow, dark, on paper.

    python tests/explain/in_browser.py [--chromium /usr/bin/chromium] [--pictures FOLDER]

Needs Chromium and the Python packages playwright and axe-playwright-python, beside planish[explain]: `make browser`
brings them. Not part of `make test`, which checks pages without a browser. Ends with an error at the first thing that
is wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.explain.browsed_alive import check_alive  # noqa: E402
from tests.explain.browsed_models import blog, others, unseen  # noqa: E402
from tests.explain.browsing import boxes, centre, check_accessible, opened  # noqa: E402

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
WIDTHS = (1280, 390)
IMAGE = (28, 28)
MOST_NBYTES = 4_000_000
PAPER_WIDTH = 672  # pixels between the margins of A4


def go_to(page: Page, index: int) -> None:
    page.get_by_label("Go to index").fill(str(index))


def shown_index(page: Page) -> int:
    return int(page.locator("#strip-picture").get_attribute("aria-valuenow") or -1)


def colour_at(page: Page, picture: str, ring: str) -> list[int]:
    """What the canvas of a picture has in the middle of a ring."""
    canvas, framed = boxes(page, f"{picture} canvas", f"{picture} {ring}")
    x, y = centre(framed)
    script = """([name, x, y]) => {
        const canvas = document.querySelector(name);
        const pixel = document.createElement("canvas").getContext("2d");
        pixel.drawImage(canvas, -Math.floor(x * canvas.width), -Math.floor(y * canvas.height));
        return [...pixel.getImageData(0, 0, 1, 1).data];
    }"""
    return page.evaluate(script, [f"{picture} canvas", (x - canvas[0]) / canvas[2], (y - canvas[1]) / canvas[3]])


def check_lights(page: Page, flat, order: str) -> None:
    """Index, cell in the map, window in the image and words agree with the FlattenMap."""
    index = shown_index(page)
    own = int(flat.permutation(order)[index])  # in the model's own order
    row, column, channel = flat.position(own)
    window = flat.receptive_field(own)
    text = page.inner_text("#readout")
    assert text.startswith(f"Index {index} is row {row}, column {column}, channel {channel}. "), text
    rows, columns = window.rows, window.columns
    saw = f"saw rows {rows.start}\u2013{rows.stop - 1}, columns {columns.start}\u2013{columns.stop - 1} of the image"
    assert saw in text, text
    assert page.locator("#strip-picture").get_attribute("aria-valuetext") == text

    maps, tile, ring = boxes(page, *(f"#map-picture {each}" for each in ("canvas", ".ring.tile", ".ring.cell")))
    tile_left, tile_top, tile_width, tile_height = tile
    x, y = centre(ring)
    cell = (tile_width - 2) / flat.extents[1]  # the ring is a pixel wide
    assert int((x - tile_left - 1) / cell) == column
    assert int((y - tile_top - 1) / cell) == row
    across = round((maps[2] + 4) / (tile_width + 2))  # tiles are four pixels apart
    along, down = ((tile_left + 1 - maps[0]) / (tile_width + 2), (tile_top + 1 - maps[1]) / (tile_height + 2))
    assert round(down) * across + round(along) == channel

    (left, top, width, height), ring = boxes(page, "#window-picture canvas", "#window-picture .ring")
    across, down = width / IMAGE[1], height / IMAGE[0]
    found = ((ring[0] - left) / across, (ring[1] - top) / down, ring[2] / across, ring[3] / down)
    expected = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    np.testing.assert_allclose(found, expected, atol=0.02)


def check_pointing(page: Page, flat) -> None:
    first = shown_index(page)
    assert page.get_by_label("Go to index").input_value() == str(first)
    check_lights(page, flat, "channels_last")
    go_to(page, 517)
    check_lights(page, flat, "channels_last")
    assert colour_at(page, "#strip-picture", ".ring.cell") == colour_at(page, "#map-picture", ".ring.cell")
    for picture in ("#strip-picture", "#map-picture"):
        go_to(page, 517)
        canvas, ring = boxes(page, f"{picture} canvas", f"{picture} .ring.cell")
        x, y = centre(ring)
        go_to(page, 3)
        assert shown_index(page) == 3
        page.locator(picture).scroll_into_view_if_needed()
        (scrolled,) = boxes(page, f"{picture} canvas")
        page.mouse.move(x - canvas[0] + scrolled[0], y - canvas[1] + scrolled[1])
        assert shown_index(page) == 517, (picture, shown_index(page))
        check_lights(page, flat, "channels_last")


def check_orders(page: Page, flat) -> None:
    for order, label in (("channels_first", "channels first"), ("channels_last", "channels last")):
        go_to(page, 517)
        chosen = page.inner_text("#readout").split(" is ")[1].split(".")[0]
        page.get_by_role("radio", name=label).check()
        assert page.inner_text("#readout").split(" is ")[1].split(".")[0] == chosen  # the same cell, another index
        for index in range(0, flat.size, 97):
            go_to(page, index)
            assert shown_index(page) == index
            check_lights(page, flat, order)
            colours = [colour_at(page, picture, ".ring.cell") for picture in ("#strip-picture", "#map-picture")]
            assert colours[0] == colours[1], (order, index, colours)


def check_mistyped(page: Page, flat) -> None:
    field = page.get_by_label("Go to index")
    go_to(page, 5)
    for wrong in (str(flat.size), "-1", "1.5", ""):
        field.fill(wrong)
        assert field.get_attribute("aria-invalid") == "true"
        assert "There is no index" in page.inner_text("#readout")
        assert shown_index(page) == 5
    go_to(page, 6)
    assert field.get_attribute("aria-invalid") is None


def check_keyboard(page: Page, flat) -> None:
    """From the top of the page with the keyboard alone."""
    page.evaluate("scrollTo(0, 0)")
    page.mouse.click(1, 1)
    reached = []
    for _ in range(120):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.href")
        reached.append(name)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", name
        if name == "strip-picture":
            break
    for stop in (
        "pad-picture",
        "pad-clear",
        "pad-file",
        "sum-layer",
        "sum-off",
        "order",
        "colours",
        "index",
        "play",
        "map-picture",
        "strip-picture",
    ):
        assert stop in reached, (stop, reached)
    page.keyboard.press("Home")
    assert shown_index(page) == 0
    for key, expected in (
        ("ArrowRight", 1),
        ("PageDown", 65),
        ("ArrowLeft", 64),
        ("PageUp", 0),
        ("End", flat.size - 1),
    ):
        page.keyboard.press(key)
        assert shown_index(page) == expected, key
        check_lights(page, flat, "channels_last")
    page.keyboard.press("ArrowRight")
    assert shown_index(page) == flat.size - 1  # the end is the end
    page.keyboard.press("Shift+Tab")
    for key, (row, column, channel) in (
        ("Home", (4, 4, 0)),
        ("ArrowUp", (3, 4, 0)),
        ("ArrowLeft", (3, 3, 0)),
        ("PageDown", (3, 3, 1)),
        ("ArrowDown", (4, 3, 1)),
        ("End", (4, 3, 63)),
        ("PageDown", (4, 3, 63)),
    ):
        page.keyboard.press(key)
        assert shown_index(page) == flat.index(row, column, channel), key
    page.locator("input[name=order]:checked").focus()
    page.keyboard.press("ArrowDown")
    assert shown_index(page) == flat.permutation("channels_first", inverse=True)[flat.index(4, 3, 63)]
    page.keyboard.press("ArrowUp")


def check_animation(page: Page) -> None:
    button = page.locator("#play")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("#readout").get_attribute("aria-live") == "off"
    page.wait_for_timeout(500)
    button.press("Enter")
    stopped = shown_index(page)
    assert 10 < stopped < 1000, stopped
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator("#readout").get_attribute("aria-live") == "polite"
    page.wait_for_timeout(200)
    assert shown_index(page) == stopped
    assert button.inner_text() == "Play on"
    button.press("Enter")
    page.wait_for_timeout(300)
    assert shown_index(page) > stopped
    page.get_by_role("radio", name="pixel").check()  # painting anew ends it
    assert button.inner_text() == "Play the order"
    page.get_by_role("radio", name="channel", exact=True).check()


def check_classes(page: Page, model, image) -> None:
    scores = model.predict(image[None], verbose=0)[0]
    for place, target in enumerate(np.argsort(-scores, kind="stable")):
        page.get_by_label("Look at class").select_option(str(place))
        found = model.contributions(image, int(target))
        top = found.top(8)
        indices = page.locator("#top tbody button").all_inner_texts()
        assert [int(text) for text in indices] == [each.index for each in top]
        added = page.locator("#top tbody td:nth-child(4)").all_inner_texts()
        for text, each in zip(added, top, strict=True):
            assert abs(float(text.replace("\u2212", "-")) - each.contribution) < 1e-3 * max(1, abs(each.contribution))
        assert f"to the logit of {target}; " in page.inner_text("#sum")
    page.locator("#top tbody button").nth(2).click()
    assert shown_index(page) == top[2].index
    assert page.evaluate("document.activeElement.id") == "strip-picture"


def check_names(page: Page) -> None:
    """What a screen reader calls things."""
    page.get_by_role("slider", name="The flat vector, line by line").wait_for()
    page.get_by_role("application", name="The maps: row, column, channel").wait_for()
    page.get_by_role("group", name="Order").wait_for()
    page.get_by_role("button", name="Play the order").wait_for()
    page.get_by_role("combobox", name="Look at class").wait_for()
    page.get_by_role("navigation", name="Parts of this report").wait_for()
    for name in ("In plain words", "The image", "Layer by layer", "Number by number", "The unrolling", "What counts"):
        page.get_by_role("region", name=name).first.wait_for()
    page.get_by_role("application", name="The image").wait_for()
    page.get_by_role("status").first.wait_for()


def check_looks(browser: Browser, path: Path, pictures: Path, name: str) -> None:
    """Nothing is wider than the screen, in both colour schemes; pictures to be looked at."""
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            with opened(browser, path, width, color_scheme=scheme) as page:
                if page.locator("#index").count():
                    go_to(page, int(page.locator("#index").get_attribute("max") or 0) // 3)
                assert page.evaluate("document.documentElement.scrollWidth") == width
                wide = page.evaluate(
                    "[...document.querySelectorAll('canvas')].filter(each => each.offsetParent"
                    " && (each.clientWidth > each.closest("
                    "'figure, .layer-picture, li, button').clientWidth + 0.5 || !each.clientWidth))"
                    ".map(each => each.outerHTML)"
                )
                assert not wide, wide
                check_accessible(page)
                page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)


def check_elsewhere(browser: Browser, path: Path, pictures: Path, report) -> None:
    """Turned to another width, printed, without scripts, and in a notebook's frame."""
    with opened(browser, path) as page:
        go_to(page, 517)
        before = boxes(page, "#map-picture canvas")[0][2]
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_timeout(500)
        assert boxes(page, "#map-picture canvas")[0][2] < min(before, 390)
        assert shown_index(page) == 517
        assert boxes(page, "#top th:nth-child(4)")[0][0] + boxes(page, "#top th:nth-child(4)")[0][2] <= 390
        page.emulate_media(color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert max(each[2] for each in boxes(page, "#map-picture canvas", "#strip-picture canvas")) <= PAPER_WIDTH
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        page.pdf(path=pictures / "blog.pdf", format="A4")
    with opened(browser, path, java_script_enabled=False) as page:
        assert "switched off" in page.inner_text("header")
    page = browser.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(report._repr_html_())
    frame = page.frame_locator("iframe")
    frame.get_by_label("Go to index").fill("517")
    assert frame.locator("#readout").inner_text().startswith("Index 517 is row 1, column 3, channel 5.")
    assert not complaints, complaints
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--pictures", type=Path, help="where screenshots go (default: a folder that is thrown away)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pictures = given.pictures or Path(folder)
        pictures.mkdir(parents=True, exist_ok=True)
        browser = playwright.chromium.launch(executable_path=given.chromium, args=ARGUMENTS)
        model, image, flat = blog()
        path = Path(folder) / "blog.html"
        report = model.explain(image, out=path, label=7, data=unseen())
        assert path.stat().st_size < MOST_NBYTES
        with opened(browser, path) as page:
            check_names(page)
            check_pointing(page, flat)
            check_mistyped(page, flat)
            check_keyboard(page, flat)
            check_animation(page)
            check_orders(page, flat)
            check_classes(page, model, image)
        check_alive(browser, path, model, image)
        check_elsewhere(browser, path, pictures, report)
        check_looks(browser, path, pictures, "tutorial")
        for name, (other, its_image) in others().items():
            path = Path(folder) / f"{name}.html"
            other.explain(its_image, out=path)
            check_looks(browser, path, pictures, name)
            print(f"{name}: looks right")
        browser.close()
    print("everything works")


if __name__ == "__main__":
    main()
