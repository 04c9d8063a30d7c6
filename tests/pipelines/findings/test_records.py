import csv

import pytest

from pipelines.errors import InputError
from pipelines.findings.records import Finding, carried, read_excluded, write_findings

ROWS = [
    Finding(file="a é/1.png", class_name="a", split="train", finding="blank", score=0.123456),
    Finding(
        file="b/2, 3.png",
        class_name="b",
        split="test",
        finding="identical",
        other_file="b/1.png",
        score=1,
        action="exclude",
    ),
]


def test_what_is_written_is_read(tmp_path):
    write_findings(ROWS, tmp_path / "findings.csv")
    assert read_excluded(tmp_path / "findings.csv") == {"b/2, 3.png": 3}
    with (tmp_path / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["file"], first["class"], first["score"]) == ("a é/1.png", "a", "0.1235")


def test_decisions_are_carried_over(tmp_path):
    table = tmp_path / "t.csv"
    own = ROWS[0].model_copy(update={"action": "exclude"})
    gone = ROWS[1].model_copy(update={"file": "b/gone.png"})
    write_findings([own, ROWS[1], gone], table)
    again, besides = carried([ROWS[0]], table, {"a é/1.png", "b/2, 3.png"})
    assert again == [own]
    assert besides == [ROWS[1]]
    table.write_text("file,action\nb/2.png,exclude\n")
    again, besides = carried(ROWS, table, {"b/2.png"})
    assert again == ROWS
    assert [(one.file, one.action) for one in besides] == [("b/2.png", "exclude")]


def test_a_spreadsheet_may_have_written_it(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("file;action;why\r\na/1.png; Exclude ;mine\r\nb/1.png;;\r\n")
    assert read_excluded(table) == {"a/1.png": 2}


@pytest.mark.parametrize(
    ("saved", "line"),
    [
        ("file\tclass\taction\né/1.png\tcat\texclude\n".encode("utf-16"), 2),  # Excel's Unicode
        ("file;class;action\r\né/1.png;cat;exclude\r\n".encode("cp1252"), 2),  # its plain CSV
        ("\ufeffsep=;\nfile;score;action\né/1.png;0,5;exclude\n".encode(), 3),
        ("File,Action\né/1.png,exclude,and,more\n".encode(), 2),
    ],
)
def test_a_spreadsheet_may_have_encoded_it_otherwise(tmp_path, saved, line):
    (tmp_path / "mine.csv").write_bytes(saved)
    assert read_excluded(tmp_path / "mine.csv") == {"é/1.png": line}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,score\na,1\n", "has no column 'action' but file, score"),
        ("file,action\na,remove\n", "line 2: action 'remove'; give 'exclude' or 'keep'"),
        ("", "has no column 'file' but none"),
    ],
)
def test_another_table_is_refused(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_excluded(tmp_path / "x.csv")


def test_a_missing_table(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_excluded(tmp_path / "x.csv")
