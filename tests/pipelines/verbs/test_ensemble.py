"""What cannot vote is named before anything is computed."""

from pathlib import Path

import pytest

from groundwork.files import write_json
from pipelines.errors import InputError
from pipelines.verbs.ensemble import ensemble
from pipelines.workspace import CONFIG, RESULT


def test_classifiers_that_were_handed_over_were_tested_on_nothing(tmp_path: Path) -> None:
    runs = [tmp_path / "compare" / name for name in ("cells", "birds")]
    for run in runs:
        write_json(run / RESULT, {"arms": []})
        write_json(run / "classifier" / RESULT, {"class_names": ["a", "b"]})
        write_json(run / "classifier" / CONFIG, {"instance": "instance/x"})
    for named in (runs, [run / "classifier" for run in runs]):
        with pytest.raises(InputError, match=r"cells/classifier was trained .* tested on none: na"):
            ensemble(named)
