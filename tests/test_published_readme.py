"""The README where the package is published: its links lead to the repository."""

import re
import tomllib
from pathlib import Path

import pytest

import planish

ROOT = Path(__file__).parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)]+)\)")


@pytest.fixture
def published():
    """The text that the build makes of README.md."""
    settings = CONFIGURATION["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = "".join((ROOT / fragment["path"]).read_text(encoding="utf-8") for fragment in settings["fragments"])
    for substitution in settings["substitutions"]:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    return text


def test_links_and_pictures_are_whole_addresses_of_files_that_exist(published):
    original = (ROOT / "README.md").read_text(encoding="utf-8")
    source = CONFIGURATION["project"]["urls"]["Source"]
    raw = source.replace("https://github.com/", "https://raw.githubusercontent.com/")
    links = LINK.findall(published)
    assert len(links) == len(LINK.findall(original)) > 10
    for picture, address in links:
        base = f"{raw}/main/" if picture else f"{source}/blob/main/"
        assert address.startswith(base) or not address.startswith(source), address
        if address.startswith(base):
            assert (ROOT / address.removeprefix(base).partition("?")[0].partition("#")[0]).is_file(), address
        assert address.startswith("https://"), address


def test_nothing_else_changes(published):
    original = (ROOT / "README.md").read_text(encoding="utf-8")
    assert LINK.sub("", published) == LINK.sub("", original)


def test_the_version_is_that_of_the_package():
    assert CONFIGURATION["project"]["version"] == planish.__version__
