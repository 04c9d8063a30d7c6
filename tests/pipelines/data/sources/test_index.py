"""Lists of large folders that are kept while nothing can have changed."""

import os
import time
from pathlib import Path

import pytest

from pipelines.data.sources import index, load_source, tree
from pipelines.data.sources.listing import list_folder
from tests.pipelines.data.sources.trees import encoded, grow


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder of its own for lists, which are kept however short and fresh; returns it."""
    monkeypatch.setenv(index.CACHE_DIR, str(tmp_path / "kept"))
    monkeypatch.setattr(index, "LEAST", 1)
    monkeypatch.setattr(index, "SETTLED", 0)
    monkeypatch.setattr(index, "_filesystems", lambda: {tmp_path.stat().st_dev: "ext4"})
    return tmp_path / "kept"


@pytest.fixture
def root(tmp_path, kept):
    """A folder whose list is kept."""
    grow(tmp_path / "own", "cat/1.png", "cat/more/2.png", "cat/10", "dog/1.png", "dog/2.png")
    time.sleep(0.02)  # a tick of the file system's clock
    list_folder(tmp_path / "own")
    return tmp_path / "own"


def pictures(root: Path) -> dict[str, list[str]]:
    classes = list_folder(root).splits["train"].classes
    return {name: one.pictures for name, one in classes.items()}


def anew(root: Path, monkeypatch) -> dict[str, list[str]]:
    with monkeypatch.context() as here:
        here.setattr(index, "_load", lambda root: {})
        return pictures(root)


def test_what_did_not_change_is_not_listed_again(root, monkeypatch):
    before = anew(root, monkeypatch)
    monkeypatch.setattr(tree, "_listed", lambda path: pytest.fail(f"{path} was listed"))
    assert pictures(root) == before


CHANGES = {
    "added": lambda root: (root / "cat" / "3.png").write_bytes(encoded(9)),
    "added below": lambda root: (root / "cat" / "more" / "3.png").write_bytes(encoded(9)),
    "removed": lambda root: (root / "dog" / "2.png").unlink(),
    "renamed": lambda root: (root / "dog" / "2.png").rename(root / "dog" / "3.png"),
    "moved": lambda root: (root / "dog" / "2.png").rename(root / "cat" / "2.png"),
    "a class added": lambda root: grow(root, "fox/1.png"),
    "a class renamed": lambda root: (root / "dog").rename(root / "wolf"),
    "no picture any more": lambda root: (root / "cat" / "10").write_bytes(b"text"),
    "a link": lambda root: (root / "dog" / "3.png").symlink_to(root / "cat" / "1.png"),
    "a folder in a file's place": lambda root: (
        (root / "dog" / "2.png").unlink(),
        grow(root, "dog/2.png/1.png"),
    ),
    "another folder in its place": lambda root: (
        (root / "cat" / "more").rename(root.parent / "old"),
        grow(root, "cat/more/7.png"),
    ),
    "its time set back": lambda root: (
        (times := (root / "dog").stat()),
        (root / "dog" / "2.png").unlink(),
        os.utime(root / "dog", ns=(times.st_atime_ns, times.st_mtime_ns)),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_missed(root, monkeypatch, change):
    before = pictures(root)
    CHANGES[change](root)
    after = pictures(root)
    assert after == anew(root, monkeypatch)
    assert after != before
    assert pictures(root) == after


def test_where_links_lead_is_looked_up_each_time(root, tmp_path, kept):
    grow(tmp_path / "other", "a/1.png", "b/2.png")
    (root / "fox").symlink_to(tmp_path / "turn", target_is_directory=True)
    (tmp_path / "turn").symlink_to(tmp_path / "other" / "a", target_is_directory=True)
    assert pictures(root)["fox"] == ["fox/1.png"]
    (tmp_path / "turn").unlink()
    (tmp_path / "turn").symlink_to(tmp_path / "other" / "b", target_is_directory=True)
    assert pictures(root)["fox"] == ["fox/2.png"]
    (tmp_path / "turn").unlink()
    assert "fox" not in pictures(root)


def test_a_file_written_anew_is_read_anew(root):
    before = load_source(str(root)).train.read(16).image_hashes()
    (root / "dog" / "1.png").write_bytes(encoded(99))
    after = load_source(str(root)).train.read(16).image_hashes()
    assert [one == other for one, other in zip(before, after, strict=True)].index(False) == 3


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"{}", b"00\n{}\n", "cut", "flipped"])
def test_a_damaged_list_is_ignored(root, kept, monkeypatch, content):
    before = anew(root, monkeypatch)
    (file,) = kept.glob("folders/*.json")
    whole = file.read_bytes()
    if content == "cut":
        content = whole[: len(whole) // 2]
    elif content == "flipped":
        content = whole.replace(b"2.png", b"3.png")
    file.write_bytes(content)
    assert pictures(root) == before
    assert file.read_bytes() != content  # kept again


def test_a_place_that_cannot_be_written_is_no_matter(tmp_path, kept, monkeypatch):
    kept.write_text("a file where a folder should be")
    grow(tmp_path / "own", "cat/1.png", "dog/1.png")
    assert pictures(tmp_path / "own") == pictures(tmp_path / "own")
    assert kept.is_file()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEAST", 10),  # short lists
        ("SETTLED", 10**12),  # folders that have just changed
        ("_filesystems", lambda: {}),  # folders that may change unnoticed
    ],
)
def test_what_is_not_kept(tmp_path, kept, monkeypatch, name, value):
    monkeypatch.setattr(index, name, value)
    grow(tmp_path / "own", "cat/1.png", "dog/1.png")
    list_folder(tmp_path / "own")
    assert not kept.exists()


def test_where_lists_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv(index.CACHE_DIR, str(tmp_path))
    assert index.cache_folder() == tmp_path
    monkeypatch.delenv(index.CACHE_DIR)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert index.cache_folder() == tmp_path / "xdg" / "ganaug"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert index.cache_folder() == Path("~/.cache/ganaug").expanduser()


def test_names_that_are_no_text(tmp_path, kept):
    name = os.fsdecode(b"caf\xe9.png")
    try:
        grow(tmp_path / "own", f"cat/{name}", "dog/1.png")
    except OSError:
        pytest.skip("this file system takes none")
    time.sleep(0.02)
    assert pictures(tmp_path / "own") == pictures(tmp_path / "own")
    assert pictures(tmp_path / "own")["cat"] == [f"cat/{name}"]
