"""What is printed arrives, in letters that the terminal has; what cannot arrive ends nothing."""

import errno
import io
import os
import sys
from typing import Any

import pytest

from groundwork.terminal import Stream, printable, say, streams


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("café 日本 👩\u200d🚀", "café 日本 👩\u200d🚀"),
        ("a\x1b]0;title\x07", "a\\x1b]0;title\\x07"),
        ("a\r\nb\u2028c\x85", "a\\r\\nb\\u2028c\\x85"),
        ("half \udcff", "half \\udcff"),
        ("gnp.\u202etxt", "gnp.\\u202etxt"),
    ],
)
def test_what_is_no_text_is_spelled_out(text, shown):
    assert printable(text) == shown


def test_a_line_keeps_its_end(capsys):
    say("a\n\tb\x1b[2J")
    assert capsys.readouterr().err == "a\n\tb\\x1b[2J\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "shift_jis", "utf-8"])
def test_letters_that_a_terminal_lacks_are_spelled_out(encoding):
    content = io.BytesIO()
    stream = Stream(io.TextIOWrapper(content, encoding=encoding))
    print("± é 日 \udcff", file=stream)
    stream.flush()
    said = content.getvalue().decode(encoding)
    assert stream.lost is None
    assert "\\udcff" in said
    assert ("日" in said) == (encoding in ("shift_jis", "utf-8"))


class Broken(io.RawIOBase):
    """A file that takes nothing."""

    def __init__(self, number: int) -> None:
        self.number = number

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_what_cannot_be_written_is_let_go_of(number):
    raw = Broken(number)
    stream = Stream(io.TextIOWrapper(io.BufferedWriter(raw), write_through=True))
    print("one", file=stream)
    print("two", file=stream)
    stream.writelines(["three"])
    stream.flush()
    assert stream.lost is not None
    assert stream.lost.errno == number
    assert stream.reader_gone == (number == errno.EPIPE)
    raw.write = lambda content: len(content)  # type: ignore[method-assign]  # for the destructor


def test_without_streams_nothing_is_said(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    with streams() as (out, err):
        print("a")
        say("b")
        assert (out.lost, err.lost) == (None, None)
        assert sys.stderr.encoding == "utf-8"
    assert sys.stdout is not None
    print("c")
