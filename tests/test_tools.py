"""Tools of upkeep do what they say."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.coverage_floors import covered
from tools.lowest import claims, lowest
from tools.mutants import mutants_of
from tools.path_picture import picture
from tools.request_path import figures

SOURCE = '''"""A module of 3 lines."""
LIMIT: int = 3


def at_most(n: int, *, strict: bool = False) -> bool:
    """Compare 1 number."""
    if n < 0 and not strict:
        raise ValueError(f"below {0}: {n + 1}")
    return n * 2 <= LIMIT  # é
'''


def test_the_lowest_of_every_claim_is_pinned() -> None:
    pins = lowest(claims())
    assert "numpy==2.0" in pins
    assert not [pin for pin in pins if pin.startswith(("torch", "warmtune"))]
    names = [pin.partition("==")[0] for pin in pins]
    assert len(set(names)) == len(names) > 20


def test_of_two_claims_the_higher_counts_and_others_are_refused() -> None:
    assert lowest(["b[x]>=1.2", "a>=2.9", "a>=2.10", "torch==3"]) == ["a==2.10", "b[x]==1.2"]
    with pytest.raises(ValueError, match="a<3"):
        lowest(["a<3"])


def test_mutants_change_one_operator_or_constant_and_no_word_or_type() -> None:
    mutants = list(mutants_of(Path("m.py"), SOURCE))
    assert {(mutant.start[0], mutant.was, mutant.text) for mutant in mutants} == {
        (2, "3", "(4)"),
        (5, "False", "(True)"),
        (7, "n < 0 and not strict", "(n < 0 or not strict)"),
        (7, "n < 0", "(n <= 0)"),
        (7, "0", "(1)"),
        (7, "not strict", "(strict)"),
        (9, "n * 2 <= LIMIT", "(n * 2 < LIMIT)"),
        (9, "n * 2", "(n / 2)"),
        (9, "2", "(3)"),
    }
    for mutant in mutants:
        changed = mutant.apply(SOURCE)
        compile(changed, "m.py", "exec")
        assert changed != SOURCE
        assert changed.count("\n") == SOURCE.count("\n")


def test_mutants_leave_a_class_as_frozen_as_it_is() -> None:
    source = "@dataclass(frozen=True, slots=True)\nclass Range:\n    low: float = 1.5\n"
    assert [mutant.was for mutant in mutants_of(Path("m.py"), source)] == ["1.5"]


def test_coverage_is_counted_by_room_over_lines_and_branches() -> None:
    def file(lines: int, branches: int) -> dict[str, dict[str, int]]:
        ran = {"covered_lines": lines, "covered_branches": branches}
        return {"summary": {**ran, "num_statements": 10, "num_branches": 10}}

    report = {"files": {"store/a.py": file(10, 5), "store/b/c.py": file(5, 0), "client/warmtune/x.py": file(10, 10)}}
    assert covered(report, "store") == pytest.approx(50.0)
    assert covered(report, "warmtune") == 100.0
    with pytest.raises(ValueError, match="metamodel"):
        covered(report, "metamodel")


def test_stays_and_returns_of_a_path_are_counted() -> None:
    path = ["service.http.a", "service.http.b", "store.tasks.get", "service.http.c", "store.trials.add"]
    assert figures(path) == {"functions": 5, "rooms": 3, "stays": 4, "returns": 1}
    assert figures([]) == {"functions": 0, "rooms": 0, "stays": 0, "returns": 0}


def test_a_path_is_drawn_by_stays_and_returns_stand_out() -> None:
    path = ["service.http.a", "service.http.b", "store.tasks.get", "warmtune.wire.from_domain", "service.http.<c>"]
    root = ElementTree.fromstring(picture("one & all", path))  # our own
    circles = [node for node in root.iter() if node.tag.endswith("circle")]
    assert [node.get("class") for node in circles] == ["first", "first", "first", "return"]
    assert len({node.get("cx") for node in circles}) == 3
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert texts[-4:] == ["service.http (2)", "store.tasks (1)", "wire (1)", "service.http (1)"]
