"""Figures in the documentation are the benchmarks'."""

from pathlib import Path

import pytest

from tools.docs_tables import TableError, main, rewritten

PAGE = "before\n<!-- table: {} -->\nold\n<!-- end -->\nafter\n"


def results(name: str) -> object:
    """One search space where the first recommendation is no better than the default, and five beat five random ones."""
    assert name == "leave_one_out"
    return [
        {
            "search_space": "svm_rbf",
            "metric": "r2",
            "n_tasks": 12,
            "won": 5,
            "tied": 4,
            "lost": 3,
            "harmed": 1,
            "first_minus_default": [0.01, -0.02, 0.04],
            "best5_minus_random5": [0.03, 0.01, 0.05],
            "regret_best5": [0.1, 0.05, 0.15],
            "regret_random5": [0.2, 0.1, 0.3],
        }
    ]


def test_a_block_is_made_anew_and_the_rest_stays() -> None:
    page = rewritten(PAGE.format("leave_one_out"), results)
    assert page.startswith("before\n<!-- table: leave_one_out -->\n| search space")
    assert "| `svm_rbf`, r2 | 12 | 5, 4, 3 (1) | 0.0100 [−0.0200, 0.0400] | 0.0300 [0.0100, 0.0500] |" in page
    assert page.endswith("\n<!-- end -->\nafter\n")
    assert "old" not in page


def test_making_a_page_twice_changes_nothing() -> None:
    page = rewritten(PAGE.format("leave_one_out"), results)
    assert rewritten(page, results) == page


def test_an_interval_around_zero_is_called_no_significant_difference() -> None:
    page = rewritten(PAGE.format("leave_one_out_reading"), results)
    first, five = page.split("**best of 5**")
    assert "**no significant difference**: `svm_rbf` (r2)" in first
    assert "better: `svm_rbf` (r2)" in five


@pytest.mark.parametrize("page", [PAGE.format("strange"), "<!-- table: leave_one_out -->\nno end\n"])
def test_a_block_that_cannot_be_written_is_refused(page: str) -> None:
    with pytest.raises(TableError):
        rewritten(page, results)


def test_a_check_names_stale_pages_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = tmp_path / "page.md"
    stale.write_text(PAGE.format("leave_one_out"))
    assert main(["--docs", str(tmp_path), "--check"]) == 1
    assert "page.md" in capsys.readouterr().out
    assert stale.read_text() == PAGE.format("leave_one_out")
    assert main(["--docs", str(tmp_path)]) == 0
    assert main(["--docs", str(tmp_path), "--check"]) == 0
