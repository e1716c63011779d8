"""tools/house_map.py draws the rooms, arrows and floors that are there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import house_map  # noqa: E402


@pytest.fixture
def package(tmp_path):
    files = {
        "__init__.py": "from planish.roof import model",
        "roof/__init__.py": "",
        "roof/model.py": "from planish.cellar.deep import stone\nfrom planish.hall import door\nimport numpy",
        "hall/__init__.py": "",
        "hall/door.py": "from planish import bell\ndef open():\n    from planish.roof.model import Model",
        "hall/window.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from planish.cellar import rock",
        "cellar/__init__.py": "",
        "cellar/rock.py": "import planish.cellar.deep.stone",
        "cellar/deep/__init__.py": "",
        "cellar/deep/stone.py": "from planish.cellar import rock",
        "bell.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "planish" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "planish"


def test_rooms_are_folders_and_single_files(package):
    found = house_map.house(package)
    assert found.files == {"roof": 2, "hall": 3, "cellar": 2, "cellar/deep": 2, "bell.py": 1}


def test_arrows_are_what_is_imported_on_loading(package):
    found = house_map.house(package)
    assert found.arrows["roof"] == {"cellar/deep", "hall"}
    assert found.arrows["hall"] == {"bell.py"}
    assert found.later["hall"] == {"roof", "cellar"}


def test_rooms_that_import_each_other_share_a_floor(package):
    arrows = house_map.house(package).arrows
    assert house_map.floors(arrows) == {"roof": 3, "hall": 2, "cellar": 1, "cellar/deep": 1, "bell.py": 1}
    assert house_map.knots(arrows)["cellar"] == {"cellar", "cellar/deep"}


def test_the_map_of_this_house_is_drawn_and_no_rooms_import_each_other():
    command = [sys.executable, str(ROOT / "tools" / "house_map.py")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert any(line.split()[2:3] == ["codegen/kernels"] for line in lines)
    (warm,) = [line for line in lines if line.startswith("a warm predict_on_batch")]
    assert 5 <= int(warm.split()[3]) <= 24
    assert any("hops deep" in line for line in lines)
    assert "rooms that import each other: none" in lines
