"""The pages on search spaces and explanations say what is true: their examples are run."""

import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from tests.serving import ROOT


def run_page(name: str) -> list[tuple[str, str]]:
    """What each example prints and what the page says it does, for those that say it."""
    blocks = re.findall(r"```(python|text)\n(.*?)```", (ROOT / "docs" / name).read_text(), flags=re.DOTALL)
    namespace: dict[str, object] = {}
    pairs = []
    printed = ""
    for language, block in blocks:
        if language == "text":
            pairs.append((printed, block))
            continue
        output = StringIO()
        with redirect_stdout(output):
            exec(compile(block, name, "exec"), namespace)
        printed = output.getvalue()
    return pairs


def test_the_examples_on_search_spaces_print_what_the_page_says() -> None:
    pairs = run_page("search_spaces.md")
    assert len(pairs) == 4
    for printed, promised in pairs:
        assert printed == promised


@pytest.mark.slow
def test_the_explanations_of_the_shipped_knowledge_base_look_like_the_pages() -> None:
    """Not compared by the letter: the shipped knowledge base grows."""
    (tree, shown_tree), (alone, shown_alone) = run_page("explanations.md")
    for text in (tree, shown_tree):
        assert re.search(r"\[\d+ of \d+ tasks, regret \d\.\d{3}\]", text)
    for text in (alone, shown_alone):
        assert "Whatever the meta-features, " in text
