"""What a data set holds, in numbers."""

from collections import defaultdict

from groundwork.settings import Result
from pipelines.data.instances import InstanceRecord
from pipelines.data.sources import Source


class DataSummary(Result):
    """A data set, and what an instance of it is."""

    name: str
    size: int
    """Side of the squares that its pictures are worth, in pixels."""
    counts: dict[str, dict[str, int]]
    """Images by split and class."""
    repeated: int
    """Images that are identical to an earlier one, in whatever split."""
    leaked: int
    """Test and validation images that are identical to a training image."""
    contradictory: int
    """Different images that occur under more than one label."""
    notes: list[str]
    """What was chosen, left out or replaced."""
    instance: InstanceRecord | None
    """What would be trained and tested on; None if it cannot be drawn."""


def describe(
    source: Source, shown_at: int, instance: InstanceRecord | None, notes: list[str]
) -> DataSummary:
    """Count the images of each class, and those that occur more than once: every one is read."""
    splits = {split: pool.select(pool.can_be_read()) for split, pool in source.splits.items()}
    hashes = {split: pool.hashes() for split, pool in splits.items()}
    labels_of: dict[str | None, set[int]] = defaultdict(set)
    for split, images in splits.items():
        for image, label in zip(hashes[split], images.labels.tolist(), strict=True):
            labels_of[image].add(label)
    trained = set(hashes["train"])
    return DataSummary(
        name=source.name,
        size=source.side,
        counts={
            split: dict(zip(images.class_names, images.counts().tolist(), strict=True))
            for split, images in splits.items()
        },
        repeated=sum(map(len, hashes.values())) - len(labels_of),
        leaked=sum(image in trained for split in hashes for image in hashes[split])
        - len(hashes["train"]),
        contradictory=sum(len(labels) > 1 for labels in labels_of.values()),
        notes=[*source.found([shown_at]), *notes],
        instance=instance,
    )
