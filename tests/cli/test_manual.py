"""The commands that docs/command-line.md shows, run in its order, in a folder that has what they speak of."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from planish.datasets import digits

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def make_pictures(folder, count, seed):
    """Cats are light at the top, dogs at the bottom."""
    random = np.random.default_rng(seed)
    for name, rows in (("cat", slice(20)), ("dog", slice(20, 40))):
        (folder / name).mkdir(parents=True)
        for number in range(1, count + 1):
            pixels = random.integers(0, 60, (40, 30, 3), dtype=np.uint8)
            pixels[rows] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")


def test_every_command_of_the_page_does_what_it_should(planish, no_pictures, tmp_path):
    make_pictures(tmp_path / "photos", 10, seed=0)
    make_pictures(tmp_path / "new-photos", 3, seed=1)
    shutil.copytree(tmp_path / "new-photos" / "cat", tmp_path / "new")
    (tmp_path / "mine.py").write_text(next(text for text in blocks("python") if "def make_model" in text))
    (_, _), (images, labels) = digits.load_data()
    seven = Image.fromarray(255 - images[np.flatnonzero(labels == 7)[0]]).resize((200, 200))
    seven.save(tmp_path / "seven.jpg")

    commands = [line for text in blocks("") for line in text.splitlines() if line.startswith("planish ")]
    output = {}
    for command in commands:
        code, output[command], err = planish(*shlex.split(command)[1:])
        assert (code, err) == (0, ""), command
    assert len(commands) == 17
    assert output["planish predict pets/best.keras new/1.jpg"].split("\t")[:2] == ["new/1.jpg", "cat"]
    assert "images: 4 (held out by training)" in output["planish evaluate pets/best.keras photos --split"]
    assert "images: 6 (all)" in output["planish evaluate pets/best.keras new-photos"]
    assert "accuracy: 1.0000" in output["planish evaluate pets/best.keras new-photos"]
    assert "seven.jpg\t7\t" in output["planish predict demo-output/digits.keras seven.jpg --digit"]
