"""Tables of paths and labels: CSV, TSV, data frames."""

from pathlib import Path

import pytest

from pipelines.data.sources import from_frame, load_source
from pipelines.errors import InputError
from tests.pipelines.data.sources.trees import grow

FOUR = ("cat/1.png", "cat/2.png", "dog/1.png", "dog/10.png")


@pytest.fixture
def table(tmp_path):
    """Return the function that writes a table beside four pictures."""
    grow(tmp_path, *FOUR)

    def write(text: str | bytes, name: str = "labels.csv") -> str:
        content = text if isinstance(text, bytes) else text.encode("utf-8")
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def rows(head: str = "path,label", *, parted: str = ",", end: str = "\n") -> str:
    lines = [head, *(f"{path},{path[:3]}" for path in FOUR)]
    return end.join(line.replace(",", parted) for line in lines) + end


@pytest.mark.parametrize(
    "text",
    [
        rows(),
        rows("Image Path,Class"),
        rows("filename,breed"),  # the one other column
        rows("where,what"),  # told by its files
        "\n".join(rows().splitlines()[1:]),  # no names
        rows(parted=";", end="\r\n"),
        rows(parted="\t"),
        rows(parted=" , "),
        rows(parted="  \t "),
        "".join(f"{path}   {path[:3]}\n" for path in FOUR),
        "sep=;\n" + rows(parted=";"),
        "\ufeff" + rows(),
        rows().encode("utf-16"),
        rows().replace("/", "\\"),
        ",path,label\n" + "".join(f"{n},{p},{p[:3]}\n" for n, p in enumerate(FOUR)),
    ],
)
def test_a_table_is_read_as_its_folder_would_be(table, tmp_path, text):
    source = load_source(table(text))
    folder = load_source(str(tmp_path))
    assert source.name == "labels"
    assert source.own
    assert source.train.class_names == ("cat", "dog")
    assert source.train.read(16).digest() == folder.train.read(16).digest()
    assert [name.replace("\\", "/") for name in source.train.names] == list(FOUR)


def test_the_ending_tsv_means_tabs(table):
    assert len(load_source(table(rows(parted="\t"), "labels.tsv")).train) == 4


def test_what_was_read_is_said(table):
    text = rows("file,species,age").replace("cat\n", "cat,7\n").replace("dog\n", "dog,8\n")
    assert load_source(table(text)).notes == ["columns: path from 'file', label from 'species'"]


def test_latin_1_is_said(table):
    source = load_source(table(rows().replace(",cat", ",chaton é").encode("latin-1")))
    assert source.train.class_names == ("chaton é", "dog")
    assert source.notes[0].startswith("labels.csv is not UTF-8 and was read as Latin-1")


def test_labels_are_trimmed_and_composed(table):
    text = rows().replace(",cat", ",  cafe\u0301 ").replace(",dog", ',"big, bad"')
    assert load_source(table(text)).train.class_names == ("big, bad", "café")


def test_columns_without_names_that_leave_a_choice_are_to_be_named(table):
    # As the table of a data set of solar cells is written.
    text = "".join(f"{path}  {n % 2}.000000   {path[:3]}\n" for n, path in enumerate(FOUR))
    with pytest.raises(InputError, match=r"column 2 and column 3 may all .* in a first row, and"):
        load_source(table(text))
    named = load_source(table("path probability label\n" + text))
    assert named.train.class_names == ("cat", "dog")


def test_rows_that_repeat_others_count_once(table):
    source = load_source(table(rows() + "cat/1.png,cat\n./cat/../cat/2.png,cat\n\n,\n"))
    assert source.train.counts().tolist() == [2, 2]
    assert "2 rows that repeat another one were left out" in source.notes


def test_splits_of_a_column(table):
    parts = ("train", "TEST", "Training", "val")
    lines = [f"{path},{path[:3]},{part}\n" for path, part in zip(FOUR, parts, strict=True)]
    source = load_source(table("path,label,set\n" + "".join(lines)))
    assert {part: len(pool) for part, pool in source.splits.items()} == {
        "train": 2,
        "valid": 1,
        "test": 1,
    }
    with pytest.raises(InputError, match=r"column 'set' holds 'else'; .* write train, valid or"):
        load_source(table("path,label,set\n" + "".join(lines) + "cat/1.png,cat,else\n"))


def test_numbers_of_folds_are_no_splits(table):
    lines = [f"{path},{path[:3]},{fold}\n" for fold, path in enumerate(FOUR)]
    assert load_source(table("path,label,fold\n" + "".join(lines))).test is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("path,label\n", "a first row only"),
        (rows("path,path"), "two columns 'path'"),
        (rows() + "cat/1.png,cat,2,3\n", "line 6 has 4 cells, the first row names 2"),
        (rows("what,else").replace("/", "-"), "'what', 'else', none of which holds paths"),
        ("path\ncat/1.png\n", "give one of labels as well"),
        (
            "path,a,b\ncat/1.png,x,y\ndog/1.png,u,v\n",
            "columns a and b may all hold the labels; call the one to read 'label'",
        ),
        (
            "a,b,c\ncat/1.png,cat/2.png,x\ndog/1.png,dog/1.png,y\n",
            "columns a and b both hold paths of files; call the one to read 'path'",
        ),
        (
            rows() + "cat/1.png,\n",
            "1 of 5 rows have no label, the first is row 5 .cat/1.png.;",
        ),
        (rows() + "cat/1.png,dog\n", r"other labels: cat/1.png \(cat, dog\); keep one"),
        (rows() + "cat/1.png,Cat\n", "other labels"),
        (rows().replace("2.png,cat", "2.png,Cat "), "labels 'cat' and 'Cat', which differ only"),
        (rows().replace(",dog", ",cat"), "one class, 'cat'"),
        (
            "path,label,split\ncat/1.png,cat,train\ncat/1.png,cat,test\ndog/1.png,dog,train\n",
            r"other splits: cat/1.png \(train, test\)",
        ),
        (
            "path,label,split\ncat/1.png,cat,train\ncat/2.png,cat,train\ndog/1.png,dog,test\n",
            "test split has class 'dog', its train split does not",
        ),
        ('path,label\n"cat/1.png,cat\n', "cannot be read as a table"),
        (b"\x00\x01\x02\xff\xfe" * 9, "no|cannot"),
    ],
)
def test_tables_that_do_not_do_are_refused_in_one_line(table, text, message):
    with pytest.raises(InputError, match=message) as caught:
        load_source(table(text))
    assert "\n" not in str(caught.value)


def test_rows_without_a_file_are_counted_and_named(table):
    text = rows() + "".join(f"gone/{number}.png,cat\n" for number in range(7))
    names = "gone/0.png, gone/1.png, gone/2.png, gone/3.png, gone/4.png and 2 more"
    with pytest.raises(InputError, match=f"7 of 11 rows name files .*: {names}; .*--skip-bad"):
        load_source(table(text))
    source = load_source(table(text), skip_bad=True)
    assert len(source.train) == 4
    assert any(note.startswith("7 of 11 rows name files") for note in source.notes)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv cannot be read .*check the path"):
        load_source(str(tmp_path / "gone.csv"))


def test_a_folder_with_a_table_beside_its_pictures_points_at_it(tmp_path):
    grow(tmp_path, "1.png", "2.png")
    (tmp_path / "labels.csv").write_text("file,label\n1.png,cat\n")
    with pytest.raises(InputError, match=r"2 images but no class folders; give .*labels\.csv if"):
        load_source(str(tmp_path))
    grow(tmp_path / "other", "train/1.png")
    (tmp_path / "other" / "train.csv").touch()
    with pytest.raises(InputError, match=r"one class only, 'train'; give .*train\.csv if"):
        load_source(str(tmp_path / "other"))


def frame(**more) -> dict[str, list]:
    return {"where": [Path(path) for path in FOUR], "number": [0, 0, 1.0, 1], **more}


def test_a_dictionary_of_lists_is_a_frame(tmp_path):
    grow(tmp_path, *FOUR)
    given = frame(by=["x", None, "y", "y"])
    unnamed = {0: given["where"], 1: given["number"]}  # of pandas, where nobody named them
    assert from_frame(unnamed, label="1", folder=tmp_path).train.class_names == ("0", "1")
    source = from_frame(given, path="where", label="number", folder=tmp_path, name="mine")
    assert source.name == "mine"
    assert source.train.class_names == ("0", "1")
    assert source.train.counts().tolist() == [2, 2]
    with pytest.raises(InputError, match="unknown column of frame 'file'"):
        from_frame(given, path="file")
    with pytest.raises(InputError, match=r"3 of 4 images have a value there, cat/2.png does not"):
        from_frame(given, label="number", group_by="by", folder=tmp_path)


def test_a_frame_of_pandas(tmp_path):
    pandas = pytest.importorskip("pandas")
    grow(tmp_path, *FOUR)
    given = pandas.DataFrame(frame(part=["train", "test", "train", "test"]))
    source = from_frame(given, label="number", split="part", folder=tmp_path)
    assert {part: len(pool) for part, pool in source.splits.items()} == {"train": 2, "test": 2}
    given.loc[1, "number"] = float("nan")
    with pytest.raises(InputError, match="1 of 4 rows have no label"):
        from_frame(given, label="number", folder=tmp_path)


@pytest.mark.parametrize("name", ["label", "class"])
def test_the_labels_are_no_groups(table, name):
    path = table(rows(f"path,{name}"))
    with pytest.raises(InputError, match=f"data.group_by '{name}' is the column of the labels"):
        load_source(path, group_by=name)
