"""Whether the images are those of the last run under the same name."""

from dataclasses import replace

from groundwork.files import write_json
from pipelines.comparison.before import changes, pictures_of
from pipelines.recipes.data import DataConfig
from tests.made_comparison import make_comparison
from tests.pipelines.comparison.test_plan import drawn

DATA = DataConfig(source="cifar10")


def keep(outputs, name, pictures):
    made = make_comparison(outputs, instances=1, pictures=False)
    result = made.model_copy(update={"pictures": pictures})
    write_json(outputs / "compare" / name / "result.json", result.model_dump(mode="json"))


def test_changed_pictures_are_said(tmp_path):
    one = replace(drawn(0), train=("a", "b"), test=("c",))
    keep(tmp_path, "photos", pictures_of([one]))
    assert not changes(tmp_path, "photos", DATA, [one])
    other = replace(one, train=("a", "d"))
    assert "(500 then, " in changes(tmp_path, "photos", DATA, [other])
    assert "trained anew" in changes(tmp_path, "photos", DATA, [other])
    elsewhere = DATA.model_copy(update={"source": "elsewhere/photos"})
    assert "holds what was found for cifar10: it is replaced" in changes(
        tmp_path, "photos", elsewhere, [other]
    )


def test_nothing_is_said_where_nothing_is_known(tmp_path):
    one = replace(drawn(0), train=("a",), test=("c",))
    assert not changes(tmp_path, "photos", DATA, [one])
    keep(tmp_path, "old", "")
    assert not changes(tmp_path, "old", DATA, [one])
    (tmp_path / "compare" / "bad").mkdir()
    (tmp_path / "compare" / "bad" / "result.json").write_text("{")
    assert not changes(tmp_path, "bad", DATA, [one])
