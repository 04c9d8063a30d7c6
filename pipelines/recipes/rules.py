"""Rules by which samples are chosen, as a recipe writes them: `agreement|novelty|score(0.5)`."""

import re

from pipelines.errors import InputError, shown, unknown_name

RULES = ("agreement", "novelty", "score")
RANDOM = "random"
"""Name of the judge that no training has shaped."""
_FORM = re.compile(
    r"(?P<name>[a-z]+)(\((?P<fraction>[0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})\))?"
)


def parse_rules(text: str) -> list[tuple[str, float]]:
    """Return the rules of a string, each with its fraction.

    Raises
    ------
    InputError
        A rule is unknown, or its fraction is not one.

    Examples
    --------
    >>> parse_rules("agreement|score(0.5)")
    [('agreement', 1.0), ('score', 0.5)]
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split("|"))):
        match = _FORM.fullmatch(part)
        if match is None:
            raise InputError(
                f"rule {shown(part)}: write rules as in 'agreement|novelty|score(0.5)'"
            )
        name, fraction = match["name"], match["fraction"]
        if name not in RULES:
            raise unknown_name("rule", name, RULES)
        if (name == "score") != (fraction is not None):
            raise InputError(f"rule {shown(part)}: a fraction belongs to score, as in score(0.5)")
        number = float(fraction or 1)
        if not 0 < number <= 1:
            raise InputError(f"rule {shown(part)}: give a fraction above 0 and at most 1")
        found.append((name, number))
    return found


def looks_at_features(text: str) -> bool:
    """Tell whether a rule needs a judge's features and real images; `score` needs neither.

    Examples
    --------
    >>> looks_at_features("score(0.5)"), looks_at_features("novelty|score(0.5)")
    (False, True)
    """
    return any(name != "score" for name, _ in parse_rules(text))
