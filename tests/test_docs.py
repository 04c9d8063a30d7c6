"""What the documents name exists: paths, links, `make` targets, `ganaug` verbs, functions."""

import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from pipelines.cli import GROUPS, VERBS
from pipelines.recipes.files import LIBRARY
from pipelines.recipes.recipe import list_recipes
from pipelines.recipes.search import list_searches
from tests.conftest import ROOT

OURS = ("groundwork", "ganaug", "classifiers", "pipelines", "tests", "bench", "docs", "outputs")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "outputs" / "README.md"]
TEXTS = [*PAGES, *sorted(LIBRARY.glob("*.toml"))]


def read(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.name == "CHANGELOG.md":
        text = "\n".join(line for line in text.splitlines() if not line.startswith("  |"))
    return text


def each_page(paths: list[Path] = PAGES):
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return pytest.mark.parametrize("page", paths, ids=names)


def anchors(text: str) -> set[str]:
    """Return the names that links give to a page's headings."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def code(text: str) -> list[str]:
    """Return what stands in backticks, inline or as a block, on one line each."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return [" ".join(words.split()) for words in [*inline, *"".join(blocks).splitlines()]]


@each_page()
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = read(page)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(read(target)), link


@each_page(TEXTS)
def test_paths_exist(page: Path) -> None:
    """Those below our folders, written out; what a run makes below `outputs/` does not count."""
    for words in code(read(page)) if page.suffix == ".md" else read(page).split():
        for path in re.findall(rf"(?<![\w./-])((?:{'|'.join(OURS)})/[\w./-]*)", words):
            if path.startswith("outputs/") and path != "outputs/README.md":
                continue
            assert (ROOT / path.rstrip(".")).exists(), path


@each_page()
def test_files_at_the_root_exist(page: Path) -> None:
    for words in code(read(page)):
        if re.fullmatch(r"[A-Z][A-Za-z]+(\.(md|cff))?|\.[a-z-]+\.yaml|[a-z]+\.toml", words):
            known = {*OURS, "tuned.toml", "my.toml"}
            is_file = "." in words or words == "Makefile"
            assert not is_file or words in known or (ROOT / words).exists(), words


@each_page()
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$\(([A-Z_]+)\)|call option,([A-Z_]+)", makefile))
    known = {name for pair in variables for name in pair}
    for words in code(read(page)):
        if match := re.match(r"(?:time )?make ([a-z-]+)", words):
            assert match[1] in targets, words
            assert set(re.findall(r"\b([A-Z_]+)=", words)) <= known, words


@each_page(TEXTS)
def test_verbs_exist(page: Path) -> None:
    text = read(page)
    lines = code(text) if page.suffix == ".md" else re.findall(r"^# +(ganaug .*)$", text, re.M)
    for words in lines:
        for command in re.findall(r"(?:ganaug|mine\.py) ([a-z]+(?: [a-z]+)?)", words):
            verb = command if command.split()[0] in GROUPS else command.split()[0]
            assert verb in VERBS, words


@each_page(TEXTS)
def test_recipes_and_searches_exist(page: Path) -> None:
    text = re.sub(r"\s+#?\s*", " ", read(page))
    for name in re.findall(r"--recipe ([\w-]+)(?![\w./…-])", text):
        assert name in list_recipes(), name
    for name in re.findall(r"(?:--search |SEARCH=)([\w-]+)(?![\w./…-])", text):
        assert name in list_searches(), name


@each_page()
def test_functions_exist(page: Path) -> None:
    for name in re.findall(
        r"`((?:pipelines|classifiers|ganaug|groundwork)(?:\.\w+)+)`", read(page)
    ):
        module, _, attribute = name.rpartition(".")
        try:
            found = hasattr(import_module(module), attribute)
        except ModuleNotFoundError:
            found = False
        assert found or import_module(name), name


def test_every_verb_has_a_line_in_the_table_of_commands() -> None:
    table = read(ROOT / "docs" / "commands.md")
    assert set(re.findall(r"^\| `ganaug ([a-z ]+)`", table, re.MULTILINE)) == set(VERBS)


@each_page(TEXTS)
def test_words(page: Path) -> None:
    """The words that were replaced, outside of the table that says by what."""
    text = read(page)
    old = r"mix\.share|gan\.(adaptive|r1|lecam)\b|outputs/study|run_study|our study|\blens\b"
    assert not re.search(old, text), re.search(old, text)
    assert not re.search(r"\b(?:an?|the|synthetic) share\b", text)


def test_the_readme_is_short() -> None:
    assert len(read(ROOT / "README.md").splitlines()) < 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_is_very_long(page: Path) -> None:
    long = [line for line in read(page).splitlines() if len(line) > 130 and "|" not in line]
    assert long == []


def test_the_citation_names_the_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.*)"', project, re.MULTILINE)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {version}" in citation
    date = re.search(r"^date-released: (.*)$", citation, re.MULTILINE)[1]
    assert f"## {version} ({date})" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_make_lists_its_targets() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"demo", "test", "check", "lint"} <= set(re.findall(r"make ([a-z-]+)", said))
