"""A small search, and a result of one made of thin air."""

from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import Search
from pipelines.recipes.tuning import TuneConfig
from pipelines.tuning.results import SearchResult, TrialRecord

TEXT = """
title = "Trial"
[train]
epochs = 4
[tune]
tuner = "{tuner}"
trials = {trials}
folds = 3
last = 2
[space]
"train.learning_rate" = [0.1, 0.01]
augment = ["", "flip"]
"""


def result_of(scores: dict[float, tuple[float, ...]], **more) -> SearchResult:
    search = Search(
        recipe=load_recipe(), tune=TuneConfig(), space={"train.learning_rate": [*scores]}
    )
    trials = [
        TrialRecord(
            trial=str(number),
            values={"train.learning_rate": rate},
            scores=folds,
            error="" if folds else "it broke & <stopped>",
        )
        for number, (rate, folds) in enumerate(scores.items())
    ]
    return SearchResult(
        name="trial",
        title="Trial",
        command="ganaug tune",
        machine="this one",
        source="noise",
        classes=[["a", "b"]],
        trials=trials,
        seconds=12.0,
        **{"settings": search.model_dump(mode="json")} | more,
    )
