"""Results of an interrupted refit: each is found under its own name only, and only where it is whole."""

from pathlib import Path

import pytest

from learning.refit.stored_results import StoredResults, pin_sources, pinned_sources


def test_a_figure_is_measured_once(tmp_path: Path) -> None:
    measured: list[float] = []

    def measure() -> float:
        measured.append(0.1 + 0.2)
        return measured[-1]

    first, again = StoredResults.of(tmp_path), StoredResults.of(tmp_path)
    assert first.figure("density", measure) == again.figure("density", measure) == 0.1 + 0.2
    assert (len(measured), len(first.found), len(again.found)) == (1, 0, 1)


def test_what_a_surrogate_found_is_not_taken_for_another_s(tmp_path: Path) -> None:
    results = StoredResults.of(tmp_path)
    results.keep("fold", b"[1]")
    assert results.by("maps").find("fold") is None
    results.by("maps").keep("fold", b"[2]")
    assert (results.find("fold"), results.by("maps").find("fold")) == (b"[1]", b"[2]")
    assert results.by("suggestions").find("fold") is None
    assert len(results.found) == 2  # counted together


def test_another_engine_s_results_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    StoredResults.of(tmp_path).keep("fold", b"[1]")
    monkeypatch.setattr("learning.refit.stored_results.engine_digest", lambda: "another")
    assert StoredResults.of(tmp_path).find("fold") is None


@pytest.mark.parametrize("left", [b"", b"[0.5, 0."])
def test_a_part_of_a_file_is_measured_anew(tmp_path: Path, left: bytes) -> None:
    results = StoredResults.of(tmp_path)
    results.keep("fold", b"[0.5, 0.25]")
    pin_sources(tmp_path, {"b": 2, "a": 1})
    assert list((pinned_sources(tmp_path) or {}).items()) == [("b", 2), ("a", 1)]  # in their order
    for path in tmp_path.iterdir():
        path.write_bytes(left)
    assert (results.find("fold"), results.found, pinned_sources(tmp_path)) == (None, set(), None)
