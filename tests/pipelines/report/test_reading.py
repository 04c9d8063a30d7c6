import pytest

from pipelines.errors import InputError
from pipelines.report.reading import read_comparison


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no finished comparison in .*; pass a folder under outputs/comparison"),
        ("{}", "is damaged, of another version, or not the result of a comparison"),
        ('{"name": "de', "is damaged, of another version, or not the result of a comparison"),
    ],
)
def test_bad_results_get_one_line(tmp_path, content, words):
    if content is not None:
        (tmp_path / "result.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_comparison(tmp_path)
    assert "\n" not in str(caught.value)
