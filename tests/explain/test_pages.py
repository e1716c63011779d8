"""The page as a page: whole, self-contained, and usable without seeing it."""

import re

import pytest

from planish.explain import page as page_of
from tests.explain.conftest import CASES
from tests.explain.pages import Page

PARTS = ["words", "image", "layers", "arithmetic", "unrolling", "scores", "mistakes", "compiler"]


@pytest.mark.parametrize("name", CASES)
def test_it_has_its_parts_and_every_element_is_closed(reports, name):
    page = reports(name)[3]
    assert [attributes["id"] for _, attributes, _ in page.all("section")] == PARTS
    assert page.elements[0][:2] == ["html", {"lang": "en"}]
    assert len(page.all("h1")) == 1


@pytest.mark.parametrize("name", CASES)
def test_it_refers_to_nothing_outside(reports, name):
    _, _, report, page = reports(name)
    for _, attributes, _ in page.elements:
        assert not {"src", "action", "srcset", "data", "poster", "background"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
    html = report.html
    for outside in ("http://", "https://", "@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon"):
        assert outside not in html
    (policy,) = [a["content"] for _, a, _ in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")


@pytest.mark.parametrize("name", CASES)
def test_ids_are_unique_and_what_refers_to_them_finds_them(reports, name):
    page = reports(name)[3]
    ids = page.ids
    assert len(ids) == len(set(ids))
    for _, attributes, _ in page.elements:
        for reference in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(reference, "").split()) <= set(ids)
        assert attributes.get("href", "#top")[1:] in {*ids, "top"}


@pytest.mark.parametrize("name", CASES)
def test_everything_that_is_seen_or_pressed_has_a_name(reports, name):
    page = reports(name)[3]
    labelled = {attributes.get("for") for _, attributes, _ in page.all("label")}
    inside = "".join(re.findall(r"<label(?: class=\"tick\")?>.*?</label>", reports(name)[2].html, re.DOTALL))
    for tag, attributes, text in page.elements:
        if tag in ("input", "select"):
            named = (f'value="{attributes.get("value")}"', f'id="{attributes.get("id")}"')
            assert attributes.get("id") in labelled or any(each in inside for each in named)
        if tag in ("button", "a", "th", "summary", "figcaption", "caption", "h1", "h2", "h3", "h4", "section"):
            assert text.strip(), (tag, attributes)
        if tag == "section" or attributes.get("role") in ("slider", "application", "region"):
            assert attributes.get("aria-labelledby"), attributes
        if tag == "canvas" and attributes.get("role") == "img":
            assert attributes["aria-label"].strip()


def test_pictures_without_a_name_of_their_own_are_inside_something_named(reports):
    html = reports("digits")[2].html
    bare = re.findall(r"<div ([^>]*)><canvas></canvas>", html)
    assert len(bare) == 9
    for attributes in bare:
        assert 'role="' in attributes
        assert "aria-labelledby" in attributes


def test_keyboard_and_live_region(reports):
    page = reports("digits")[3]
    strip, maps = page.by_id("strip-picture")[1], page.by_id("map-picture")[1]
    assert (strip["role"], strip["tabindex"], strip["aria-valuemin"], strip["aria-valuemax"]) == (
        "slider", "0", "0", str(13 * 13 * 6 - 1),
    )  # fmt: skip
    assert (maps["role"], maps["tabindex"]) == ("application", "0")
    assert page.by_id("readout")[1]["aria-live"] == "polite"


def test_it_is_small(reports):
    assert len(reports("digits")[2].html.encode()) < 400_000


def test_names_of_layers_models_and_classes_are_only_text(cases):
    from planish.layers import Dense, Flatten, Input
    from planish.models import Sequential

    evil = "<script>alert(1)<!--&'\""
    model = Sequential([Input((3, 4, 1)), Flatten(name="<b>"), Dense(2, activation="softmax", name=evil)], name="<i>x")
    report = model.explain([[0.5] * 4] * 3, class_names=[evil, "&amp;"], label=0)
    page = Page(report.html)
    assert "<script>alert" not in report.html
    assert len(page.all("script")) == 2
    assert evil in page.by_id("scores")[2]
    assert {each["name"] for each in page.data["classes"]} == {evil, "&amp;"}


def test_style_for_dark_for_print_and_for_narrow_screens():
    style = page_of.source("style.css")
    for medium in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert medium in style


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("medium", [0, 1, 2], ids=["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["--paper", "--card", "--new", "--gone"])
@pytest.mark.parametrize("ink", ["--ink", "--soft", "--for"])
def test_text_stands_out_from_its_ground(medium, ink, ground):
    """At least 4.5 to 1, as WCAG asks of text."""
    if ink == "--for" and ground in ("--new", "--gone"):
        ground = "--card"  # links are never on them
    palettes = re.findall(r":root(?:\.paper)? \{(.*?)\}", page_of.source("style.css"), re.DOTALL)
    colours = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", palettes[medium]))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
