"""Image folders in zip archives."""

import os
import stat
import threading
import zipfile

import pytest

from pipelines.data.sources import archive, load_source
from pipelines.errors import InputError
from tests.pipelines.data.sources.trees import encoded, grow, packed

FOUR = ("cat/1.png", "cat/10.png", "dog/1.png", "dog/more/2.png")


@pytest.mark.parametrize("top", ["", "photos/", "./", "a/b/"])
def test_an_archive_is_read_as_the_folder_it_holds(tmp_path, top):
    path = packed(tmp_path / "photos.zip", *(top + name for name in FOUR))
    source = load_source(str(path))
    folder = load_source(str(grow(tmp_path / "folder", *FOUR)))
    assert source.name == "photos"
    assert source.own
    assert source.train.class_names == ("cat", "dog")
    assert source.train.names == folder.train.names
    assert source.train.read(16).digest() == folder.train.read(16).digest()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "photos.zip"]


def test_splits_and_what_systems_leave_behind(tmp_path):
    names = [f"set/{part}/{name}" for part in ("train", "valid", "test") for name in FOUR]
    path = packed(tmp_path / "a.zip", *names, "__MACOSX/set/train/cat/._1.png", "set/.DS_Store")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("set/train/empty/", "")
        file.writestr("set/train/cat/notes.txt", "x")
        link = zipfile.ZipInfo("set/train/cat/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "1.png")
    source = load_source(str(path))
    assert {part: len(pool) for part, pool in source.splits.items()} == {
        "train": 4,
        "valid": 4,
        "test": 4,
    }
    assert source.notes == [
        "files that are no images were left aside: 1 .txt",
        "links to what is read already, or to nothing, were left aside: train/cat/link.png",
        "folders without images were left aside: empty",
    ]


def test_pictures_without_an_ending_are_known_by_their_content(tmp_path):
    path = packed(tmp_path / "a.zip", "cat/1", "dog/1.png", "dog/photo.download")
    assert load_source(str(path)).train.counts().tolist() == [1, 2]


@pytest.mark.parametrize("flagged", [True, False])
def test_names_are_utf_8_whether_marked_as_such_or_not(tmp_path, flagged):
    path = packed(tmp_path / "a.zip", "café/1.png", "dog/1.png")
    if not flagged:  # as a Mac writes them
        content = path.read_bytes()
        path.write_bytes(content.replace(b"\0\x08\x08\0", b"\0\0\x08\0"))
        with zipfile.ZipFile(path) as file:
            assert not any(one.flag_bits for one in file.infolist())
    assert load_source(str(path)).train.class_names == ("café", "dog")


@pytest.mark.parametrize("name", ["/etc/1.png", "../1.png", "cat/../../1.png", "C:/1.png"])
def test_names_outside_of_the_archive_are_refused(tmp_path, name):
    path = packed(tmp_path / "a.zip", *FOUR, name)
    with pytest.raises(InputError, match="names a file outside of itself"):
        load_source(str(path))


def test_a_windows_archive_parts_folders_its_way(tmp_path):
    path = packed(tmp_path / "a.zip", "cat\\1.png", "dog\\1.png")
    assert load_source(str(path)).train.class_names == ("cat", "dog")


def test_archives_that_cannot_be_read_are_refused(tmp_path):
    whole = packed(tmp_path / "a.zip", *FOUR)
    cut, text = tmp_path / "cut.zip", tmp_path / "text.zip"
    cut.write_bytes(whole.read_bytes()[:200])
    text.write_text("<html>404</html>")
    locked = tmp_path / "locked.zip"
    content = bytearray(whole.read_bytes())
    at = 0
    while (at := content.find(b"PK\1\2", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    locked.write_bytes(content)
    flat = packed(tmp_path / "flat.zip", "1.png", **{"labels.csv": b"file,label"})
    for path, message in {
        cut: "no zip archive, or damaged",
        text: "no zip archive, or damaged",
        tmp_path / "gone.zip": "is no file",
        locked: "4 of 4 images are encrypted, such as cat/1.png; unpack it",
        flat: "1 images but no class folders; give labels.csv of the unpacked archive",
    }.items():
        with pytest.raises(InputError, match=message) as caught:
            load_source(str(path))
        assert "\n" not in str(caught.value)


def test_an_absurd_size_is_refused(tmp_path, monkeypatch):
    path = packed(tmp_path / "a.zip", *FOUR)
    monkeypatch.setattr(archive, "LARGEST", 10)
    with pytest.raises(InputError, match=r"4 images of more than 0 MiB, cat/1.png, "):
        load_source(str(path))


def test_a_damaged_picture_is_named_as_in_a_folder(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for number, name in enumerate(FOUR):
            file.writestr(name, encoded(number))
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 9] ^= 255  # of the first picture
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"1 of 4 .* cat/1\.png \(damaged in the archive: Bad CRC"):
        load_source(str(path)).train.read(16)
    source = load_source(str(path), skip_bad=True)
    assert source.train.can_be_read().tolist() == [False, True, True, True]


def test_threads_and_forks_read_the_same(tmp_path):
    names = [f"{kind}/{number}.png" for kind in "ab" for number in range(60)]
    train = load_source(str(packed(tmp_path / "a.zip", *names))).train
    alone = train.read(16).digest()
    seen: list[str] = []
    again = [load_source(str(tmp_path / "a.zip")).train] * 4
    threads = [
        threading.Thread(target=lambda one=one: seen.append(one.read(24).digest())) for one in again
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    if hasattr(os, "fork"):
        child = os.fork()
        if not child:
            os._exit(0 if train.read(20).digest() else 1)
        assert train.read(16).digest() == alone
        assert os.waitpid(child, 0)[1] == 0


def test_groups_in_an_archive(tmp_path):
    path = packed(tmp_path / "a.zip", "x/cat/p1/1.png", "x/cat/p2/1.png", "x/dog/p1/1.png")
    source = load_source(str(path), group_by="parent")
    assert source.train.together.tolist() == [0, 1, 0]


def test_a_folder_that_holds_only_an_archive_points_at_it(tmp_path):
    packed(tmp_path / "photos.zip", "cat/1.png", "dog/1.png")
    with pytest.raises(InputError, match=r"holds no images, but photos.zip; give .*photos.zip"):
        load_source(str(tmp_path))
