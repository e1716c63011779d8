"""Which models a folder has, and why others are not served."""

import os

import pytest

from planish.serving.folder import scan


@pytest.fixture
def folder(tmp_path):
    """A folder with this and that, and a file beside it that nobody should reach."""
    (tmp_path / "secret.keras").write_text("x")
    inside = tmp_path / "models"
    for place in ("one.keras", "two/1/m.h5", "two/3/m.onnx", "two/notes/x.keras", ".hidden.keras", "readme.txt"):
        path = inside / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return inside


def test_files_and_numbered_folders_are_models(folder):
    found = scan(str(folder))
    assert sorted(found.sources) == [("one", 1), ("two", 1), ("two", 3)]
    assert found.problems == {}
    assert sorted(scan(str(folder), versions=1).sources) == [("one", 1), ("two", 3)]


def test_links_lead_no_further_than_the_folder(folder):
    (folder / "out.keras").symlink_to(folder.parent / "secret.keras")
    (folder / "gone.keras").symlink_to(folder / "nothing")
    (folder / "four").symlink_to(folder.parent)
    (folder / "two" / "4").symlink_to(folder.parent)
    (folder / "again.keras").symlink_to(folder / "one.keras")
    found = scan(str(folder))
    assert sorted(found.sources) == [("again", 1), ("one", 1), ("two", 1), ("two", 3)]
    assert sorted(os.path.basename(path) for path in found.problems) == ["4", "gone.keras", "out.keras"]


def test_plans_are_code(folder):
    (folder / "fast.plan").write_text("x")
    assert "--allow-code" in next(iter(scan(str(folder)).problems.values())).reason
    assert ("fast", 1) in scan(str(folder), allow_code=True).sources


def test_what_cannot_be_named_or_told_apart_is_told(folder):
    for place in ("a:b.keras", "one.onnx", "two/5/a.keras", "two/5/b.keras"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text("x")
    (folder / "two" / "6").mkdir()
    reasons = {os.path.basename(path): problem.reason for path, problem in scan(str(folder)).problems.items()}
    assert "part of an address" in reasons["a:b.keras"]
    assert "has the same name" in reasons["one.onnx"]
    assert "has 2 files of models" in reasons["5"]
    assert "has 0 files of models" in reasons["6"]


def test_what_cannot_be_looked_at_stops_nothing_else(folder, monkeypatch):
    (folder / "loop").symlink_to("loop")
    (folder / "two" / "7").symlink_to("7")
    (folder / os.fsdecode(b"\xff.keras")).write_text("x")
    (folder / "locked").mkdir()
    look = os.scandir

    def refusing(path):
        if os.path.basename(path) in ("locked", "3"):
            raise PermissionError(13, "Permission denied", path)
        return look(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refusing)
        found = scan(str(folder))
    assert sorted(found.sources) == [("one", 1), ("two", 1)]
    reasons = {os.path.basename(path): problem.reason for path, problem in found.problems.items()}
    assert sorted(reasons) == ["3", "7", "locked", "loop", "\udcff.keras"]
    assert "Permission denied" in reasons["3"]
    assert "links" in reasons["loop"]
    assert "UTF-8" in reasons["\udcff.keras"]


def test_labels_are_names_of_versions(folder):
    labels = folder / "two" / "version_labels.json"
    labels.write_text('{"stable": 1}')
    assert scan(str(folder)).labels == {"two": {"stable": 1}}
    for damaged in ("{", '{"stable": "1"}', '{"stable": true}', "[1]", "[" * 100_000):
        labels.write_text(damaged)
        found = scan(str(folder))
        assert (found.labels, list(found.problems)) == ({}, [str(labels)])
