"""Units of several words, in singular and plural, magnitudes, and durations with their units: numbers in text."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_table

N = 40


def of(cells: Sequence[object], tmp_path: Path) -> Description:
    """The description of a column, the same as of a frame and of a file."""
    frame = pd.DataFrame({"a": list(cells), "b": range(len(cells)), "y": ["u", "v"] * (len(cells) // 2)})
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    by_frame, by_file = describe(*as_table(frame, target="y")), describe(read_table(path), "y")
    assert (by_frame.content_hash, role(by_frame)) == (by_file.content_hash, role(by_file))
    return by_file


def role(found: Description) -> str:
    return next(column.role for column in found.columns if column.name == "a")


@pytest.mark.parametrize(
    "unit",
    [" l/100 km", " m2", "kg/m3", " out of 5", " of 12", "/5", " / 10", " out of 5 stars", " US dollars", " g CO2"],
)
def test_a_unit_that_all_share_may_hold_words_and_digits(unit: str, tmp_path: Path) -> None:
    found, plain = (of([f"{k % 5}.{k % 9}{end}" for k in range(N)], tmp_path) for end in (unit, ""))
    assert found.content_hash == plain.content_hash
    assert [notice.code for notice in found.notices] == ["numbers_as_text"]


@pytest.mark.parametrize(
    ("one", "many"), [("star", "stars"), ("hour", "hours"), ("Jahr", "Jahre"), ("Stunde", "Stunden"), ("box", "boxes")]
)
@pytest.mark.parametrize("n_most", [4, 30])
def test_singular_and_plural_are_one_unit(one: str, many: str, n_most: int, tmp_path: Path) -> None:
    numbers = [1 + k % n_most for k in range(60)]
    found = of([f"{k} {one if k == 1 else many}" for k in numbers], tmp_path)
    assert found.content_hash == of(list(numbers), tmp_path).content_hash


def test_the_singular_may_be_the_commonest_and_nothing_needs_no_unit(tmp_path: Path) -> None:
    found = of(["1 bed", "1 bed", "2 beds", "0", "3 beds", "1 bed"] * 10, tmp_path)
    assert found.content_hash == of([1, 1, 2, 0, 3, 1] * 10, tmp_path).content_hash


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.5K", "2M", "3.25K", "0.5M"], [1_500, 2_000_000, 3_250, 500_000]),
        (["$1.5M", "$300K", "$0", "$2B"], [1_500_000, 300_000, 0, 2_000_000_000]),
        (["950", "1.5k", "2k", "17"], [950, 1_500, 2_000, 17]),
        (["1.5 GB", "300 MB", "20 KB", "2 TB"], [1.5e9, 3e8, 2e4, 2e12]),
        (["5 KiB", "1 MiB", "3 KiB", "2 MiB"], [5_120, 1_048_576, 3_072, 2_097_152]),
    ],
)
def test_magnitudes_are_multiplied_out(cells: list[object], values: list[object], tmp_path: Path) -> None:
    assert of(cells * 10, tmp_path).content_hash == of(values * 10, tmp_path).content_hash


@pytest.mark.parametrize(
    "cells",
    [
        ["3 kg", "200 g", "5 kg", "100 g"],
        ["5 m", "3 M", "2 m", "7 M"],
        ["3 m", "1 t", "4 m", "2 t"],
        ["1/2", "3/4", "5/6", "7/8"],
        ["5 stars", "3 star", "4 stars", "2 star"],
        ["1a", "1b", "2a", "2b"],
        ["3d 4m", "5d", "2m", "1d 1m"],  # days and months, or minutes
        ["51:41", "60:12", "31:28", "29:30"],  # minutes, hours, or a score
        ["5-door", "3-door", "2-door", "4-door"],
        ["5x10", "8x10", "2x10", "4x10"],
        ["20200101T000000Z", "20200102T000000Z", "20200103T000000Z", "1999T000000Z"],
    ],
)
def test_units_that_differ_or_are_none_stay_text(cells: list[object], tmp_path: Path) -> None:
    assert role(of(cells * 10, tmp_path)) == "nominal"


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["2h 50m", "19h", "5m", "1h 5m"], [10_200, 68_400, 300, 3_900]),
        (["2h30", "12h05", "0h59", "101h00"], [9_000, 43_500, 3_540, 363_600]),
        (["2 hours 5 minutes", "1 hour and 1 minute", "3 hours", "1 min 2 s"], [7_500, 3_660, 10_800, 62]),
        (["1d 2h 3m", "2d", "4h", "1d 1m"], [93_780, 172_800, 14_400, 86_460]),
        (["1m30s", "2m 30.5s", "45s", "90m"], [90, 150.5, 45, 5_400]),
        (["2 Std. 5 Min.", "1 Std", "3 Std 1 Min", "7 Min"], [7_500, 3_600, 10_860, 420]),
    ],
)
def test_durations_with_their_units_are_such(cells: list[object], seconds: list[float], tmp_path: Path) -> None:
    found = of(cells * 10, tmp_path)
    spans = pd.DataFrame({"a": pd.to_timedelta(np.array(seconds * 10), unit="s"), "b": range(N), "y": ["u", "v"] * 20})
    assert role(found) == "date"
    assert found.content_hash == describe(*as_table(spans, target="y")).content_hash


def test_a_few_durations_among_hours_lose_no_cell(tmp_path: Path) -> None:
    found = of([f"{1 + k % 30}h" for k in range(59)] + ["2h 30m"], tmp_path)
    assert role(found) == "date"
    assert [notice.code for notice in found.notices] == ["dates_as_text"]


def test_a_target_in_magnitudes_is_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": range(N), "y": [f"€{k}.5{'KM'[k % 2]}" for k in range(N)]})
    assert describe(*as_table(frame, target="y")).kind == "regression"
