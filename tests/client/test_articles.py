"""The article before a type's name."""

import re
from pathlib import Path

import numpy as np
import pytest

import warmtune
from warmtune.errors import InvalidInputError, WarmtuneError
from warmtune.vocabulary.articles import with_article

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("noun", ["int", "object", "ndarray", "SVC", "MLPClassifier", "ExtensionArray", "Url", "hour"])
def test_an_before_the_sound_of_a_vowel(noun: str) -> None:
    assert with_article(noun) == f"an {noun}"


@pytest.mark.parametrize("noun", ["str", "UUID", "URL", "union", "Unit", "user", "NoneType", "FrozenTrial", "list"])
def test_a_before_any_other(noun: str) -> None:
    assert with_article(noun) == f"a {noun}"


@pytest.mark.parametrize("given", [3, 3.5, True, object(), np.zeros(2), ["a"], {1: 2}])
def test_messages_name_a_type_with_its_article(given: object) -> None:
    article = r"\b(a [aeio]\w*|an [b-df-gj-mp-z]\w*)\b"
    with warmtune.Client("http://127.0.0.1:9") as client:
        for call in (
            lambda: client.recommend(given, "svm_rbf"),  # type: ignore[arg-type]
            lambda: client.get_search_space(given),  # type: ignore[arg-type]
            lambda: warmtune.describe_task(given, "y"),
            lambda: warmtune.Client("http://127.0.0.1:9", retry=given),  # type: ignore[arg-type]
        ):
            with pytest.raises((WarmtuneError, InvalidInputError)) as caught:
                call()
            assert not re.search(article, caught.value.message.replace("an ndarray", "")), caught.value.message


def test_no_message_has_a_fixed_article_before_a_type() -> None:
    pattern = re.compile(r"\b[Aa]n? \{type\(")
    rooms = ("client", "service", "metafeatures", "metamodel", "maml", "knowledge", "learning", "store")
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py") if pattern.search(path.read_text())]
    assert not found
