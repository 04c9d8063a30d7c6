"""How pipelines are written."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines.augment import SETS, parse
from pipelines.errors import InputError
from tests.pipelines.augment.reference import IMAGES, augmented


def test_writes_every_parameter():
    text = "flip(p=0.5)|shift(px=4)|rotation(low=-10, high=10, sampling=bilinear)"
    assert str(parse("flip | shift(4) | rotation(-10, 10, sampling='bilinear')")) == text
    assert str(parse(text)) == text


def test_empty_is_none():
    assert len(parse("  ")) == 0
    assert str(parse("")) == ""
    np.testing.assert_array_equal(augmented("")[0], IMAGES)


def test_sets_stand_for_their_steps():
    names = [step.augmenter.name for step in parse("a2_both|cutout").steps]
    assert names == [
        *("resized_crop", "rotation", "flip", "invert", "solarize"),
        *("mixup_or_cutmix", "cutout"),
    ]
    assert all(parse(name).steps for name in SETS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flp", "unknown augmentation 'flp'; did you mean flip?"),
        ("a2_bth", "did you mean a2_both?"),
        ("shift(0)", "px: should be greater than or equal to 1, received 0; write shift(px=4)"),
        ("shift(4.5)", "px 1 to 256"),
        ("shift('a')", "received 'a'"),
        ("shift(pixels=3)", "unknown key 'pixels'; known: px"),
        ("shift(1, 2)", "too many parameters; write shift(px=4), px 1 to 256"),
        ("shift(4, px=4)", "too many parameters"),
        ("hue(0)", "turn above 0 to 0.5"),
        ("rotation(0, 90, cubic)", "sampling nearest or bilinear"),
        ("rotation(90, 0)", "low=90 is above high=0; swap them"),
        ("flip||shift", "cannot read 'flip||shift'"),
        ("flip+shift", "write named steps joined by '|'"),
        ("flip.shift", "cannot read"),
        ("flip(**{'p': 1})", "cannot read"),
        ("flip([0.5])", "cannot read"),
        ("__import__('os').system('id')", "cannot read"),
        ("flip|alternating_flip", "alternating_flip must come first"),
        ("k1(3)", "the set k1 takes no parameters: it is flip"),
    ],
)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_needs_no_tensorflow():
    code = (
        "import sys; from pipelines.augment import parse; parse('a2_both|shift(4)');"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_too_far_a_shift_names_both_sizes():
    with pytest.raises(InputError, match=r"shift\(px=12\) cannot mirror images of 12x12"):
        augmented("shift(12)")
