"""What the checks in a browser share: opened pages, boxes of elements, what canvases show, axe-core's findings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

Box = tuple[float, float, float, float]


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1280, *, before: str = "", **options: object) -> Iterator[Page]:
    """The report at `path`; afterwards, nothing may have been complained of, and nothing asked for but the file.
    `before` is JavaScript that runs before the page's own."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    page.add_init_script(before)
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert not complaints, complaints
    assert requests == [path.as_uri()], requests
    page.close()


def boxes(page: Page, *selectors: str) -> list[Box]:
    """(left, top, width, height) of elements in the viewport, all at one moment."""
    script = """(selectors) => selectors.map((selector) => {
        const found = document.querySelector(selector).getBoundingClientRect();
        return [found.x, found.y, found.width, found.height];
    })"""
    return [tuple(each) for each in page.evaluate(script, list(selectors))]


def centre(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def check_accessible(page: Page) -> None:
    """axe-core finds nothing."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run()")["violations"]
    assert not found, [(each["id"], each["nodes"][0]["html"]) for each in found]
