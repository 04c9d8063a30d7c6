"""Augmentation sets of the studies, by name."""

_A2_SIMPLE = "resized_crop|rotation(0, 180)|flip(0.2)|invert(0.2)|solarize(100, 0.2)"

SETS = {
    # Andrzejczuk & Orsłowski, section 4.2.1. torchvision's defaults where the text is silent:
    # crops of 8 to 100 % of the area read bilinearly, rotation by the nearest pixel.
    "a2_simple": _A2_SIMPLE,
    "a2_advanced": "mixup_or_cutmix",
    "a2_both": f"{_A2_SIMPLE}|mixup_or_cutmix",
    "a2_alternative": "rotation(0, 180)|flip(0.2)",
    # Ko & Guo, section 1.2: the source has resized and cropped at the centre already.
    "k1": "flip",
}
"""Pipelines by name; a name stands for its pipeline in the string language."""
