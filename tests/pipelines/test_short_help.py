"""Help that fits on a screen, and the rest of it."""

import re

import pytest

from pipelines.cli import main
from pipelines.short_help import ALL, USED


def helped(capsys, *words):
    assert main([*words]) == 0
    return capsys.readouterr().out


def options(text):
    return set(re.findall(r"--[a-z][a-z0-9.-]*(?= )", text))


@pytest.mark.parametrize("verb", list(USED))
def test_the_help_of_a_verb_fits_on_a_screen_and_all_of_it_is_to_be_had(verb, capsys):
    short, long = (helped(capsys, verb, flag) for flag in ("--help", ALL))
    assert len(short.splitlines()) <= 60
    assert ALL in short
    assert ALL not in long
    assert set(USED[verb]) <= options(short), "an option is called otherwise now"
    assert options(short) - {ALL} < options(long)


def test_an_option_is_said_in_a_sentence(capsys):
    short, long = (helped(capsys, "classify", flag) for flag in ("--help", ALL))
    assert "By default each arm sees the size" not in " ".join(short.split())
    assert "By default each arm sees the size" in " ".join(long.split())


def test_a_verb_of_few_options_shows_them_all(capsys):
    assert helped(capsys, "predict", "--help") == helped(capsys, "predict", ALL)
