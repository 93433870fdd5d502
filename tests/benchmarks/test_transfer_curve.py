"""Curves over how much is known: which results are read, in which order, and against which opponent."""

import json
from pathlib import Path

import pytest

from benchmarks.transfer_curve import AT, curve_points, picture
from warmtune.vocabulary.errors import InvalidInputError


def write(folder: Path, *, known: int | None, past: int | None, n_tasks: int = 24) -> None:
    def flat(value: float) -> dict[str, list[float]]:
        return {n: [value, value - 0.01, value + 0.01] for n in AT}

    body = {
        "known": known,
        "past": past,
        "n_tasks": n_tasks,
        "n_histories": 2,
        "mean": {"static portfolio": flat(0.2), "neighbours' best": flat(0.1), "engine": flat(0.05)},
        "median": {"engine": dict.fromkeys(AT, 0.04)},
    }
    name = f"transfer-wide-confirming-{known or 'all'}-{past or 'all'}.json"
    (folder / name).write_text(json.dumps({"results": body}))


def test_points_are_sorted_and_keep_the_best_opponent(tmp_path: Path) -> None:
    for known, past in ((None, None), (50, None), (50, 80), (50, 9)):
        write(tmp_path, known=known, past=past)
    (tmp_path / "transfer-wide-confirming-50-all-after.json").write_text("{}")  # another benchmark's
    points = curve_points("wide", "confirming", folder=tmp_path)
    assert [(p["known"], p["past"]) for p in points] == [(50, 9), (50, 80), (50, None), (None, None)]
    assert points[0]["mean"]["best opponent"]["5"] == [0.1]
    assert points[0]["opponent"]["5"] == "neighbours' best"
    assert picture(points, title="wide").startswith(b"\x89PNG")


def test_results_of_different_targets_are_not_compared(tmp_path: Path) -> None:
    write(tmp_path, known=50, past=None)
    write(tmp_path, known=10, past=None, n_tasks=25)
    with pytest.raises(InvalidInputError, match="different targets"):
        curve_points("wide", "confirming", folder=tmp_path)
    with pytest.raises(InvalidInputError, match="no results"):
        curve_points("narrow", "confirming", folder=tmp_path)
