import pytest

from pipelines.errors import InputError
from pipelines.report.page import render
from pipelines.verbs.report import report
from tests.made_comparison import make_comparison


@pytest.mark.slow
def test_verb_writes_the_page(tmp_path):
    comparison = make_comparison(tmp_path, pictures=False).model_copy(update={"gans": []})
    folder = tmp_path / "comparison" / "demo-0123"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(comparison.model_dump_json(), encoding="utf-8")
    assert report(folder) == folder / "report.html"
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html == render(comparison, tmp_path)
    assert report(folder, out=tmp_path / "new" / "page.html").read_text(encoding="utf-8") == html
    for wrong in (folder, folder / "report.html" / "page.html"):
        with pytest.raises(InputError, match="cannot be written"):
            report(folder, out=wrong)
